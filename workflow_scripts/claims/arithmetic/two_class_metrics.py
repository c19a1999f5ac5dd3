"""Metrics of two classes: their values, and how many negatives must be right for a value, the rest being given."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.ways_of_writing import SLACK

if TYPE_CHECKING:
    import numpy as np

# Values of many tables: true positives, false negatives, false positives, true negatives.
Value = Callable[["np.ndarray", "np.ndarray", "np.ndarray", "np.ndarray"], "np.ndarray"]
# True negatives at which the metric has a value: value, positives, negatives, true positives.
Threshold = Callable[[float, "np.ndarray", "np.ndarray", "np.ndarray"], "np.ndarray"]
# Factors of tp, fn, fp, tn in a sum.
Factors = tuple[float, float, float, float]
_LEAST = 1e-300


@dataclass(frozen=True)
class TwoClassMetric:
    """A metric of two classes that never turns as one class gets more right answers, class sizes being fixed.

    value: of tables, 0/0 being 0; threshold: how many true negatives give a value; mirror: the metric with the classes
    exchanged; rising: whether more true negatives make it larger; inverted: the mirror is one divided by it; lowest,
    highest: its smallest and largest possible value; part, whole: of a share, the sums of cells that are divided.
    """

    value: Value
    threshold: Threshold
    mirror: str
    rising: bool = True
    inverted: bool = False
    lowest: float = 0.0
    highest: float = 1.0
    part: Factors | None = None
    whole: Factors | None = None

    def between(
        self, low: float, high: float, positives: "np.ndarray", negatives: "np.ndarray", tp: "np.ndarray"
    ) -> "tuple[np.ndarray, np.ndarray]":
        """Fewest and most true negatives, not rounded, at which its value lies from low to high."""
        import numpy as np

        free = np.full(np.shape(tp), np.inf)
        if low > self.highest + SLACK or high < self.lowest - SLACK:
            return free, -free
        sides = []
        for value, bound in ((low, low > self.lowest), (high, high < self.highest)):
            # A value of 0 is that of tables without right answers: so is the least value above it.
            given = max(value, _LEAST) if self.lowest == 0 else value
            sides.append(self.threshold(given, positives, negatives, tp) if bound else None)
        first, last = sides if self.rising else sides[::-1]
        return (-free if first is None else first), (free if last is None else last)


def ratio(part: "np.ndarray", whole: "np.ndarray") -> "np.ndarray":
    """part / whole; 0 where both are, infinite where the whole alone is."""
    import numpy as np

    part, whole = np.asarray(part, float), np.asarray(whole, float)
    if (whole > 0).all():
        return part / whole
    return np.divide(part, whole, out=np.where(part > 0, np.inf, 0.0 * whole), where=whole > 0)


def _share(part: Factors, whole: Factors, mirror: str) -> TwoClassMetric:
    """A sum of cells out of a sum of cells; it has the value v where part − v·whole is 0."""

    def value(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
        cells = (tp, fn, fp, tn)
        return ratio(_sum(part, cells), _sum(whole, cells))

    def threshold(v: float, p: "np.ndarray", n: "np.ndarray", tp: "np.ndarray") -> "np.ndarray":
        import numpy as np

        a, b, c, d = (above - v * below for above, below in zip(part, whole, strict=True))
        rest = -(a * tp + b * (p - tp) + c * n)
        return rest / (d - c) if d > c else np.where(rest > 0, np.inf, -np.inf)

    return TwoClassMetric(value, threshold, mirror, part=part, whole=whole)


def _sum(factors: Factors, cells: "tuple[np.ndarray, ...]") -> "np.ndarray":
    terms = [cell if factor == 1 else factor * cell for factor, cell in zip(factors, cells, strict=True) if factor]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _kappa(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
    return _signed(2 * (tp * tn - fp * fn), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def _mcc(tp: "np.ndarray", fn: "np.ndarray", fp: "np.ndarray", tn: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return _signed(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _signed(part: "np.ndarray", whole: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=np.asarray(whole) > 0)


def _kappa_threshold(v: float, p: "np.ndarray", n: "np.ndarray", tp: "np.ndarray") -> "np.ndarray":
    import numpy as np

    fn = p - tp
    slope, rest = 2 * p - v * (p - n), v * (n * tp + n * n + p * fn) + 2 * n * fn
    return np.divide(rest, slope, out=np.full(np.shape(rest), -np.inf), where=slope > 0)


def _mcc_threshold(v: float, p: "np.ndarray", n: "np.ndarray", tp: "np.ndarray") -> "np.ndarray":
    """(p·tn − n·fn)² = v² p n (tp + n − tn)(fn + tn), on the side of the sign of v."""
    import numpy as np

    fn, k = p - tp, v * v * p * n
    a, b = p * p + k, 2 * p * n * fn + k * (tp + n - fn)
    c = n * n * fn * fn - k * (tp + n) * fn
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
    return (b + np.sign(v) * root) / (2 * a)


def _likelihood_ratios() -> dict[str, TwoClassMetric]:
    return {
        "lr_positive": TwoClassMetric(
            lambda tp, fn, fp, tn: ratio(ratio(tp, tp + fn), ratio(fp, tn + fp)),
            lambda v, p, n, tp: n - n * tp / p / v,
            "lr_negative",
            inverted=True,
            highest=math.inf,
        ),
        "lr_negative": TwoClassMetric(
            lambda tp, fn, fp, tn: ratio(ratio(fn, tp + fn), ratio(tn, tn + fp)),
            lambda v, p, n, tp: n * (p - tp) / p / v,
            "lr_positive",
            rising=False,
            inverted=True,
            highest=math.inf,
        ),
    }


def _counts() -> dict[str, TwoClassMetric]:
    """Cells themselves; those of the positives are bounded before any threshold is needed."""
    free: Threshold = lambda v, p, n, tp: tp - math.inf  # noqa: E731
    return {
        "tp": TwoClassMetric(lambda tp, fn, fp, tn: tp, free, "tn", highest=math.inf),
        "fn": TwoClassMetric(lambda tp, fn, fp, tn: fn, free, "fp", rising=False, highest=math.inf),
        "tn": TwoClassMetric(lambda tp, fn, fp, tn: tn, lambda v, p, n, tp: v + 0 * tp, "tp", highest=math.inf),
        "fp": TwoClassMetric(
            lambda tp, fn, fp, tn: fp, lambda v, p, n, tp: n - v, "fn", rising=False, lowest=-1.0, highest=math.inf
        ),
    }


_METRICS = {
    "accuracy": _share((1, 0, 0, 1), (1, 1, 1, 1), "accuracy"),
    "sensitivity": _share((1, 0, 0, 0), (1, 1, 0, 0), "specificity"),
    "specificity": _share((0, 0, 0, 1), (0, 0, 1, 1), "sensitivity"),
    "prevalence": _share((1, 1, 0, 0), (1, 1, 1, 1), "prevalence_negative"),
    "prevalence_negative": _share((0, 0, 1, 1), (1, 1, 1, 1), "prevalence"),
    "precision": _share((1, 0, 0, 0), (1, 0, 1, 0), "npv"),
    "npv": _share((0, 0, 0, 1), (0, 1, 0, 1), "precision"),
    "iou": _share((1, 0, 0, 0), (1, 1, 1, 0), "iou_negative"),
    "iou_negative": _share((0, 0, 0, 1), (0, 1, 1, 1), "iou"),
    "balanced_accuracy": TwoClassMetric(
        lambda tp, fn, fp, tn: (ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2,
        lambda v, p, n, tp: n * (2 * v - tp / p),
        "balanced_accuracy",
    ),
    "youden": TwoClassMetric(
        lambda tp, fn, fp, tn: ratio(tp, tp + fn) + ratio(tn, tn + fp) - 1,
        lambda v, p, n, tp: n * (v + 1 - tp / p),
        "youden",
        lowest=-1.0,
    ),
    "kappa": TwoClassMetric(_kappa, _kappa_threshold, "kappa", lowest=-1.0),
    "mcc": TwoClassMetric(_mcc, _mcc_threshold, "mcc", lowest=-1.0),
    **_likelihood_ratios(),
    **_counts(),
}
_SYNONYMS = {
    "f1": "f_beta(1)",
    "dice": "f_beta(1)",
    "f1_negative": "f_beta_negative(1)",
    "macro_sensitivity": "balanced_accuracy",
    "macro_specificity": "balanced_accuracy",
}
# Counts are no shares of anything: they say nothing where no class size is known.
COUNTS = ("tp", "fn", "fp", "tn")
# What depends on the positives alone.
OF_POSITIVES = ("sensitivity", "tp", "fn")
# Some programs write 1 where no sample is predicted as the class.
ONE_IF_EMPTY = ("precision", "npv")


@lru_cache(maxsize=256)
def metric_of(name: str) -> TwoClassMetric | None:
    """The metric of that name, e.g. `f1`, `f_beta(0.5)`, `lr_positive`; None of one that two classes do not give."""
    name = _SYNONYMS.get(name, name)
    stem, _, beta = name.removesuffix(")").partition("(")
    if stem == "f_beta" and beta:
        b = float(beta) ** 2
        return _share((1 + b, 0, 0, 0), (1 + b, b, 1, 0), f"f_beta_negative({beta})")
    if stem == "f_beta_negative" and beta:
        b = float(beta) ** 2
        return _share((0, 0, 0, 1 + b), (0, 1, b, 1 + b), f"f_beta({beta})")
    return _METRICS.get(name)


def known_metric(name: str) -> TwoClassMetric:
    """The metric of that name; ValueError of one that two classes do not give."""
    metric = metric_of(name)
    if metric is None:
        raise ValueError(f"{name} is no metric of two classes")
    return metric
