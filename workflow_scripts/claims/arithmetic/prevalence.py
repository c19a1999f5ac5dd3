"""Which share of positives printed metrics imply, where no class size is known: boxes that cannot hold are left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.two_class_metrics import COUNTS, Value, known_metric

if TYPE_CHECKING:
    import numpy as np

# Boxes are halved in so many rounds; what is left then counts as possible.
_ROUNDS = 45
# More boxes than this say that a whole region fits: the rest of the search would only draw its edge.
_MOST_BOXES = 20_000
_SLACK = 1e-9
# The rarest class that is thought of where no share limits it.
_RAREST = 1e-5


@dataclass(frozen=True)
class _Boxes:
    """Ends of sensitivity, specificity and prevalence: arrays of 3 × boxes."""

    low: "np.ndarray"
    high: "np.ndarray"

    def kept(self, which: "np.ndarray") -> "_Boxes":
        return _Boxes(self.low[:, which], self.high[:, which])

    def halved(self, widths: "np.ndarray") -> "_Boxes":
        """Every box cut in two across the side that is longest, measured in `widths`."""
        import numpy as np

        relative = (self.high - self.low) / widths[:, None]
        axis, every = relative.argmax(0), np.arange(self.low.shape[1])
        middle = (self.low[axis, every] + self.high[axis, every]) / 2
        low, high = self.low.copy(), self.high.copy()
        high[axis, every], low[axis, every] = middle, middle
        return _Boxes(np.concatenate([self.low, low], 1), np.concatenate([high, self.high], 1))


def implied_prevalence(rates: Sequence[Rate]) -> tuple[float, float] | None:
    """Lowest and highest share of positives at which some sensitivity and specificity give all rates, or None.

    Whatever the number of samples: a share that is nowhere a whole number counts. Never None where a table exists;
    rates that are close to impossible may still count as possible. Counts among the rates say nothing here. Shares of
    sums of cells are exact, by linear programming; of the other metrics boxes that cannot hold are left out.
    """
    rates = [rate for rate in rates if rate.metric not in COUNTS]
    bent = [rate for rate in rates if rate.value is not None or known_metric(rate.metric).part is None]
    shares = tuple(rate for rate in rates if rate not in bent)
    ends = _of_shares(shares) if shares else (0.0, 1.0)
    return ends if ends is None or not bent else _of_boxes(rates, max(ends[0], _RAREST), min(ends[1], 1 - _RAREST))


@lru_cache(maxsize=1024)
def _of_shares(rates: tuple[Rate, ...]) -> tuple[float, float] | None:
    """The ends of the prevalence by linear programming over the four cells, one positive being the unit.

    A solution without negatives is one only where it is the end of solutions with some.
    """
    import numpy as np
    from scipy.optimize import linprog

    rows = []
    for rate in rates:
        metric = known_metric(rate.metric)
        part, whole = np.array(metric.part), np.array(metric.whole)
        rows += [(rate.low - _SLACK) * whole - part, part - (rate.high + _SLACK) * whole]
    negatives = []
    for sign in (1, -1):
        ends = linprog(
            (0, 0, sign, sign), A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=[(1, 1, 0, 0)], b_eq=[1], method="highs"
        )
        if ends.status != 0 and sign > 0:
            return None
        negatives.append(math.inf if ends.status != 0 else abs(ends.fun))
    return None if negatives[1] <= 0 else (1 / (1 + negatives[1]), 1 / (1 + negatives[0]))


def _of_boxes(rates: Sequence[Rate], low: float, high: float) -> tuple[float, float] | None:
    """The ends of the prevalence between two shares, by halving boxes of sensitivity, specificity and prevalence."""
    import numpy as np

    if low > high + _SLACK:
        return None
    start = np.array([[0.0, 1.0], [0.0, 1.0], [min(low, high), high]])
    for index, name in enumerate(("sensitivity", "specificity")):
        for rate in rates:
            if rate.metric == name and rate.value is None:
                start[index] = max(start[index, 0], rate.low), min(start[index, 1], rate.high)
    start[:, 0] = np.minimum(start[:, 0], start[:, 1])
    widths = np.maximum(start[:, 1] - start[:, 0], 1e-6)
    boxes = _Boxes(start[:, :1], start[:, 1:])
    for _ in range(_ROUNDS):
        boxes = boxes.kept(np.logical_and.reduce([_overlaps(rate, boxes) for rate in rates]))
        if not boxes.low.size:
            return None
        if boxes.low.shape[1] > _MOST_BOXES:
            break
        boxes = boxes.halved(widths)
    return float(boxes.low[2].min()), float(boxes.high[2].max())


def _overlaps(rate: Rate, boxes: _Boxes) -> "np.ndarray":
    """Which boxes may hold a value of the rate."""
    low, high = _ends(rate, boxes)
    return (low <= rate.high + _SLACK) & (high >= rate.low - _SLACK)


def _ends(rate: Rate, boxes: _Boxes) -> "tuple[np.ndarray, np.ndarray]":
    """Bounds of a metric in each box, no tighter than they are."""
    if rate.value is None and rate.metric in ("kappa", "mcc"):
        return _agreement(rate.metric, boxes)
    value = rate.value if rate.value is not None else known_metric(rate.metric).value
    best, worst = _corner(value, boxes.high, boxes.low, boxes), _corner(value, boxes.low, boxes.high, boxes)
    rising = rate.value is not None or known_metric(rate.metric).rising
    return (worst, best) if rising else (best, worst)


def _corner(value: Value, right: "np.ndarray", opposite: "np.ndarray", boxes: _Boxes) -> "np.ndarray":
    """A metric at the corner of each box with the most right answers and the fewest wrong ones, or the reverse."""
    best = right is boxes.high
    more, fewer = (boxes.high[2], boxes.low[2]) if best else (boxes.low[2], boxes.high[2])
    tp, fn = more * right[0], fewer * (1 - right[0])
    fp, tn = (1 - more) * (1 - right[1]), (1 - fewer) * right[1]
    return value(tp, fn, fp, tn)


def _agreement(name: str, boxes: _Boxes) -> "tuple[np.ndarray, np.ndarray]":
    """Bounds of kappa and MCC, which may turn as the prevalence grows: by the ends of the parts of their formulas."""
    import numpy as np

    (s0, c0, p0), (s1, c1, p1) = boxes.low, boxes.high
    informed = s0 + c0 - 1, s1 + c1 - 1
    corners = [p * s + (1 - p) * (1 - c) for p in (p0, p1) for s in (s0, s1) for c in (c0, c1)]
    q0, q1 = np.min(corners, 0), np.max(corners, 0)
    spread, predicted = _of_share(p0, p1), _of_share(q0, q1)
    if name == "mcc":
        factor = (
            np.sqrt(spread[0] / np.maximum(predicted[1], 1e-300)),
            np.sqrt(spread[1] / np.maximum(predicted[0], 1e-300)),
        )
    else:
        chance = [p * (1 - q) + (1 - p) * q for p in (p0, p1) for q in (q0, q1)]
        least, most = np.min(chance, 0), np.max(chance, 0)
        factor = 2 * spread[0] / np.maximum(most, 1e-300), 2 * spread[1] / np.maximum(least, 1e-300)
    products = [a * b for a in informed for b in factor]
    return np.min(products, 0), np.max(products, 0)


def _of_share(low: "np.ndarray", high: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Lowest and highest x(1 − x) of x from low to high."""
    import numpy as np

    ends = np.stack([low * (1 - low), high * (1 - high)])
    return ends.min(0), np.where((low <= 0.5) & (high >= 0.5), 0.25, ends.max(0))
