"""Averages over two classes as functions of the four counts, exact or of class values that were rounded before."""

from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.two_class_metrics import Value, known_metric, ratio

if TYPE_CHECKING:
    import numpy as np

MEAN, WEIGHTED = "mean", "weighted"
# Metric → its name in each of the two classes, the positive one first.
OF_CLASS = {
    "precision": ("precision", "npv"),
    "sensitivity": ("sensitivity", "specificity"),
    "specificity": ("specificity", "sensitivity"),
    "f1": ("f1", "f1_negative"),
}
# How F1 may have come about: the mean of the classes' F1, or of means; of class values that were rounded, from the
# rounded precision and sensitivity, and that rounded once more.
F1_OF_MEANS, F1_OF_ROUNDED, F1_OF_ROUNDED_AGAIN = "of means", "of rounded", "of rounded, rounded again"


def averaged(name: str, kind: str, f1: str = "") -> Value:
    """The mean of a metric over two classes, plain or weighted by class size.

    name: of OF_CLASS; f1: "" or F1_OF_MEANS.
    """

    def value(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
        cells = tp, fn, fp, tn
        if f1 == F1_OF_MEANS:
            parts = (_class_values(part, cells) for part in ("precision", "sensitivity"))
            return harmonic(*(_average(values, kind, cells) for values in parts))
        return _average(_class_values(name, cells), kind, cells)

    return value


def defined_mean(name: str) -> Value:
    """The mean over the classes for which the metric is defined: a class that is never predicted has no precision."""

    def value(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
        import numpy as np

        first, second = _class_values(name, (tp, fn, fp, tn))
        none_first, none_second = (tp + fp == 0), (tn + fn == 0)
        return np.where(none_first, second, np.where(none_second, first, (first + second) / 2))

    return value


def of_rounded(name: str, digits: int, half_up: bool, f1: str = "", kind: str = MEAN) -> Value:
    """The mean over two classes of values with so many digits after the point, ties up or to the even digit.

    f1: "", F1_OF_ROUNDED or F1_OF_ROUNDED_AGAIN; kind: MEAN or WEIGHTED.
    """

    def value(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
        cells = tp, fn, fp, tn
        first, second = (rounded_class_value(name, index, digits, half_up, f1)(*cells) for index in (0, 1))
        return _average((first, second), kind, cells)

    return value


def rounded_class_value(name: str, index: int, digits: int, half_up: bool, f1: str = "") -> Value:
    """The value of one class with so many digits; f1: as of `of_rounded`."""

    def value(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
        cells = tp, fn, fp, tn
        if not f1:
            return rounded(_class_values(name, cells)[index], digits, half_up)
        parts = (rounded(_class_values(part, cells)[index], digits, half_up) for part in ("precision", "sensitivity"))
        score = harmonic(*parts)
        return rounded(score, digits, half_up) if f1 == F1_OF_ROUNDED_AGAIN else score

    return value


def rounded(values: "np.ndarray", digits: int, half_up: bool) -> "np.ndarray":
    """Values with so many digits after the point, ties up or to the even digit."""
    import numpy as np

    unit = 10.0**digits
    # Floating point is cut away first, so that a tie is one.
    scaled = np.round(values * unit, 9)
    return (np.floor(scaled + 0.5) if half_up else np.rint(scaled)) / unit


def _class_values(name: str, cells: "tuple[np.ndarray, ...]") -> "tuple[np.ndarray, np.ndarray]":
    first, second = (known_metric(metric).value(*cells) for metric in OF_CLASS[name])
    return first, second


def _average(values: "tuple[np.ndarray, np.ndarray]", kind: str, cells: "tuple[np.ndarray, ...]") -> "np.ndarray":
    tp, fn, fp, tn = cells
    weight = (tp + fn) / (tp + fn + fp + tn) if kind == WEIGHTED else 0.5
    return weight * values[0] + (1 - weight) * values[1]


def harmonic(precision: "np.ndarray", sensitivity: "np.ndarray") -> "np.ndarray":
    """F1 of a precision and a sensitivity; 0 where both are."""
    return ratio(2 * precision * sensitivity, precision + sensitivity)
