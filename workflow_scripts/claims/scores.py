"""Metrics of many confusion matrices at once."""

from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.averaged_values import harmonic, rounded

if TYPE_CHECKING:
    import numpy as np

# Half a unit in the second digit after the point: classification reports print class values so, and means of these are
# off by as much.
COARSEST = 0.005
# Digits after the point that class values may have had before the mean was taken, of a share in [0, 1].
DIGITS = (3, 2, 4)


def scores(matrix: "np.ndarray", empty: float = 0.0) -> dict[str, "np.ndarray"]:
    """Metrics from counts: matrices … × true class × predicted class, whole numbers or shares of them.

    Returns accuracy (shape …) and precision, sensitivity, specificity, npv, f1 (shape … × class). empty: what 0/0 is;
    0 as in scikit-learn.
    """
    import numpy as np

    matrix = np.asarray(matrix, float)
    total = matrix.sum((-2, -1))
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(-1), matrix.sum(-2)
    negative = total[..., None] - true
    right_negative = negative - (predicted - right)
    return {
        "accuracy": _ratio(right.sum(-1), total, empty),
        "precision": _ratio(right, predicted, empty),
        "sensitivity": _ratio(right, true, empty),
        "specificity": _ratio(right_negative, negative, empty),
        "npv": _ratio(right_negative, total[..., None] - predicted, empty),
        "f1": _ratio(2 * right, true + predicted, empty),
    }


def _ratio(part: "np.ndarray", whole: "np.ndarray", empty: float = 0.0) -> "np.ndarray":
    import numpy as np

    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, empty), where=whole > 0)


def f1_of_means(values_by_metric: dict[str, "np.ndarray"]) -> "np.ndarray":
    """The other macro F1: of the mean precision and the mean sensitivity."""
    return harmonic(values_by_metric["precision"].mean(-1), values_by_metric["sensitivity"].mean(-1))


def of_rounded(name: str) -> tuple[str, ...]:
    """Which of `rounded_scores` a metric may be."""
    return ("f1", "f1_of_rounded", "f1_of_rounded_again") if name == "f1" else (name,)


def rounded_scores(exact: dict[str, "np.ndarray"], digits: int, half_up: bool) -> dict[str, "np.ndarray"]:
    """Class values with so many digits after the point, ties up or to the even digit.

    f1_of_rounded, f1_of_rounded_again: from the rounded precision and sensitivity, and that rounded once more.
    """
    by_metric = {name: rounded(values, digits, half_up) for name, values in exact.items() if name != "accuracy"}
    by_metric["f1_of_rounded"] = harmonic(by_metric["precision"], by_metric["sensitivity"])
    by_metric["f1_of_rounded_again"] = rounded(by_metric["f1_of_rounded"], digits, half_up)
    return by_metric
