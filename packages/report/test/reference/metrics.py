"""Writes metrics.json: predictions and the values that scikit-learn, statsmodels and SciPy give for them.

    pip install scikit-learn==1.7.2 statsmodels==0.14.5
    python metrics.py > metrics.json
"""

import json

import numpy as np
from sklearn import metrics as m
from statsmodels.stats.proportion import proportion_confint

CLASSES = ["cyst", "fnh", "hcc", "hem"]
rng = np.random.default_rng(20180916)


def expected_calibration_error(confidence, right, bins=10):
    """Guo et al. 2017, Eq. 5, with bins (lower, upper]."""
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return sum(
        (bin_of == b).mean() * abs(right[bin_of == b].mean() - confidence[bin_of == b].mean())
        for b in range(bins)
        if (bin_of == b).any()
    )


def case(n, patients):
    truth = rng.integers(0, 4, n)
    logits = rng.normal(size=(n, 4)) + 1.3 * np.eye(4)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    # Two decimals make ties, which the AUC has to count one half.
    probabilities = np.floor(probabilities * 100) / 100
    probabilities[:, 0] = np.round(1 - probabilities[:, 1:].sum(1), 2)
    predicted = probabilities.argmax(1)
    # A decision may differ from the most probable class, as an SVM's does.
    predicted[:3] = (predicted[:3] + 1) % 4
    confidence = probabilities[np.arange(n), predicted]
    confusion = m.confusion_matrix(truth, predicted)
    return {
        "truth": [CLASSES[t] for t in truth],
        "predicted": [CLASSES[p] for p in predicted],
        "probabilities": probabilities.round(2).tolist(),
        "patient": rng.integers(0, patients, n).tolist(),
        "expected": {
            "accuracy": m.accuracy_score(truth, predicted),
            "balancedAccuracy": m.balanced_accuracy_score(truth, predicted),
            "macroF1": m.f1_score(truth, predicted, average="macro"),
            "f1": m.f1_score(truth, predicted, average=None).tolist(),
            "kappa": m.cohen_kappa_score(truth, predicted),
            "auc": [m.roc_auc_score(truth == c, probabilities[:, c]) for c in range(4)],
            "macroAuc": float(np.mean([m.roc_auc_score(truth == c, probabilities[:, c]) for c in range(4)])),
            "sensitivity": m.recall_score(truth, predicted, average=None).tolist(),
            "specificity": [m.recall_score(truth != c, predicted != c) for c in range(4)],
            "confusion": confusion.tolist(),
            "calibrationError": expected_calibration_error(confidence, truth == predicted),
        },
    }


def clustered_wilson(reference, classes=CLASSES):
    """Wilson's interval on the effective number of lesions (Korn and Graubard 1998)."""
    kept = np.isin(reference["truth"], classes)
    right = (np.array(reference["truth"]) == np.array(reference["predicted"])).astype(float)[kept]
    patient = np.unique(np.array(reference["patient"])[kept], return_inverse=True)[1]
    lesions, hits, p = np.bincount(patient), np.bincount(patient, weights=right), right.mean()
    n = len(lesions)
    variance = n / (n - 1) * (((hits - p * lesions) / len(right)) ** 2).sum()
    effective = np.clip(p * (1 - p) / variance, len(right) ** 2 / (lesions**2).sum(), len(right))
    return list(proportion_confint(p * effective, effective, method="wilson"))


cases = [case(60, 60), case(151, 40)]
# Patients who are right or wrong throughout: their lesions are worth less than as many of others.
alike = case(120, 40)
alike["patient"] = [int(i // 3 + 40 * (t != p)) for i, (t, p) in enumerate(zip(alike["truth"], alike["predicted"]))]
cases.append(alike)
for reference in cases:
    reference["expected"]["interval"] = clustered_wilson(reference)
    reference["expected"]["intervalByClass"] = [clustered_wilson(reference, [name]) for name in CLASSES]
edges = [
    {"count": c, "of": n, "interval": list(proportion_confint(c, n, method="wilson"))}
    for c, n in [(0, 7), (7, 7), (1, 1), (86, 94), (94, 104), (3, 1000)]
]
sample = rng.normal(size=17)
quantiles = {"values": sample.tolist(), "q": [0.025, 0.5, 0.975], "expected": np.quantile(sample, [0.025, 0.5, 0.975]).tolist()}
print(json.dumps({"classes": CLASSES, "cases": cases, "wilson": edges, "quantiles": quantiles}))
