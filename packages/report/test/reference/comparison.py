"""Writes comparison.json: decisions of two methods over two partitions, and what statsmodels, SciPy and NumPy make of them.

    pip install scikit-learn==1.7.2 statsmodels==0.14.5
    python comparison.py > comparison.json
"""

import json

import numpy as np
from scipy.stats import binomtest, permutation_test
from scipy.stats import t as student
from sklearn.decomposition import PCA
from sklearn.metrics import cohen_kappa_score, f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20180917)
REPLICATES = 200_000


def mcnemar_case(b, c):
    p = float(mcnemar([[10, b], [c, 10]], exact=True).pvalue) if b + c > 0 else 1.0
    if b + c > 0:
        assert abs(p - binomtest(b, b + c, 0.5).pvalue) < 1e-9
    return {"onlyFirst": b, "onlySecond": c, "pValue": p}


def holm_case(p):
    return {"pValues": p, "corrected": multipletests(p, method="holm")[1].tolist()}


# 60 patients with one to three lesions; the second partition tests some of the patients of the first again.
lesions = [(patient, int(rng.integers(0, 4))) for patient in range(60) for _ in range(rng.integers(1, 4))]
tested = [sorted(rng.choice(60, 34, replace=False).tolist()) for _ in range(2)]


def decide(truth, share, easy):
    return int(truth) if rng.random() < share * easy else int(rng.integers(0, 4))


partitions = []
for patients in tested:
    rows = []
    for number, (patient, truth) in enumerate(lesions):
        if patient in patients:
            easy = 0.6 if patient % 5 == 0 else 1.0  # Lesions of a patient are easy or hard together.
            rows.append([number, patient, truth, decide(truth, 0.9, easy), decide(truth, 0.72, easy)])
    partitions.append(rows)


everyone = sorted(set(tested[0]) | set(tested[1]))
arrays = [np.array(rows) for rows in partitions]


def right(a, column):
    return (a[:, 2] == a[:, column]).astype(float)


def mean_and_error(values, keep=lambda a: a[:, 0] >= 0):
    """Mean over the partitions, its standard error over patients by linearization, and effective numbers."""
    residual, patients, lesions_ = {}, {}, {}
    kept = [a[keep(a)] for a in arrays]
    means = [values(a).mean() for a in kept]
    for a, own in zip(kept, means):
        weight = 1 / len(a) / len(arrays)
        for row, value in zip(a, values(a)):
            residual[row[1]] = residual.get(row[1], 0) + weight * (value - own)
            patients[row[1]] = patients.get(row[1], 0) + weight
            lesions_[row[0]] = lesions_.get(row[0], 0) + weight
    n = len(residual)
    error = np.sqrt(n / (n - 1) * sum(e**2 for e in residual.values()))
    kish = [1 / sum(w**2 for w in of.values()) for of in (patients, lesions_)]
    return float(np.mean(means)), float(error), kish


def clustered_wilson(values, keep=lambda a: a[:, 0] >= 0):
    p, error, (least, most) = mean_and_error(values, keep)
    n = float(np.clip(p * (1 - p) / error**2 if error > 1e-9 else least, least, most))
    return p, list(proportion_confint(p * n, n, method="wilson"))


def by_patient(count):
    """Draws of the mean over partitions of sum(count) / lesions, for counts per lesion."""
    drawn = rng.multinomial(len(everyone), np.full(len(everyone), 1 / len(everyone)), size=REPLICATES)
    means = []
    for a in arrays:
        column = np.searchsorted(everyone, a[:, 1])
        n = np.bincount(column, minlength=len(everyone))
        s = np.bincount(column, weights=count(a), minlength=len(everyone))
        means.append((drawn @ s) / (drawn @ n))
    return np.mean(means, axis=0)


def mean_interval(parts):
    """MOVER of the mean of shares."""
    value = np.mean([p for p, _ in parts])
    low, high = (np.sqrt(sum((p - i[k]) ** 2 for p, i in parts)) / len(parts) for k in (0, 1))
    return {"value": float(value), "interval": [float(value - low), float(min(1, value + high))]}


