"""Writes random_walker.json: probabilities of scikit-image's random_walker, solved directly (mode 'bf').

Run with scikit-image 0.26.0, scipy 1.17.1, numpy 2.4.6: python random_walker.py
Images and seeds come from the formulas below; random-walk.test.ts has the same.
"""

import json
import pathlib

import numpy as np
from skimage.segmentation import random_walker


def noise(shape, channel):
    """Values from -0.5 to 0.5 that any language computes alike."""
    i = np.arange(np.prod(shape), dtype=np.int64)
    return (((i * 7919 + channel * 104729) % 1009) / 1009 - 0.5).reshape(shape)


def ball(shape, radius):
    """1 inside of the ellipsoid of these radii (z, y, x) round the middle."""
    axes = np.indices(shape)
    d = sum(((a - (n - 1) / 2) / r) ** 2 for a, n, r in zip(axes, shape, radius))
    return (d < 1).astype(float)


def image(shape, radius, amplitude, channel=0, height=1.0):
    return (height * ball(shape, radius) + amplitude * noise(shape, channel)).astype(np.float32)


def seeds_of(shape, points):
    seeds = np.zeros(shape, np.int32)
    for label, (z, y, x) in points:
        seeds[z, y, x] = label
    return seeds


FLAT = (1, 20, 24)
SOLID = (8, 10, 12)
TWO = [(1, (4, 5, 6)), (1, (3, 5, 5)), (2, (0, 0, 0)), (2, (7, 9, 11)), (2, (4, 9, 0))]
CASES = [
    {"name": "2D", "shape": FLAT, "radius": (1, 6, 7), "amplitude": 0.3, "channels": 1, "beta": 130,
     "spacing": (1, 1, 1), "labels": 2,
     "points": [(1, (0, 10, 11)), (1, (0, 10, 12)), (2, (0, 1, 1)), (2, (0, 18, 20))]},
    {"name": "3D", "shape": SOLID, "radius": (3, 4, 4), "amplitude": 0.4, "channels": 1, "beta": 130,
     "spacing": (1, 1, 1), "labels": 2, "points": TWO},
    {"name": "anisotropic", "shape": SOLID, "radius": (3, 4, 4), "amplitude": 0.6, "channels": 1, "beta": 90,
     "spacing": (5, 0.8, 0.7), "labels": 2, "points": TWO},
    {"name": "three labels", "shape": SOLID, "radius": (3, 4, 4), "amplitude": 0.8, "channels": 1, "beta": 130,
     "spacing": (1, 1, 1), "labels": 3, "points": TWO[:4] + [(3, (0, 9, 0)), (3, (1, 9, 0))]},
    {"name": "multichannel", "shape": SOLID, "radius": (3, 4, 4), "amplitude": 0.8, "channels": 3, "beta": 130,
     "spacing": (2, 1, 1), "labels": 2, "points": TWO},
    {"name": "outside", "shape": SOLID, "radius": (3, 4, 4), "amplitude": 0.4, "channels": 1, "beta": 130,
     "spacing": (1, 1, 1), "labels": 2, "points": TWO + [(-1, (4, y, 8)) for y in range(2, 10)]},
]


def solve(case):
    shape, channels = case["shape"], case["channels"]
    images = [
        image(shape, case["radius"], case["amplitude"], c, 1 - 0.25 * c).astype(np.float64) for c in range(channels)
    ]
    seeds = seeds_of(shape, case["points"])
    spacing = case["spacing"]
    if shape[0] == 1:
        images, seeds, spacing = [i[0] for i in images], seeds[0], spacing[1:]
    data = np.stack(images, -1) if channels > 1 else images[0]
    probabilities = random_walker(
        data, seeds, beta=case["beta"], mode="bf", return_full_prob=True, spacing=spacing,
        channel_axis=-1 if channels > 1 else None,
    )
    return [[round(float(p), 7) for p in label.ravel()] for label in probabilities]


records = [{**case, "probabilities": solve(case)} for case in CASES]
target = pathlib.Path(__file__).with_suffix(".json")
target.write_text("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in records) + "\n]\n")
