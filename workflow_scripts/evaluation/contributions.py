"""What every unit adds to the difference of two runs in a headline metric, so that a test can turn units round.

Were both runs equally good, each could have made the other's predictions: of a unit, or of a group, the sign of what it
adds would be a toss. Of shares and of F1 exchanging the predictions of a unit changes nothing but that sign (the
denominators hold both runs); of AUC that holds to first order.
"""

from collections.abc import Callable

import numpy as np

from workflow_scripts.evaluation.metrics import normalised
from workflow_scripts.evaluation.tied_votes import ranking_scores

# Class numbers (N), probabilities of both runs (N×K), weights (N) → N contributions.
_Contributions = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def contributions(
    metric: str, labels: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """N numbers: what each unit adds to first minus second; NaN where the metric is undefined.

    `metric`: a headline metric. `first`, `second`: N×K probabilities. The sum is the difference: of accuracy times the
    sum of the weights, so that units of weight 1 add whole numbers; of F1 to second order.
    """
    return _BY_METRIC[metric](labels, normalised(first), normalised(second), weights)


def _accuracy(labels: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    right = [(p.argmax(axis=1) == labels).astype("float64") for p in (first, second)]
    lead: np.ndarray = weights * (right[0] - right[1])
    return lead


def _balanced_accuracy(labels: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    support = np.bincount(labels, weights=weights, minlength=first.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(weights > 0, 1 / support[labels], 0.0)
    lead: np.ndarray = _accuracy(labels, first, second, weights) * share / (support > 0).sum()
    return lead


def _macro_f1(labels: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    support = np.bincount(labels, weights=weights, minlength=first.shape[1])
    total = np.zeros(len(labels))
    for k in np.flatnonzero(support > 0):
        called = np.stack([p.argmax(axis=1) == k for p in (first, second)]).astype("float64")
        right = called * (labels == k)
        below = 2 * support[k] + (called * weights).sum()
        both = 2 * (right * weights).sum() / below
        total += weights * (2 * (right[0] - right[1]) - both * (called[0] - called[1])) / (below / 2)
    return total / (support > 0).sum()


def _macro_auc(labels: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    support = np.bincount(labels, weights=weights, minlength=first.shape[1])
    total, present = np.zeros(len(labels)), np.flatnonzero(support > 0)
    scores = [ranking_scores(p) for p in (first, second)]
    for k in present:
        total += area_contributions(labels == k, scores[0][:, k], weights)
        total -= area_contributions(labels == k, scores[1][:, k], weights)
    return total / len(present)


def area_contributions(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """N numbers that sum to the area under the ROC curve; NaN without weight on both sides.

    Of a positive unit (`positive`: N, bool) the weighted share of negative ones below its score, of a negative one that
    of positive ones above it, a tie counting half; each less half the area, which would count twice.
    """
    totals = [weights[side].sum() for side in (positive, ~positive)]
    if not min(totals) > 0:
        return np.full(len(score), np.nan)
    below = _weight_below(score, np.where(positive, 0.0, weights)) / totals[1]
    above = 1 - _weight_below(score, np.where(positive, weights, 0.0)) / totals[0]
    area = float((weights * below)[positive].sum() / totals[0])
    parts: np.ndarray = np.where(positive, (below - area / 2) / totals[0], (above - area / 2) / totals[1]) * weights
    return parts


def _weight_below(score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """N: of each score the weight below it, and half of that level with it."""
    order = np.argsort(score, kind="stable")
    ranked, running = score[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    ends: np.ndarray = (
        running[np.searchsorted(ranked, score, "left")] + running[np.searchsorted(ranked, score, "right")]
    )
    return ends / 2


_BY_METRIC: dict[str, _Contributions] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "macro_f1": _macro_f1,
    "macro_auc": _macro_auc,
}
