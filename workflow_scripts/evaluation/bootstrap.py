"""Bootstrap of all metrics at once: groups are drawn with replacement, metrics computed with the draws as weights.

Images of one group (patient, field) resemble each other, so whole groups are drawn; a sample of unknown group is its
own group, unless copies join it with others (drawn_together). One draw is shared by all folds, seeds, runs and
protocols that are resampled together: what they have in common cancels in a difference, as it should. A unit that
weighs something of its own, since some patients are lost (see splitting.censoring), counts its weight each time it is
drawn; the weights are taken as known.

Intervals are made of the draws' standard deviation, see evaluation/intervals.py.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import WEIGHT, unit_weights
from workflow_scripts.evaluation.metrics import Scores, confidence_bins, macro, normalised
from workflow_scripts.evaluation.tied_votes import ranking_scores
from workflow_scripts.runtime.seeds import seed_for

# An interval needs the metric to be defined in this share of the draws. A class held by one or two groups is missing
# from more draws than that; the interval of the rest would only look narrow.
DEFINED = 0.9


class Resampler:
    """Bootstrap draws of the groups that occur in `frames` (contract UNITS)."""

    def __init__(self, frames: Iterable[pd.DataFrame], draws: int, rng: np.random.Generator) -> None:
        names = pd.unique(pd.concat([group_names(frame) for frame in frames], ignore_index=True))
        self._index = pd.Index(names)
        self.groups, self.draws, self._rng = len(names), draws, rng
        self._seeds: dict[tuple[int, int], np.ndarray] = {}  # (folds, seeds) → which seeds each draw takes
        self._weights = np.empty((len(names), draws), dtype="float32")
        for draw in range(draws):
            chosen = rng.integers(0, len(names), len(names))
            self._weights[:, draw] = np.bincount(chosen, minlength=len(names))

    def weights(self, frame: pd.DataFrame) -> np.ndarray:
        """N×D: how often each row of `frame` was drawn, times its own weight where it has one."""
        drawn = self._weights[self._index.get_indexer(group_names(frame))]
        return drawn * unit_weights(frame)[:, None] if WEIGHT in frame else drawn

    def pool(self, values: np.ndarray) -> np.ndarray:
        """F×S×D values of folds and seeds → D values of their mean, with the training seeds drawn anew in each draw.

        Seeds are drawn within each fold, the same ones for every metric, run and protocol; their variance is widened by
        S/(S-1), since S draws from S values show too little of it. One seed says nothing about the spread of training,
        which the interval then leaves out. A fold or seed in which a draw leaves the metric undefined is left out of
        that draw.
        """
        folds, seeds, draws = values.shape
        everything = defined_mean(values, axis=1)
        if seeds == 1:
            return defined_mean(everything, axis=0)
        if (folds, seeds) not in self._seeds:
            self._seeds[folds, seeds] = self._rng.integers(0, seeds, (folds, seeds, draws))
        drawn = defined_mean(np.take_along_axis(values, self._seeds[folds, seeds], axis=1), axis=1)
        return defined_mean(everything + np.sqrt(seeds / (seeds - 1)) * (drawn - everything), axis=0)


def subset_draws(
    tables: Iterable[pd.DataFrame], draws: int, study: str, protocol: str, subset: str, seed: int
) -> Resampler:
    """The draws of one subset of a protocol: the same ones wherever a number of it gets an interval."""
    return Resampler(tables, draws, np.random.default_rng(seed_for(study, protocol, subset, seed, "bootstrap")))


def group_names(frame: pd.DataFrame) -> pd.Series:
    """What is drawn together: the group, or where it is unknown the unit itself."""
    return ("group " + frame["group"]).where(frame["group"] != "", "unit " + frame["unit"])


def replicates(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, bins: int) -> Scores[np.ndarray]:
    """Every metric for each draw: overall D values, per class D×K; definitions as in metrics.point.

    `labels` N class numbers, `probabilities` N×K, `weights` N×D: how often each was drawn, times its own weight.
    """
    p = normalised(probabilities)
    counts = confusion(labels, p.argmax(axis=1), weights, p.shape[1])
    overall, per_class = _from_confusion(counts)
    support = counts.sum(axis=2)
    per_class["auc"] = auc(labels, ranking_scores(p), weights)
    overall["macro_auc"] = macro(per_class["auc"], support)
    overall.update(_from_losses(labels, p, weights, bins))
    return Scores(overall, per_class)


def replicates_of(metric: str, labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One headline metric for each draw: D values; as in `replicates`, but nothing else is computed.

    `metric` is accuracy, kappa, balanced_accuracy or a macro average. `taken_once` as weights gives the point value.
    """
    p = normalised(probabilities)
    counts = confusion(labels, p.argmax(axis=1), weights, p.shape[1])
    if metric == "macro_auc":
        return macro(auc(labels, ranking_scores(p), weights), counts.sum(axis=2))
    return _from_confusion(counts)[0][metric]


