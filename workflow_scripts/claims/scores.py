"""Metrics of many confusion matrices at once."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Half a unit in the second digit after the point: classification reports print class values so, and means of these are
# off by as much.
COARSEST = 0.005


def scores(matrix: "np.ndarray") -> dict[str, "np.ndarray"]:
    """Metrics from counts: matrices … × true class × predicted class, whole numbers.

    Returns accuracy (shape …) and precision, sensitivity, specificity, f1 (shape … × class). What is 0/0 is 0, as in
    scikit-learn.
    """
    import numpy as np

    matrix = np.asarray(matrix, float)
    total = matrix.sum((-2, -1))
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(-1), matrix.sum(-2)
    negative = total[..., None] - true
    return {
        "accuracy": _ratio(right.sum(-1), total),
        "precision": _ratio(right, predicted),
        "sensitivity": _ratio(right, true),
        "specificity": _ratio(negative - (predicted - right), negative),
        "f1": _ratio(2 * right, true + predicted),
    }


def _ratio(part: "np.ndarray", whole: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)


def f1_of_means(values_by_metric: dict[str, "np.ndarray"]) -> "np.ndarray":
    """The other macro F1: of the mean precision and the mean sensitivity."""
    return harmonic(values_by_metric["precision"].mean(-1), values_by_metric["sensitivity"].mean(-1))


def harmonic(precision: "np.ndarray", sensitivity: "np.ndarray") -> "np.ndarray":
    """F1 of a precision and a sensitivity; 0 where both are."""
    return _ratio(2 * precision * sensitivity, precision + sensitivity)
