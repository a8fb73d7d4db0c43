"""Reference values of the texture functions: `python texture.py > texture.json`, with scikit-image 0.26.0 and NumPy."""

import json

import numpy as np
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

rng = np.random.default_rng(7)
rows, columns, levels = 13, 17, 6
image = rng.integers(0, levels, (rows, columns))
mask = (rng.random((rows, columns)) < 0.8).astype(int)

# Offsets of scikit-image for distances 1 and 2 and the angles 0, 45, 90, 135 degrees, as (rows, columns).
distances = [1, 2]
angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
offsets = [
    [round(np.sin(angle) * distance), round(np.cos(angle) * distance)] for distance in distances for angle in angles
]
# [levels, levels, distance, angle]. Pixels outside of the mask get a level of their own, which is then dropped.
counts = graycomatrix(image.astype(np.uint8), distances, angles, levels=levels)
masked = graycomatrix(np.where(mask, image + 1, 0).astype(np.uint8), distances, angles, levels=levels + 1)[1:, 1:]
normalised = graycomatrix(image.astype(np.uint8), distances, angles, levels=levels, symmetric=True, normed=True)


def cluster(p, power):
    i, j = np.indices(p.shape)
    mean = (p * i).sum()
    return (p * (i + j - 2 * mean) ** power).sum()


flat = normalised.transpose(2, 3, 0, 1).reshape(-1, levels, levels)
properties = [
    graycoprops(normalised, name).ravel() for name in ["ASM", "contrast", "correlation", "homogeneity", "entropy"]
]
properties += [[cluster(p, power) for p in flat] for power in (3, 4)]

# Whole numbers with many equal neighbours, and the extremes of CT.
texture = rng.integers(-3, 4, (rows, columns)) * rng.integers(1, 300, (rows, columns))
patterns = {
    f"{points},{radius}": local_binary_pattern(texture, points, radius, "uniform").astype(int).ravel().tolist()
    for points, radius in [(8, 3), (8, 1), (12, 2.5)]
}

print(
    json.dumps(
        {
            "rows": rows,
            "columns": columns,
            "levels": levels,
            "image": image.ravel().tolist(),
            "mask": mask.ravel().tolist(),
            "offsets": offsets,
            "counts": counts.transpose(2, 3, 0, 1).ravel().tolist(),
            "maskedCounts": masked.transpose(2, 3, 0, 1).ravel().tolist(),
            "haralick": np.array(properties).T.tolist(),
            "texture": texture.ravel().tolist(),
            "patterns": patterns,
        }
    )
)
