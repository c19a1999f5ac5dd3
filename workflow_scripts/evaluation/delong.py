"""DeLong's test of the areas under ROC curves of several runs on the same units; two classes only.

DeLong, DeLong and Clarke-Pearson, Biometrics 44:837, 1988, by the ranks of Sun and Xu, IEEE Signal Processing Letters
21:1389, 2014. It takes units as independent, also those of one group: where groups are large its variances are too
small. The intervals of the bootstrap, which draws whole groups, do not have this fault. It knows no weights: where
units have some, since patients are lost, there is no such test.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import DELONG
from workflow_scripts.contracts.run_tables import WEIGHT
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.paired import holm


def delong(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas under the ROC curve (R) and their covariances (R×R).

    `positive`: N booleans; `scores`: R×N, one line a run, higher for positive units; a tie counts half. All is NaN
    without units on both sides, the covariance also with a single unit on one of them.
    """
    from scipy.stats import rankdata

    runs = len(scores)
    positives, negatives = scores[:, positive], scores[:, ~positive]
    m, n = positives.shape[1], negatives.shape[1]
    if not m or not n:
        return np.full(runs, np.nan), np.full((runs, runs), np.nan)
    ranks = rankdata(np.hstack([positives, negatives]), axis=1)
    # Of each positive unit the share of negative ones below it, of each negative one the share of positives above it.
    above = (ranks[:, :m] - rankdata(positives, axis=1)) / n
    below = 1 - (ranks[:, m:] - rankdata(negatives, axis=1)) / m
    if m < 2 or n < 2:
        return above.mean(axis=1), np.full((runs, runs), np.nan)
    return above.mean(axis=1), np.atleast_2d(np.cov(above)) / m + np.atleast_2d(np.cov(below)) / n


def two_sided(difference: float, variance: float) -> tuple[float, float]:
    """z and p of a difference; runs that rank alike (no difference, no variance) have p = 1 and no z."""
    from scipy.stats import norm

    if not variance > 0:
        return np.nan, 1.0 if variance == 0 and difference == 0 else np.nan
    z = difference / np.sqrt(variance)
    return float(z), float(2 * norm.sf(abs(z)))


def delong_table(runs: dict[str, Grid], protocol: str, classes: list[str]) -> pd.DataFrame:
    """Contract DELONG: every run alone, then every pair, for each fold and seed.

    No rows for more than two classes, nor where units have weights. `runs` maps a run to its units, the same units for
    all. Holm's correction is over the pairs of a fold and seed.
    """
    lines: list[dict] = []
    weighted = any(WEIGHT in frame for frame in next(iter(runs.values())).values())
    if len(classes) == 2 and not weighted:
        for fold, seed in next(iter(runs.values())):
            frames = [grid[fold, seed] for grid in runs.values()]
            positive = arrays(frames[0])[0] == 1
            scores = np.stack([arrays(frame)[1][:, 1] for frame in frames])
            head = {"protocol": protocol, "fold": fold, "seed": seed}
            head |= {"positive": int(positive.sum()), "negative": int((~positive).sum())}
            lines += [{**head, **line} for line in _lines(list(runs), *delong(positive, scores))]
    return pd.DataFrame(lines, columns=list(DELONG.columns))


def _lines(names: list[str], aucs: np.ndarray, covariances: np.ndarray) -> list[dict]:
    empty = dict.fromkeys(("other_auc", "difference", "z", "p", "p_holm"), np.nan)
    single = [
        {"run": name, "other": "", "auc": auc, "variance": variance, **empty}
        for name, auc, variance in zip(names, aucs, np.diag(covariances), strict=True)
    ]
    pairs = []
    for i, j in combinations(range(len(names)), 2):
        variance = covariances[i, i] + covariances[j, j] - 2 * covariances[i, j]
        # What rounding leaves of equal rankings is no variance.
        variance = 0.0 if abs(variance) < 1e-12 else float(variance)
        z, p = two_sided(aucs[i] - aucs[j], variance)
        pair = {"run": names[i], "other": names[j], "auc": aucs[i], "other_auc": aucs[j]}
        pairs.append({**pair, "difference": aucs[i] - aucs[j], "variance": variance, "z": z, "p": p})
    corrected = holm(np.array([pair["p"] for pair in pairs]))
    return single + [{**pair, "p_holm": p} for pair, p in zip(pairs, corrected, strict=True)]
