"""Areas under ROC curves of several runs on the same units compared; two classes only.

Where every group is one unit, the test is that of DeLong, DeLong and Clarke-Pearson (Biometrics 44:837, 1988), by the
ranks of Sun and Xu (IEEE Signal Processing Letters 21:1389, 2014). It takes units as independent. Where a group has
several, variances are those of sums over groups (Obuchowski, Biometrics 53:567, 1997), and p comes from turning groups
round, as in evaluation/sign_flips.py. It knows no weights: where units have some, since patients are lost, there is no
such test.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import DELONG, DELONGS, SIGN_FLIPS
from workflow_scripts.contracts.run_tables import WEIGHT
from workflow_scripts.evaluation.bootstrap import group_names
from workflow_scripts.evaluation.contributions import area_contributions
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.paired import holm
from workflow_scripts.evaluation.sign_flips import by_group, sign_flip_p
from workflow_scripts.evaluation.tied_votes import ranking_scores


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


def grouped_covariances(parts: np.ndarray) -> np.ndarray:
    """R×R covariances of the areas of R runs, from what each of G groups adds to them (G×R); NaN of one group."""
    groups = len(parts)
    if groups < 2:
        return np.full((parts.shape[1], parts.shape[1]), np.nan)
    return np.atleast_2d(np.cov(parts, rowvar=False)) * groups


def delong_table(runs: dict[str, Grid], protocol: str, classes: list[str]) -> pd.DataFrame:
    """Contract DELONG: every run alone, then every pair, for each fold and seed.

    No rows for more than two classes, nor where units have weights. `runs` maps a run to its units, the same units for
    all. Holm's correction is over the pairs of a fold and seed.
    """
    lines: list[dict[str, Any]] = []
    weighted = any(WEIGHT in frame for frame in next(iter(runs.values())).values())
    if len(classes) == 2 and not weighted:
        for fold, seed in next(iter(runs.values())):
            frames = [grid[fold, seed] for grid in runs.values()]
            positive = arrays(frames[0])[0] == 1
            scores = np.stack([ranking_scores(arrays(frame)[1])[:, 1] for frame in frames])
            areas = _areas(positive, scores, group_names(frames[0]), (protocol, str(fold), str(seed)))
            head = {"protocol": protocol, "fold": fold, "seed": seed}
            head |= {"positive": int(positive.sum()), "negative": int((~positive).sum())}
            lines += [{**head, **line} for line in _lines(list(runs), areas)]
    return pd.DataFrame(lines, columns=list(DELONG.columns))


@dataclass(frozen=True)
class _Areas:
    """Areas of R runs, their covariances R×R, the test of a pair, and p of the pairs (i, j), i < j, by row."""

    aucs: np.ndarray
    covariances: np.ndarray
    test: str
    p: np.ndarray

    def variance(self, i: int, j: int) -> float:
        """Of the difference of two areas; what rounding leaves of equal rankings is no variance."""
        variance = float(self.covariances[i, i] + self.covariances[j, j] - 2 * self.covariances[i, j])
        return 0.0 if abs(variance) < 1e-12 else variance


def _areas(positive: np.ndarray, scores: np.ndarray, groups: pd.Series, purpose: tuple[str, ...]) -> _Areas:
    """`positive`: N booleans, `scores`: R×N, `groups`: N names."""
    aucs, covariances = delong(positive, scores)
    pairs = list(combinations(range(len(scores)), 2))
    if not groups.duplicated().any():
        areas = _Areas(aucs, covariances, DELONGS, np.empty(0))
        return replace(areas, p=np.array([two_sided(aucs[i] - aucs[j], areas.variance(i, j))[1] for i, j in pairs]))
    once = np.ones(len(positive))
    parts = by_group(np.stack([area_contributions(positive, score, once) for score in scores], axis=1), groups)
    influences = parts + by_group(_half_areas(positive, aucs), groups)
    leads = np.stack([parts[:, i] - parts[:, j] for i, j in pairs], axis=1) if pairs else np.empty((len(parts), 0))
    # Equal rankings differ by rounding.
    leads = np.where(np.abs(leads) < 1e-12, 0.0, leads)
    return _Areas(aucs, grouped_covariances(influences), SIGN_FLIPS, sign_flip_p(leads, purpose))


def _half_areas(positive: np.ndarray, aucs: np.ndarray) -> np.ndarray:
    """N×R: what is left to take from `area_contributions` so that those of either side sum to 0."""
    sizes = np.where(positive, positive.sum(), (~positive).sum())
    halves: np.ndarray = -aucs[None] / 2 / sizes[:, None]
    return halves


def _lines(names: list[str], areas: _Areas) -> list[dict[str, Any]]:
    empty = {**dict.fromkeys(("other_auc", "difference", "z", "p", "p_holm"), np.nan), "test": ""}
    single = [
        {"run": name, "other": "", "auc": auc, "variance": variance, **empty}
        for name, auc, variance in zip(names, areas.aucs, np.diag(areas.covariances), strict=True)
    ]
    pairs = []
    for (i, j), p, corrected in zip(combinations(range(len(names)), 2), areas.p, holm(areas.p), strict=True):
        difference, variance = areas.aucs[i] - areas.aucs[j], areas.variance(i, j)
        pair = {"run": names[i], "other": names[j], "auc": areas.aucs[i], "other_auc": areas.aucs[j]}
        pair |= {"difference": difference, "variance": variance, "z": two_sided(difference, variance)[0]}
        pairs.append({**pair, "test": areas.test, "p": p, "p_holm": corrected})
    return single + pairs
