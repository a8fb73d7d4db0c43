"""Reference values of clustering and sparse coding: `python words.py > words.json`, with scikit-learn 1.9.1.

Numbers are written with few digits, and read back before they are used: the two programs see the same ones.
"""

import json
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import orthogonal_mp

warnings.filterwarnings("ignore", message="Explicit initial center position passed")
rng = np.random.default_rng(3)


def short(values):
    return np.round(values, 3)


def cluster(data, start, **options):
    # float32, as the addon; the same rules for the end.
    found = KMeans(len(start), init=start.astype(np.float32), n_init=1, algorithm="lloyd", **options)
    found.fit(data.astype(np.float32))
    return {
        "data": data.ravel().tolist(),
        "dimensions": data.shape[1],
        "start": start.ravel().tolist(),
        "options": {"maxIterations": options.get("max_iter", 300), "tolerance": options.get("tol", 1e-4)},
        "centres": found.cluster_centers_.ravel().tolist(),
        "labels": found.labels_.tolist(),
        "inertia": float(found.inertia_),
        "iterations": int(found.n_iter_),
    }


# Overlapping clouds far from the origin, as patches of CT are: many iterations.
middles = rng.normal(100, 30, (9, 5))
clouds = short(np.concatenate([rng.normal(middle, 18, (40, 5)) for middle in middles]))
picked = clouds[rng.choice(len(clouds), 12, replace=False)]
# Two centres lie where no point is nearest.
far = np.concatenate([clouds[:4], np.full((2, 5), 1e4) + np.arange(2)[:, None]])

atoms = rng.normal(size=(40, 12))
atoms = np.float32(atoms / np.linalg.norm(atoms, axis=1, keepdims=True))
signals = short(rng.normal(size=(25, 12)) * 50)
codes = orthogonal_mp(atoms.astype(float).T, signals.T, n_nonzero_coefs=5).T

print(
    json.dumps(
        {
            "kMeans": [
                cluster(clouds, picked, tol=0.0),
                cluster(clouds, picked, tol=0.05),
                cluster(clouds, picked, max_iter=3),
                cluster(clouds, far),
            ],
            "pursuit": {
                "signals": signals.ravel().tolist(),
                "dictionary": atoms.astype(float).ravel().tolist(),
                "dimensions": 12,
                "sparsity": 5,
                "codes": codes.tolist(),
            },
        }
    )
)
