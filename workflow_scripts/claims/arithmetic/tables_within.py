"""Tables of two classes within given rates, as strips: right answers of one class, an interval of the other's."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.rates import Rate, mirrored
from workflow_scripts.claims.arithmetic.two_class_metrics import OF_POSITIVES, ONE_IF_EMPTY, Value, known_metric
from workflow_scripts.claims.arithmetic.ways_of_writing import SLACK

if TYPE_CHECKING:
    import numpy as np

# Counts are whole numbers: what floating point leaves over of one is far less than this.
EDGE = 1e-9
# How many strips are held in memory at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Strips:
    """Tables in strips, an entry a strip: sizes of the two classes, right answers of the first one, fewest and most of
    the second one; exchanged: the first class is the negative one."""

    first: "np.ndarray"
    second: "np.ndarray"
    right: "np.ndarray"
    low: "np.ndarray"
    high: "np.ndarray"
    exchanged: bool = False

    @property
    def positives(self) -> "np.ndarray":
        """Size of the positive class in each strip."""
        return self.second if self.exchanged else self.first

    @property
    def negatives(self) -> "np.ndarray":
        """Size of the negative class in each strip."""
        return self.first if self.exchanged else self.second

    @property
    def number(self) -> int:
        """How many tables there are."""
        return int((self.high - self.low + 1).sum())

    def cells(self, right: "np.ndarray") -> "tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]":
        """tp, fn, fp, tn of the table of each strip in which so many of the second class are right."""
        tp, tn = (right, self.right) if self.exchanged else (self.right, right)
        return tp, self.positives - tp, self.negatives - tn, tn

    def kept(self, which: "np.ndarray") -> "Strips":
        """Those strips alone."""
        first, second, right = self.first[which], self.second[which], self.right[which]
        return Strips(first, second, right, self.low[which], self.high[which], self.exchanged)

    def example(self) -> tuple[int, int, int, int]:
        """tp, fn, fp, tn of a table in the middle; there must be one."""
        import numpy as np

        middle = self.kept(np.array([len(self.right) // 2]))
        tp, fn, fp, tn = (int(cell[0]) for cell in middle.cells(np.floor((middle.low + middle.high) / 2)))
        return tp, fn, fp, tn


def strips_within(
    rates: Sequence[Rate], positives: "np.ndarray | Sequence[int]", negatives: "np.ndarray | Sequence[int]", most: int
) -> Strips | None:
    """Every table with these class sizes in which all rates hold; None where there may be more than `most` strips.

    positives, negatives: of the same length, one pair of class sizes an entry. ValueError for a rate of no known
    metric. Strips begin with the class that has fewer possibilities.
    """
    import numpy as np

    opposite = mirrored(rates)
    positives, negatives = np.asarray(positives, float), np.asarray(negatives, float)
    low, high = _own_range(rates, positives)
    low_opposite, high_opposite = _own_range(opposite, negatives)
    keep = (low <= high) & (low_opposite <= high_opposite)
    positives, negatives = positives[keep], negatives[keep]
    widths, widths_opposite = (high - low + 1)[keep], (high_opposite - low_opposite + 1)[keep]
    if min(widths.sum(), widths_opposite.sum()) > most:
        return None
    if widths.sum() <= widths_opposite.sum():
        return _strips(rates, positives, negatives, low[keep], widths)
    return replace(_strips(opposite, negatives, positives, low_opposite[keep], widths_opposite), exchanged=True)


def _own_range(rates: Sequence[Rate], size: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Fewest and most right answers of the positive class that its own rates leave."""
    import numpy as np

    low, high = np.zeros(len(size)), size.astype(float)
    for rate in rates:
        if rate.metric not in OF_POSITIVES or rate.value is not None:
            continue
        ends = {
            "sensitivity": (rate.low * size, rate.high * size),
            "tp": (rate.low + 0 * size, rate.high + 0 * size),
            "fn": (size - rate.high, size - rate.low),
        }[rate.metric]
        low, high = np.maximum(low, np.ceil(ends[0] - EDGE)), np.minimum(high, np.floor(ends[1] + EDGE))
    return low, high


def _strips(
    rates: Sequence[Rate], first: "np.ndarray", second: "np.ndarray", fewest: "np.ndarray", widths: "np.ndarray"
) -> Strips:
    """Strips from so many right answers of the first class on, `widths` of each pair of sizes; in parts."""
    import numpy as np

    ends = np.cumsum(widths)
    parts = []
    start = 0
    while start < len(widths):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _AT_ONCE, "right")))
        index = np.repeat(np.arange(start, stop), widths[start:stop].astype(int))
        right = fewest[index] + np.arange(len(index)) - (ends[index] - widths[index] - done)
        size = second[index]
        parts.append(_narrowed(rates, Strips(first[index], size, right, np.zeros(len(right)), size)))
        start = stop
    return _joined(parts)


