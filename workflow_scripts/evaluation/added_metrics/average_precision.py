"""Average precision of each class: mean precision over its units, each at the threshold that just finds it.

As scikit-learn has it: units of equal probability are found together, and nothing is interpolated.
"""

import numpy as np

from workflow_scripts.contracts.metric_names import Metric
from workflow_scripts.evaluation.tied_votes import ranking_scores

METRIC = Metric("average_precision", level="class", words="Average precision")


def values(labels: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """D×K values; NaN where a draw has no unit of the class."""
    scores = ranking_scores(p)
    return np.stack([average_precision(labels == k, scores[:, k], weights) for k in range(p.shape[1])], axis=1)


def average_precision(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """D average precisions of what is positive (N, bool) by its score (N); `weights` N×D."""
    order = np.argsort(-score, kind="stable")
    ranked, drawn = score[order], weights[order].astype("float64")
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], len(ranked) > 0))  # of each score the last unit
    hits = np.cumsum(np.where(positive[order, None], drawn, 0.0), axis=0)[last]
    called = np.cumsum(drawn, axis=0)[last]
    gained = np.diff(hits, axis=0, prepend=0.0)
    precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
    total = hits[-1] if len(hits) else np.zeros(weights.shape[1])
    return np.divide((gained * precision).sum(axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