def sign_flip(sums):
    """All assignments of signs, by SciPy."""
    test = permutation_test((np.array(sums, float),), np.sum, permutation_type="samples", n_resamples=np.inf)
    return {"sums": sums, "pValue": float(test.pvalue)}


def slow_draws(score, column, replicates=4000):
    """The same law by drawing lesions in full, for scores that are no ratio of sums."""
    rows = [{p: a[a[:, 1] == p] for p in everyone} for a in arrays]
    values = []
    for _ in range(replicates):
        drawn = rng.choice(everyone, len(everyone))
        parts = [np.concatenate([r[p] for p in drawn]) for r in rows]
        values.append(np.mean([score(p[:, 2], p[:, column]) for p in parts]))
    return np.percentile(values, [2.5, 97.5]).tolist()


def ahead(a):
    return right(a, 3) - right(a, 4)


difference, error, _ = mean_and_error(ahead)
# Whole numbers as 1 / lesions of the two partitions to each other.
weights = [len(arrays[1]), len(arrays[0])]
sums = {p: sum(w * int(ahead(a)[a[:, 1] == p].sum()) for w, a in zip(weights, arrays)) for p in everyone}
flipped = rng.choice([-1, 1], size=(REPLICATES, len(everyone))) @ np.array(list(sums.values()))
differing = sum(1 for p in everyone if any((ahead(a)[a[:, 1] == p] != 0).any() for a in arrays))
half = float(student.ppf(0.975, differing - 1)) * error
scores = {
    "macroF1": lambda t, p: f1_score(t, p, average="macro"),
    "kappa": cohen_kappa_score,
}
seen, b, c = set(), 0, 0
for rows in partitions:
    for number, _, truth, one, two in rows:
        if number not in seen:
            seen.add(number)
            b += one == truth and two != truth
            c += two == truth and one != truth

proportions = rng.dirichlet([0.6, 0.4, 0.3, 0.5], 25)
pca = PCA(2).fit(proportions)
components = pca.components_ * np.sign(pca.components_[np.arange(2), np.abs(pca.components_).argmax(1)])[:, None]

print(
    json.dumps(
        {
            "mcnemar": [mcnemar_case(b, c) for b, c in [(0, 0), (5, 0), (3, 9), (14, 14), (40, 21), (1400, 1300)]],
            "holm": [holm_case(p) for p in [[0.04], [0.01, 0.04, 0.03], [0.5, 0.001, 0.2, 0.001, 0.9], []] if p],
            "signFlip": [
                sign_flip(sums)
                for sums in [[1, 0], [2, 2], [1] * 6, [3, -1, 0, 2, 5, -4, 1], [1, 1, 1, 1, 1, 1, -1, 2, 3, 1, 1, -2]]
            ],
            "student": [[df, float(student.ppf(0.975, df))] for df in (5, 6, 9, 20, 100)],
            "paired": {
                "partitions": partitions,
                "difference": difference,
                "interval": [difference - half, difference + half],
                "standardError": error,
                "bootstrapError": float(by_patient(ahead).std(ddof=1)),
                "pValue": float((np.abs(flipped) >= abs(sum(sums.values()))).mean()),
                "lesions": len(seen),
                "onlyFirst": int(b),
                "onlySecond": int(c),
                "mcnemar": mcnemar_case(int(b), int(c))["pValue"],
            },
            "joint": {
                "accuracy": dict(zip(("value", "interval"), clustered_wilson(lambda a: right(a, 3)))),
                "balancedAccuracy": mean_interval(
                    [clustered_wilson(lambda a: right(a, 3), lambda a, c=c: a[:, 2] == c) for c in range(4)]
                ),
                **{
                    name: {
                        "value": float(np.mean([score(a[:, 2], a[:, 3]) for a in arrays])),
                        "interval": slow_draws(score, 3),
                    }
                    for name, score in scores.items()
                },
            },
            "pca": {
                "proportions": proportions.tolist(),
                "components": components.tolist(),
                "explained": pca.explained_variance_ratio_.tolist(),
                "points": ((proportions - proportions.mean(0)) @ components.T).tolist(),
            },
        }
    )
)
