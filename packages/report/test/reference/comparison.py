"""Writes comparison.json: decisions of two methods over two partitions, and what statsmodels, SciPy and NumPy make of them.

    pip install scikit-learn==1.7.2 statsmodels==0.14.5
    python comparison.py > comparison.json
"""

import json

import numpy as np
from scipy.stats import binomtest
from sklearn.decomposition import PCA
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

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


def joint(statistic):
    """Mean over the partitions of a statistic of (truth, first, second) and its draws when patients are drawn jointly."""
    everyone = sorted(set(tested[0]) | set(tested[1]))
    arrays = [np.array(rows) for rows in partitions]
    value = np.mean([statistic(a[:, 2], a[:, 3], a[:, 4]) for a in arrays])
    return value, everyone, arrays


def by_patient(count):
    """Draws of the mean over partitions of sum(count) / lesions, for counts per lesion."""
    _, everyone, arrays = joint(lambda t, a, b: 0)
    drawn = rng.multinomial(len(everyone), np.full(len(everyone), 1 / len(everyone)), size=REPLICATES)
    means = []
    for a in arrays:
        column = np.searchsorted(everyone, a[:, 1])
        n = np.bincount(column, minlength=len(everyone))
        s = np.bincount(column, weights=count(a), minlength=len(everyone))
        means.append((drawn @ s) / (drawn @ n))
    return np.mean(means, axis=0)


def slow_draws(score, column, replicates=4000):
    """The same law by drawing lesions in full, for scores that are no ratio of sums."""
    _, everyone, arrays = joint(lambda t, a, b: 0)
    rows = [{p: a[a[:, 1] == p] for p in everyone} for a in arrays]
    values = []
    for _ in range(replicates):
        drawn = rng.choice(everyone, len(everyone))
        parts = [np.concatenate([r[p] for p in drawn]) for r in rows]
        values.append(np.mean([score(p[:, 2], p[:, column]) for p in parts]))
    return np.percentile(values, [2.5, 97.5]).tolist()


difference = by_patient(lambda a: (a[:, 2] == a[:, 3]).astype(float) - (a[:, 2] == a[:, 4]))
first = by_patient(lambda a: (a[:, 2] == a[:, 3]).astype(float))
scores = {
    "balancedAccuracy": balanced_accuracy_score,
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
            "paired": {
                "partitions": partitions,
                "difference": float(joint(lambda t, a, b: np.mean(a == t) - np.mean(b == t))[0]),
                "interval": np.percentile(difference, [2.5, 97.5]).tolist(),
                "standardError": float(difference.std(ddof=1)),
                "pValue": float(2 * min((difference <= 0).mean(), (difference >= 0).mean())),
                "lesions": len(seen),
                "onlyFirst": int(b),
                "onlySecond": int(c),
                "mcnemar": mcnemar_case(int(b), int(c))["pValue"],
            },
            "joint": {
                "accuracy": {
                    "value": float(joint(lambda t, a, b: np.mean(a == t))[0]),
                    "interval": np.percentile(first, [2.5, 97.5]).tolist(),
                },
                **{
                    name: {"value": float(joint(lambda t, a, b: score(t, a))[0]), "interval": slow_draws(score, 3)}
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