def from_confusion(
    labels: np.ndarray, p: np.ndarray, weights: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What follows from who was taken for what: overall D values, per class D×K; as in `replicates`, without the rest.

    `p`: N×K with rows that sum to 1.
    """
    return _from_confusion(confusion(labels, p.argmax(axis=1), weights, p.shape[1]))


def once(samples: int) -> np.ndarray:
    """N×1 weights of the one draw that takes every sample once: the data themselves."""
    return np.ones((samples, 1), dtype="float32")


def taken_once(frame: pd.DataFrame) -> np.ndarray:
    """N×1 weights of the one draw that takes every row of a units table once, times its own weight."""
    return unit_weights(frame)[:, None] if WEIGHT in frame else once(len(frame))


def auc(labels: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """D×K areas under the ROC curve, each class against the rest; a tie counts half; NaN without both sides."""
    result = np.full((weights.shape[1], p.shape[1]), np.nan)
    for k in range(p.shape[1]):
        order = np.argsort(p[:, k], kind="stable")
        score, drawn = p[order, k], weights[order]
        positive = labels[order] == k
        negative = np.where(positive[:, None], np.float32(0), drawn)
        below = np.cumsum(negative, axis=0)
        rows = np.flatnonzero(positive)
        # Negatives below a positive, and half of those level with it: mean of the running sum at both ends of its tie.
        first = np.searchsorted(score, score[rows], side="left")
        last = np.searchsorted(score, score[rows], side="right") - 1
        under = 0.5 * (below[last] + below[first] - negative[first])
        drawn_positive = drawn[rows].astype("float64")
        total = drawn_positive.sum(axis=0) * (below[-1] if len(below) else 0)
        np.divide((drawn_positive * under).sum(axis=0), total, out=result[:, k], where=total > 0)
    return result


def sums_by(codes: np.ndarray, size: int, weights: np.ndarray) -> np.ndarray:
    """size×D sums of the rows of `weights` that share a code in [0, size)."""
    order = np.argsort(codes, kind="stable")
    present, starts = np.unique(codes[order], return_index=True)
    sums = np.zeros((size, weights.shape[1]), dtype="float64")
    if len(present):
        sums[present] = np.add.reduceat(weights[order], starts, axis=0)
    return sums


def confusion(labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray, classes: int) -> np.ndarray:
    """D×K×K drawn samples of each true (first) and predicted class."""
    sums = sums_by(labels * classes + predicted, classes * classes, weights)
    return np.ascontiguousarray(sums.T).reshape(-1, classes, classes)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where below is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def defined_mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of the defined values; NaN where there is none."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0).sum(axis=axis), defined.sum(axis=axis))


def _from_confusion(counts: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    right = np.diagonal(counts, axis1=1, axis2=2)
    support, predicted = counts.sum(axis=2), counts.sum(axis=1)
    n = support.sum(axis=1)
    per_class = {
        "precision": _ratio(right, predicted),
        "sensitivity": _ratio(right, support),
        "specificity": _ratio(n[:, None] - support - predicted + right, n[:, None] - support),
        "f1": _ratio(2 * right, support + predicted),
    }
    accuracy = _ratio(right.sum(axis=1), n)
    chance = _ratio((support * predicted).sum(axis=1), n**2)
    overall = {"accuracy": accuracy, "balanced_accuracy": macro(per_class["sensitivity"], support)}
    overall.update({f"macro_{name}": macro(values, support) for name, values in per_class.items()})
    overall["kappa"] = _ratio(accuracy - chance, 1 - chance)
    return overall, per_class


def _from_losses(labels: np.ndarray, p: np.ndarray, weights: np.ndarray, bins: int) -> dict[str, np.ndarray]:
    n = weights.sum(axis=0, dtype="float64")
    true = p[np.arange(len(labels)), labels]
    surprise = -np.log(np.maximum(true, np.finfo("float64").eps))
    square = (p**2).sum(axis=1) - 2 * true + 1
    confidence, code = confidence_bins(p, bins)
    excess = ((p.argmax(axis=1) == labels) - confidence)[:, None]
    off = np.abs(sums_by(code, bins, weights * excess)).sum(axis=0)
    return {
        "log_loss": _ratio(surprise @ weights, n),
        "brier": _ratio(square @ weights, n),
        "ece": _ratio(off, n),
    }
