"""Class sizes that all rows of a table can have in common, where they are printed nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.prevalence import implied_prevalence
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.tables_within import EDGE, strips_within

if TYPE_CHECKING:
    import numpy as np

# Totals beyond this many samples are not tried where no total is given.
LARGEST_TOTAL = 2_000
# Strips of tables of one row, over all pairs of class sizes, that are tried at most.
_MOST_STRIPS = 10_000_000


@dataclass(frozen=True)
class JointSizes:
    """possible: positives and negatives that every row fits, by rising total; decided: False where the search gave up
    and `possible` says nothing; largest: the largest total that was tried."""

    possible: tuple[tuple[int, int], ...]
    decided: bool
    largest: int


def joint_sizes(
    rows: Sequence[Sequence[Rate]],
    total: int | None = None,
    positives: int | None = None,
    largest: int = LARGEST_TOTAL,
) -> JointSizes:
    """Every pair of class sizes with which each row has a table of its own; rows of the same samples.

    total, positives: where they are printed. Without a total all up to `largest` are tried: of the pairs that fit, the
    smallest says most, since multiples of it fit as well. Nothing is decided where too many pairs would have to be
    tried.
    """
    import numpy as np

    largest = total if total is not None else largest
    positive_sizes, negative_sizes = _pairs(rows, total, positives, largest)
    # Rows that say most first: the others then have less to try.
    for row in sorted(rows, key=lambda row: -len(row)):
        strips = strips_within(row, positive_sizes, negative_sizes, _MOST_STRIPS)
        if strips is None:
            return JointSizes((), False, largest)
        fitting = np.unique(np.stack([strips.positives, strips.negatives], -1).astype(int), axis=0)
        positive_sizes, negative_sizes = fitting[:, 0], fitting[:, 1]
    pairs = zip(positive_sizes.tolist(), negative_sizes.tolist(), strict=True)
    return JointSizes(tuple(sorted(pairs, key=lambda pair: (sum(pair), pair))), True, largest)


def _pairs(
    rows: Sequence[Sequence[Rate]], total: int | None, positives: int | None, largest: int
) -> "tuple[np.ndarray, np.ndarray]":
    """Class sizes of which sensitivities, specificities and accuracies are shares of whole numbers."""
    import numpy as np

    low, high = _prevalence(rows)
    sizes, totals = np.arange(1, largest), np.arange(2 * largest)
    of_positives = sizes[_whole(rows, "sensitivity", sizes) & ((sizes == positives) | (positives is None))]
    of_negatives = sizes[_whole(rows, "specificity", sizes)]
    allowed = _whole(rows, "accuracy", totals) & ((totals == total) if total else (totals <= largest))
    p, n = of_positives[:, None], of_negatives[None, :]
    share = p / (p + n)
    possible = allowed[p + n] & (share >= low - EDGE) & (share <= high + EDGE)
    row, column = possible.nonzero()
    return of_positives[row], of_negatives[column]


def _prevalence(rows: Sequence[Sequence[Rate]]) -> tuple[float, float]:
    """Lowest and highest share of positives that all rows leave; the lowest above the highest where they leave none."""
    low, high = 0.0, 1.0
    for row in rows:
        implied = implied_prevalence(row)
        if implied is None:
            return 1.0, 0.0
        low, high = max(low, implied[0]), min(high, implied[1])
    return low, high


def _whole(rows: Sequence[Sequence[Rate]], metric: str, sizes: "np.ndarray") -> "np.ndarray":
    """Which sizes have, for every rate of the metric, a whole number that is such a share of them."""
    import numpy as np

    rates = [rate for row in rows for rate in row if rate.metric == metric and rate.value is None]
    whole = np.ones(len(sizes), bool)
    for rate in rates:
        whole &= np.ceil(rate.low * sizes - EDGE) <= np.floor(rate.high * sizes + EDGE)
    return whole


def smallest_total(rates: Sequence[Rate], largest: int = LARGEST_TOTAL) -> tuple[int, int] | None:
    """Positives and negatives of the smallest total with which one table gives all rates; None up to `largest`."""
    tried = 50
    while True:
        tried = min(tried, largest)
        sizes = joint_sizes([rates], largest=tried)
        if not sizes.decided:
            return None
        if sizes.possible or tried == largest:
            return sizes.possible[0] if sizes.possible else None
        tried *= 2
