"""Medians over folds of a handful of samples: what they still have to be.

Each metric has its median in another fold, so that no sum or ratio of metrics need hold. But a share of a class is the
number of one fold, or the mean of two: a fraction of few samples. And more than half of the folds lie on either side of
a median, so that two of them meet in one fold at least: an F is at most 2p/(1 + p) there. With an even number of folds
the numbers of that fold lie within 2F - 1 and 2p.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from workflow_scripts.claims.tables.f_score import FScore
from workflow_scripts.claims.tables.printed_entries import Cell, ReadTable
from workflow_scripts.claims.tables.table_words import UNSAID

if TYPE_CHECKING:
    import numpy as np

MEDIANS = "the numbers are medians over folds of few samples each"
# Samples of a fold beyond which a median is near to the mean, and samples in all of which ten folds are so.
_HANDFUL, _SMALL = 30, 300
# Computed in floating point.
_SLACK = 1e-9
_OF_A_CLASS = ("sensitivity", "specificity", "accuracy", "false_negative_rate", "false_positive_rate", "error_rate")


def may_be_medians(table: ReadTable, cells: Sequence[Cell], total: int | None) -> bool:
    """Whether numbers of which nothing is said may be medians over small folds; total: samples, None where unknown.

    Of many samples in all a single class may have few in a fold. Where no number of samples is known, a share of 0 or 1
    must say that they are few: nearly any number of two or three digits is a fraction of some.
    """
    if table.aggregate != UNSAID or (total is not None and total > _SMALL and not table.class_key):
        return False
    if total is None and not any(cell.number in (0, 1) for cell in cells):
        return False
    return all(_of_few(cell) for cell in cells if cell.metric in _OF_A_CLASS)


def f_may_be_median(score: FScore) -> bool:
    """Whether an F score may be a median over folds of which precision and recall have the medians printed here."""
    low = 2 * score.score.span()[0] - 1
    highest = [min(1.0, 2 * end) for end in score.ends()[1]]
    return low <= min(score.of(highest[0], 1.0), score.of(1.0, highest[1]))


def _of_few(cell: Cell) -> bool:
    """Whether a share may be that of a class in one small fold, or the mean of two whose classes differ by a sample."""
    import numpy as np

    low, high = cell.span()
    shares = _shares_of_few()
    return bool(np.searchsorted(shares, low - _SLACK) < np.searchsorted(shares, high + _SLACK))


@cache
def _shares_of_few() -> "np.ndarray":
    """All shares of at most a handful of samples, and the means of two of them, in ascending order."""
    import numpy as np

    shares = [np.arange(size + 1) / size for size in range(1, _HANDFUL + 1)]
    pairs = [*pairwise(shares), *zip(shares, shares, strict=True)]
    means = [np.add.outer(first, second).ravel() / 2 for first, second in pairs]
    return np.unique(np.concatenate([*shares, *means]))
