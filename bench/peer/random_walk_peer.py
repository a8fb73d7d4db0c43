"""Solves a random walk with scikit-image; prints seconds and peak memory, writes the probabilities of label 1.

python random_walk_peer.py <folder> <mode>; the folder holds problem.json, image.f32 and seeds.i32 (z, y, x).
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pyamg
import scipy
import skimage
from skimage.segmentation import random_walker

folder, mode = Path(sys.argv[1]), sys.argv[2]
problem = json.loads((folder / "problem.json").read_text())
shape = problem["size"][::-1]
image = np.fromfile(folder / "image.f32", np.float32).reshape(shape)
seeds = np.fromfile(folder / "seeds.i32", np.int32).reshape(shape)
warnings.simplefilter("ignore")
started = time.perf_counter()
probabilities = random_walker(
    image, seeds, beta=problem["beta"], mode=mode, tol=problem["tolerance"], return_full_prob=True
)
seconds = time.perf_counter() - started
probabilities[0].astype(np.float32).tofile(folder / "peer.f32")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
versions = {m.__name__: m.__version__ for m in (skimage, scipy, np, pyamg)}
print(json.dumps({"seconds": seconds, "peakBytes": peak, "versions": versions}))
