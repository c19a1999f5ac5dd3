"""Readings of numbers that no single training gives: means of several trainings, and of folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from workflow_scripts.claims.arithmetic.means_of_tables import mean_of_tables
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.rows import row_sets
from workflow_scripts.claims.arithmetic.ways_of_writing import ANY
from workflow_scripts.claims.printed import numerators
from workflow_scripts.claims.readings import rates, readings
from workflow_scripts.claims.tables.table_words import number_in_words
from workflow_scripts.contracts.claims import Claim

# Of more trainings than these a mean may be nearly any number.
MOST_TRAININGS = 10
# The least by which medians, or folds of uneven make-up, may miss what one table gives.
_LEAST_SPREAD = 0.05
# Means keep every linear relation; medians, and means over folds of uneven make-up, need not.
MEANS = "the numbers are means of several trainings or folds"
MEDIANS = "the numbers are medians of several trainings or folds, or means over folds of uneven make-up"


@dataclass(frozen=True)
class Together:
    """Numbers that are printed together, with the two classes that they rest on: name → size."""

    claims: tuple[Claim, ...]
    way: dict[str, int]


def is_open(claims: Sequence[Claim]) -> bool:
    """Whether the paper leaves open that some of these numbers are means or medians of several trainings."""
    return any("one_training" not in claim.stated for claim in claims)


def smallest_number(claim: Claim, totals: Sequence[int]) -> int | None:
    """The fewest trainings, two to MOST_TRAININGS, whose mean can be printed so; None where no number of them can.

    totals: how many samples the number may rest on.
    """
    for trainings, n in product(range(2, MOST_TRAININGS + 1), totals):
        if numerators(claim, trainings * n, ANY):
            return trainings
    return None


def in_words(trainings: int | None) -> str:
    """The reading by which a number is a mean of at least so many trainings, completing "fits only if …"."""
    if trainings is None:
        return (
            f"it is a mean of more than {number_in_words(MOST_TRAININGS)} trainings, or over folds of different sizes"
        )
    return f"it is a mean of {number_in_words(trainings)} or more trainings, or over folds"


def spread_of(samples: int) -> float:
    """By how much medians, or means over uneven folds, may miss one training; samples: of the smallest class.

    A twentieth, or the error of a fold of a tenth of them.
    """
    return max(_LEAST_SPREAD, 1 / math.sqrt(max(samples / 10, 1)))


def of_several(together: Together) -> str:
    """The reading by which all numbers are means, or medians, of several trainings or folds; empty where there is none.

    Means over trainings on the same samples, or over folds with as many of each class, are tried by linear programming;
    medians, and folds of uneven make-up, may miss a table by `spread_of` the smaller class.
    """
    names, (positives, negatives) = list(together.way), together.way.values()
    for reading in readings(together.claims, names):
        for chosen in product(*(rates(claim, reading, names, together.claims) for claim in together.claims)):
            if mean_of_tables(chosen, positives, negatives):
                means = f", and {reading.words}" if reading.words and not reading.plain else ""
                return f"{MEANS}{means}"
    spread = spread_of(min(positives, negatives))
    for reading in readings(together.claims, names):
        for chosen in product(*(rates(claim, reading, names, together.claims) for claim in together.claims)):
            wider = [Rate(rate.metric, rate.low - spread, rate.high + spread, rate.value) for rate in chosen]
            if row_sets(wider, positives, negatives).fits:
                return MEDIANS
    return ""
