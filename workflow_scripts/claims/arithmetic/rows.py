"""Whether printed shares of two classes can come from one table of right and wrong answers: exact, without a search.

Class sizes being given, each metric rises or falls with the right answers of one class while those of the other are
fixed. So for each number of right answers of the class with fewer possibilities the other one lies in an interval, and
the intervals of all metrics have a whole number in common or they have none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.prevalence import implied_prevalence
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.tables_within import EDGE, Strips, first_at_least, strips_within
from workflow_scripts.claims.arithmetic.two_class_metrics import Value, known_metric

# Beyond this many numbers of right answers, over all class sizes that are tried, the search gives up.
MOST_STRIPS = 20_000_000


@dataclass(frozen=True)
class TwoClassTable:
    """Right and wrong answers of two classes."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def positives(self) -> int:
        """Samples of the positive class."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Samples of the negative class."""
        return self.fp + self.tn


@dataclass(frozen=True)
class RowSolution:
    """What is known of the tables that give all printed shares.

    fits: whether there is one; number: how many, None where class sizes are unknown; example: one of them, None where
    sizes are unknown; sizes: positives and negatives of those that fit, of every total that was tried; prevalence:
    lowest and highest share of positives, None where nothing fits; decided: False where the search gave up, and `fits`
    is then True.
    """

    fits: bool
    number: int | None = None
    example: TwoClassTable | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    prevalence: tuple[float, float] | None = None
    decided: bool = True


@dataclass(frozen=True)
class Suspect:
    """A metric without which the others fit: the lowest and highest value that it then has, the nearest to what is
    printed, and in how many tables; 0 where class sizes are unknown."""

    metric: str
    low: float
    high: float
    nearest: float
    tables: int = 0


def row_sets(
    rates: Sequence[Rate], positives: int | None = None, negatives: int | None = None, total: int | None = None
) -> RowSolution:
    """Whether one table of two classes gives all rates; sizes as far as they are known.

    With both class sizes, or one of them and the total, the answer is exact. With the total alone every division is
    tried. Without, shares of any two classes are tried (`implied_prevalence`), and of one known class size whether its
    own share is a whole number of it.
    """

    sizes = _sizes(positives, negatives, total)
    if sizes is None:
        of_one_class = _of_one_class(rates, positives, negatives)
        prevalence = implied_prevalence(rates) if of_one_class else None
        return RowSolution(prevalence is not None, prevalence=prevalence)
    strips = strips_within(rates, *sizes, MOST_STRIPS)
    return RowSolution(True, decided=False) if strips is None else _solution(strips)


def _sizes(positives: int | None, negatives: int | None, total: int | None) -> tuple[list[int], list[int]] | None:
    """Every pair of class sizes that is left open, as positives and negatives; None where there are too many."""
    if total is not None and positives is None and negatives is None:
        return list(range(1, total)), list(range(total - 1, 0, -1))
    if total is not None:
        positives = total - negatives if positives is None and negatives is not None else positives
        negatives = total - positives if negatives is None and positives is not None else negatives
    return None if positives is None or negatives is None else ([positives], [negatives])


def _of_one_class(rates: Sequence[Rate], positives: int | None, negatives: int | None) -> bool:
    """Whether the sensitivity is a whole number of the positives, or the specificity of the negatives."""
    for metric, size in (("sensitivity", positives), ("specificity", negatives)):
        for rate in rates:
            if size is not None and rate.metric == metric and not whole_numbers(rate, size):
                return False
    return True


def whole_numbers(rate: Rate, size: int) -> range:
    """Every k for which k/size lies in the rate."""
    return range(max(0, math.ceil(rate.low * size - EDGE)), min(size, math.floor(rate.high * size + EDGE)) + 1)


def _solution(strips: Strips) -> RowSolution:
    import numpy as np

    if not len(strips.right):
        return RowSolution(False, 0)
    p, n = strips.positives, strips.negatives
    share = p / (p + n)
    pairs = tuple(map(tuple, np.unique(np.stack([p, n], -1).astype(int), axis=0).tolist()))
    example = TwoClassTable(*strips.example())
    return RowSolution(True, strips.number, example, pairs, (float(share.min()), float(share.max())))


def suspects(
    rates: Sequence[Rate], positives: int | None = None, negatives: int | None = None, total: int | None = None
) -> tuple[Suspect, ...]:
    """The metrics without any one of which a table fits, and which values they would have; of rates that do not fit.

    Without class sizes the values are not computed: they are then the ends of the rate itself.
    """

    sizes = _sizes(positives, negatives, total)
    suspected = []
    for index, rate in enumerate(rates):
        rest = [*rates[:index], *rates[index + 1 :]]
        if sizes is None:
            if row_sets(rest, positives, negatives, total).fits:
                suspected.append(Suspect(rate.metric, rate.low, rate.high, (rate.low + rate.high) / 2))
            continue
        strips = strips_within(rest, *sizes, MOST_STRIPS)
        if strips is not None and len(strips.right):
            suspected.append(values_within(rate, strips))
    return tuple(suspected)


def values_within(rate: Rate, strips: Strips) -> Suspect:
    """Lowest and highest value of a metric in tables, of which there is one, and the one nearest to the middle of its
    rate."""
    import numpy as np

    value, rising = _value(rate)
    middle = (rate.low + rate.high) / 2
    # Of each strip the two neighbouring tables between which the middle of the rate lies.
    upper = first_at_least(strips, value if rising else lambda *cells: -value(*cells), middle if rising else -middle)
    near = [value(*strips.cells(np.clip(right, strips.low, strips.high))) for right in (upper - 1, upper)]
    ends = [value(*strips.cells(right)) for right in (strips.low, strips.high)]
    all_near = np.concatenate(near)
    nearest = all_near[np.abs(all_near - middle).argmin()]
    return Suspect(rate.metric, float(np.min(ends)), float(np.max(ends)), float(nearest), strips.number)


def _value(rate: Rate) -> tuple[Value, bool]:
    """How a metric follows from the four counts, and whether it rises with the right answers of both classes."""
    if rate.value is not None:
        return rate.value, True
    metric = known_metric(rate.metric)
    return metric.value, metric.rising
