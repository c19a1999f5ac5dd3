"""Point values of all metrics, from scikit-learn; what is undefined is NaN, never 0.

The predicted class is the one of the largest probability (the first, where several are equal). A macro average is over
the classes that have samples in the subset, and undefined as soon as it is undefined for one of them: a class that is
never predicted has no precision, and then there is no macro precision.
"""

from dataclasses import dataclass
from types import ModuleType
from typing import Generic, TypeVar

import numpy as np

from workflow_scripts.contracts.metric_names import CLASS_METRICS, SUBSET_METRICS
from workflow_scripts.evaluation.tied_votes import ranking_scores

OVERALL, PER_CLASS = SUBSET_METRICS, CLASS_METRICS
# Where nobody asks for the calibration error.
NO_BINS = 1


# A number of a subset, or an array of a number for each draw.
Values = TypeVar("Values", np.float64, np.ndarray)


@dataclass(frozen=True)
class Scores(Generic[Values]):
    """Values by metric: `overall` of shape (…), `per_class` of shape (…, K); NaN where undefined."""

    overall: dict[str, Values]
    per_class: dict[str, np.ndarray]


def normalised(probabilities: np.ndarray) -> np.ndarray:
    """Rows scaled to sum 1: the tables keep nine digits."""
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def macro(values: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Mean over the last axis of the classes with `support` above zero; NaN if one of these is NaN, or none has any."""
    present = support > 0
    total = np.where(present, values, 0).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / present.sum(axis=-1)


def point(
    labels: np.ndarray, probabilities: np.ndarray, bins: int, weights: np.ndarray | None = None
) -> Scores[np.float64]:
    """Every metric of one test subset.

    `labels` N class numbers, `probabilities` N×K in [0, 1] with rows that sum to 1, `bins` of the calibration error,
    `weights` N of the units, at least 0 (None: all count the same); one of weight 0 is as if it were not there.
    Sensitivity is recall; specificity and AUC are one class against the rest; `brier` is the sum over classes of the
    squared error, in [0, 2] (Brier, Monthly Weather Review 78:1, 1950); `ece` the expected calibration error of the
    largest probability (Guo et al., ICML 2017); `log_loss` natural, probabilities cut at the machine epsilon.
    """
    from sklearn import metrics

    if weights is not None:
        counted = weights > 0
        labels, probabilities, weights = labels[counted], probabilities[counted], weights[counted]
    p = normalised(probabilities)
    classes = np.arange(p.shape[1])
    predicted = p.argmax(axis=1)
    precision, sensitivity, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan, sample_weight=weights
    )
    # As the sensitivity of all else: what subtracted weights leave of no negative sample is seldom exactly 0.
    specificity = np.array(
        [
            metrics.recall_score(labels != k, predicted != k, zero_division=np.nan, sample_weight=weights)
            for k in classes
        ]
    )
    ranked = ranking_scores(p)
    auc = np.array([_auc(metrics, labels == k, ranked[:, k], weights) for k in classes])
    one_class = len(np.union1d(labels, predicted)) == 1
    overall = {
        "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weights),
        "balanced_accuracy": macro(sensitivity, support),
        "macro_precision": macro(precision, support),
        "macro_sensitivity": macro(sensitivity, support),
        "macro_specificity": macro(specificity, support),
        "macro_f1": macro(f1, support),
        "macro_auc": macro(auc, support),
        "log_loss": metrics.log_loss(labels, p, labels=classes, sample_weight=weights),
        "kappa": np.nan if one_class else metrics.cohen_kappa_score(labels, predicted, sample_weight=weights),
        "brier": metrics.brier_score_loss(labels, p, labels=classes, scale_by_half=False, sample_weight=weights),
        "ece": calibration_error(labels, p, bins, weights),
    }
    per_class = {"precision": precision, "sensitivity": sensitivity, "specificity": specificity, "f1": f1, "auc": auc}
    return Scores({name: np.float64(value) for name, value in overall.items()}, per_class)


def _auc(metrics: ModuleType, positive: np.ndarray, score: np.ndarray, weights: np.ndarray | None) -> float:
    """Undefined without samples on both sides."""
    return (
        metrics.roc_auc_score(positive, score, sample_weight=weights) if 0 < positive.sum() < len(positive) else np.nan
    )


def confidence_bins(p: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest probability of each row, and the number of its bin: equally wide bins that include their upper end."""
    confidence = p.max(axis=1)
    return confidence, np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")


def calibration_error(labels: np.ndarray, p: np.ndarray, bins: int, weights: np.ndarray | None = None) -> float:
    """Expected calibration error: mean over samples of |accuracy - confidence| of their bin (Guo et al., ICML 2017)."""
    confidence, code = confidence_bins(p, bins)
    counts = np.ones(len(labels)) if weights is None else weights
    excess = np.bincount(code, weights=counts * ((p.argmax(axis=1) == labels) - confidence), minlength=bins)
    return float(np.abs(excess).sum() / counts.sum())
