"""Reference values: `python words.py > words.json`, with scipy 1.17.1 and scikit-learn 1.9.1."""

import json

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion
from sklearn.metrics import mutual_info_score

rng = np.random.default_rng(5)
rows, columns = 22, 26
mask = np.zeros((rows, columns), bool)
mask[4:17, 3:20] = rng.random((13, 17)) < 0.97
mask[0:3, 22:26] = True


def disc(diameter):
    radius = diameter // 2
    i, j = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return i**2 + j**2 <= diameter**2 / 4


present = rng.random(60) < 0.4
classes = np.where(present & (rng.random(60) < 0.7), 2, rng.integers(0, 3, 60))
print(
    json.dumps(
        {
            "rows": rows,
            "columns": columns,
            "mask": mask.astype(int).ravel().tolist(),
            "eroded": binary_erosion(mask, disc(5)).astype(int).ravel().tolist(),
            "dilated": binary_dilation(mask, disc(10)).astype(int).ravel().tolist(),
            "present": present.tolist(),
            "classes": [str(c) for c in classes],
            "bits": mutual_info_score(present, classes) / np.log(2),
        }
    )
)
