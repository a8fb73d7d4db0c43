"""How often the intervals and the test of a comparison are right: the table of docs/decisions/0027.

    pip install scipy==1.17.1
    python coverage.py

95 % intervals and tests at the 5 % level of computer-generated decisions, each line from 2,000 cohorts (bootstrap: 300).
"""

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

rng = np.random.default_rng(20261124)
TRIALS, BOOTSTRAPPED, DRAWS = 2000, 300, 1000
Z = norm.ppf(0.975)


def wilson(p, n):
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return centre - half, centre + half


def effective(right, lesions):
    """Share and effective number of lesions of each cohort; `right` [cohorts, patients], `lesions` [patients]."""
    n, total = len(lesions), lesions.sum()
    p = right.sum(1) / total
    variance = ((((right - p[:, None] * lesions) / total) ** 2).sum(1)) * n / (n - 1)
    least = total**2 / (lesions**2).sum()
    found = np.divide(p * (1 - p), variance, out=np.full(len(p), least), where=variance > 1e-12)
    return p, np.clip(found, least, total)


def draw_right(lesions, p, rho, trials=TRIALS):
    """Right decisions of each patient; `rho` is the correlation of the decisions on two lesions of a patient."""
    size = (trials, len(lesions))
    if rho == 1:
        return lesions * rng.binomial(1, p, size=size).astype(float)
    chance = p if rho == 0 else rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), size=size)
    return rng.binomial(lesions, chance, size=size).astype(float)


def draw_patients(n, draws=DRAWS):
    return rng.multinomial(n, np.full(n, 1 / n), size=draws)


def covers(interval, truth):
    return np.mean((interval[0] <= truth + 1e-9) & (truth - 1e-9 <= interval[1]))


def bootstrap_covers(values, truth):
    """`values` [draws] of each cohort."""
    return np.mean([covers(np.quantile(of, [0.025, 0.975]), truth) for of in values])


def accuracy(lesions, p, rho):
    right = draw_right(lesions, p, rho)
    share, n = effective(right, lesions)
    drawn = (draw_patients(len(lesions)) for _ in range(BOOTSTRAPPED))
    boot = [(w @ r) / (w @ lesions) for w, r in zip(drawn, right)]
    return covers(wilson(share, n), p), covers(wilson(share, lesions.sum()), p), bootstrap_covers(boot, p)


def balanced(patients, p):
    """Four classes of which the last has other accuracy; MOVER against the percentile bootstrap."""
    n, chances = patients // 4, np.array([p, p, p, p - 0.15])
    right = rng.binomial(n, chances, size=(TRIALS, 4))
    share, truth = right / n, chances.mean()
    low, high = wilson(share, n)
    value = share.mean(1)
    mover = (
        value - np.sqrt(((share - low) ** 2).sum(1)) / 4,
        value + np.sqrt(((high - share) ** 2).sum(1)) / 4,
    )
    boot = [rng.binomial(n, s, size=(DRAWS, 4)).mean(1) / n for s in share[:BOOTSTRAPPED]]
    return covers(mover, truth), bootstrap_covers(boot, truth)


def scores(patients, p, least):
    """Kappa of two classes of equal size; cohorts with fewer than `least` wrong or right decisions have no interval."""
    n, truth, found = patients // 2, 2 * p - 1, []
    for wrong in rng.binomial(n, 1 - p, size=(TRIALS, 2)):
        if not least <= wrong.sum() <= 2 * n - least:
            continue
        t = np.repeat([0, 1], n)
        d = t ^ np.concatenate([np.arange(n) < w for w in wrong]).astype(int)
        w = draw_patients(2 * n, 500)
        table = [w @ ((t == a) & (d == b)) / (2 * n) for a in (0, 1) for b in (0, 1)]
        expected = (table[0] + table[1]) * (table[0] + table[2]) + (table[2] + table[3]) * (table[1] + table[3])
        found.append((table[0] + table[3] - expected) / (1 - expected))
        if len(found) == BOOTSTRAPPED:
            break
    return bootstrap_covers(found, truth) if len(found) > 100 else np.nan


def difference(lesions, q, delta, rho):
    """One method is right and the other wrong on a share q of the lesions; delta of all for the first."""
    n, total, up = len(lesions), lesions.sum(), (q + delta) / 2 / q
    hit, kept, flip, boot = 0, 0, 0, 0
    for trial in range(TRIALS):
        alike = np.where(rng.random(n) < up, 1, -1)
        a = np.zeros(n)
        for i, m in enumerate(lesions):
            sign = np.where(rng.random(m) < rho, alike[i], np.where(rng.random(m) < up, 1, -1))
            a[i] = ((rng.random(m) < q) * sign).sum()
        signs = rng.choice([-1, 1], size=(400, n))
        flip += ((np.abs(signs @ a) >= abs(a.sum()) - 1e-9).sum() + 1) / 401 <= 0.05
        if trial < BOOTSTRAPPED:
            w = draw_patients(n, 400) @ a
            boot += 2 * min((w <= 0).sum() + 1, (w >= 0).sum() + 1) / 401 <= 0.05
        differing = (a != 0).sum()
        if differing < 6:
            continue
        d = a.sum() / total
        error = np.sqrt(n / (n - 1) * (((a - d * lesions) / total) ** 2).sum())
        kept += 1
        hit += abs(d - delta) <= student.ppf(0.975, differing - 1) * error
    return hit / kept if kept > 100 else np.nan, kept / TRIALS, flip / TRIALS, boot / BOOTSTRAPPED


def of(each, n):
    return np.resize(each, n)


def row(*cells):
    print("| " + " | ".join(f"{100 * c:.0f}" if isinstance(c, float) and c <= 1 else str(c) for c in cells) + " |")


if __name__ == "__main__":
    print("| patients | lesions each | true share, % | correlation, % | ours | Wilson on lesions | percentile bootstrap |")
    for each, name in [([1], "1"), ([3], "3"), ([8], "8"), ([1, 1, 2, 3, 5], "1 to 5")]:
        for n in (5, 10, 20, 60):
            for p in (0.8, 0.95):
                for rho in (0.0,) if name == "1" else (0.0, 0.3, 1.0):
                    row(n, name, p, rho, *map(float, accuracy(of(each, n), p, rho)))
    print("| patients | true share of the best classes, % | balanced accuracy, ours | percentile bootstrap |")
    for n in (20, 40, 80, 200):
        for p in (0.8, 0.95):
            row(n, p, *map(float, balanced(n, p)))
    print("| patients | true share, % | kappa, percentile bootstrap | with ten wrong and ten right |")
    for n in (20, 40, 80, 200):
        for p in (0.8, 0.9, 0.95):
            row(n, p, float(scores(n, p, 0)), float(scores(n, p, 10)))
    print("| patients | lesions each | differ, % | true difference, % | correlation, % | interval, ours | cohorts that have one | sign flip rejects | bootstrap rejects |")
    for each, name in [([1], "1"), ([3], "3"), ([1, 1, 2, 3, 5], "1 to 5")]:
        for n in (6, 10, 20, 40):
            for q, delta, rho in [(0.3, 0.0, 0.0), (0.3, 0.0, 1.0), (0.3, 0.15, 0.0)]:
                if name == "1" and rho == 1:
                    continue
                row(n, name, q, delta, rho, *map(float, difference(of(each, n), q, delta, rho)))
