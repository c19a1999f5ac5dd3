"""What a round of a run that asks for labels comes to: two numbers that need no threshold, weighted as samples are."""

import numpy as np

from workflow_scripts.evaluation.metrics import macro, normalised

# Where a logarithm ends, as in evaluation.metrics.
_LEAST = float(np.finfo("float64").eps)


def weighted_auc(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Area under the ROC curve, in [0, 1]: one class against the rest, mean over the classes that have weight.

    labels: N class numbers; probabilities: N×K; weights: N, at least 0. NaN where one class has all the weight.
    """
    from sklearn.metrics import roc_auc_score

    counted = weights > 0
    labels, p, weights = labels[counted], normalised(probabilities[counted]), weights[counted]
    support = np.bincount(labels, minlength=p.shape[1])
    if (support > 0).sum() < 2:
        return float("nan")
    areas = [
        roc_auc_score(labels == number, p[:, number], sample_weight=weights) if support[number] else np.nan
        for number in range(p.shape[1])
    ]
    return float(macro(np.array(areas), support))


def weighted_log_loss(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean of the negative natural logarithm of the true class's probability; NaN without weight."""
    if not weights.sum():
        return float("nan")
    p = normalised(probabilities)[np.arange(len(labels)), labels]
    return float(np.average(-np.log(np.clip(p, _LEAST, 1.0)), weights=weights))
