"""Clusters the vectors in a folder with scikit-learn; prints seconds, sum of squares and iterations as JSON."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans

warnings.filterwarnings("ignore")
folder, dimensions, iterations = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
data = np.fromfile(folder / "data.bin", np.float32).reshape(-1, dimensions)
start = np.fromfile(folder / "start.bin", np.float32).reshape(-1, dimensions)
clusters = KMeans(len(start), init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
started = time.perf_counter()
clusters.fit(data)
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "inertia": float(clusters.inertia_), "iterations": int(clusters.n_iter_)}))