def _joined(parts: Sequence[Strips]) -> Strips:
    import numpy as np

    def all_of(name: str) -> "np.ndarray":
        return np.concatenate([np.zeros(0), *(getattr(part, name) for part in parts)])

    return Strips(all_of("first"), all_of("second"), all_of("right"), all_of("low"), all_of("high"))


def _narrowed(rates: Sequence[Rate], strips: Strips) -> Strips:
    """The strips within all rates: closed forms first, then, of what is left, those that must be sought."""
    for rate in sorted(rates, key=lambda rate: rate.value is not None):
        strips = _within(rate, strips)
    return _without_empty(strips, rates)


def _within(rate: Rate, strips: Strips) -> Strips:
    import numpy as np

    if rate.value is not None:
        return _sought(strips, rate, rate.value)
    if rate.metric in OF_POSITIVES:
        low, high = _own_range([rate], strips.first)
        return strips.kept((strips.right >= low) & (strips.right <= high))
    at_least, at_most = known_metric(rate.metric).between(
        rate.low, rate.high, strips.first, strips.second, strips.right
    )
    low = np.maximum(strips.low, np.ceil(at_least - EDGE))
    high = np.minimum(strips.high, np.floor(at_most + EDGE))
    return replace(strips, low=low, high=high).kept(low <= high)


def strips_of_any(
    choices: Sequence[Sequence[Rate]], positives: "np.ndarray | Sequence[int]", negatives: "np.ndarray | Sequence[int]"
) -> Strips:
    """Every table in which of each choice at least one rate holds; strips may share tables.

    choices: a printed number each, as it may be read; class sizes as for `strips_within`.
    """
    sure = [choice[0] for choice in choices if len(choice) == 1]
    strips = strips_within(sure, positives, negatives, sys.maxsize)
    assert strips is not None
    exchanged = strips.exchanged
    strips = replace(strips, exchanged=False)
    for choice in sorted((choice for choice in choices if len(choice) > 1), key=len):
        rates = mirrored(choice) if exchanged else choice
        strips = _distinct(_joined([_narrowed([rate], strips) for rate in rates]))
    return replace(strips, exchanged=exchanged)


def _distinct(strips: Strips) -> Strips:
    import numpy as np

    columns = np.stack([strips.first, strips.second, strips.right, strips.low, strips.high], -1)
    return Strips(*np.unique(columns, axis=0).T) if len(columns) else strips


def _without_empty(strips: Strips, rates: Sequence[Rate]) -> Strips:
    """The strips without tables in which a class is never predicted, unless what is 0/0 there may be 0, or 1."""
    never_first = (strips.right == 0) & (strips.high == strips.second)
    never_second = (strips.right == strips.first) & (strips.low == 0)
    if not (never_first.any() or never_second.any()):
        return strips
    high = strips.high - (never_first & ~_defined(strips, strips.high, rates))
    low = strips.low + (never_second & ~_defined(strips, strips.low, rates))
    return replace(strips, low=low, high=high).kept(low <= high)


def _defined(strips: Strips, right: "np.ndarray", rates: Sequence[Rate]) -> "np.ndarray":
    """In which of the tables all rates hold, 0/0 being 0 or 1."""
    import numpy as np

    cells = strips.cells(right)
    fits = np.ones(len(right), bool)
    for rate in rates:
        if rate.value is None:
            value = known_metric(rate.metric).value(*cells)
            fits &= _inside(value, rate) | ((value == 0) & (rate.metric in ONE_IF_EMPTY) & _inside(value + 1, rate))
    return fits


def _inside(value: "np.ndarray", rate: Rate) -> "np.ndarray":
    return (value >= rate.low - EDGE) & (value <= rate.high + EDGE)


def _sought(strips: Strips, rate: Rate, value: Value) -> Strips:
    """The part of each strip in which a metric that rises with the right answers lies in its rate, by bisection."""
    low = first_at_least(strips, value, rate.low - SLACK)
    high = first_at_least(strips, value, rate.high + SLACK) - 1
    return replace(strips, low=low, high=high).kept(low <= high)


def first_at_least(strips: Strips, value: Value, wanted: float) -> "np.ndarray":
    """The fewest right answers of the second class, in each strip, at which a rising metric has a value.

    One more than the strip has where it never does.
    """
    import numpy as np

    low, high = strips.low, strips.high + 1
    while (open_strips := low < high).any():
        half = np.floor((low + high) / 2)
        reached = value(*strips.cells(np.minimum(half, strips.high))) >= wanted
        low, high = np.where(open_strips & ~reached, half + 1, low), np.where(open_strips & reached, half, high)
    return low
