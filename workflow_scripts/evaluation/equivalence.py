"""The verdict on a printed number: one rule, pure functions, no files. docs/explanation/verdicts.md says it in words.

The published number is one draw, as the obtained one is: of the paper's test set, and of its trainings. The difference
obtained minus published has an interval that covers all four: samples and trainings here, samples and trainings there;
rounding is added at both ends.
- reproduced within margin: the whole interval lies within ± margin, which was declared beforehand (`evaluate.margins`);
- higher, lower: it does not, and lies above, or below, zero;
- cannot tell: all else, and whenever a part of the uncertainty is unknown: fewer than three seeds (of several folds
  two do), or than ten groups;
  of a share within a point of 0 or 1, higher and lower take five trainings, see Difference.is_at_the_edge.
"Reproduced" is the two one-sided tests of Schuirmann (J. Pharmacokinet. Biopharm. 15:657, 1987), which at 5 % ask for
the 90 % interval; here the 95 % one is asked for, the same that excludes zero. That is stricter: it is said less often,
never more often. What is counted exactly (samples, sizes of weights) has no interval: it holds if it would be printed
like the published number.

Where the very same test images are judged, what their sampling does is done to both numbers and cancels.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.contracts.verdict_table import AGAINST, CANNOT_TELL, HIGHER, HOLDS, LOWER, REPRODUCED
from workflow_scripts.evaluation.paper_chance import PaperChance
from workflow_scripts.evaluation.uncertainty import LEVEL, Uncertain

# Rounding of floating point is no difference.
SLACK = 1e-9
# So near to 0 or 1 trainings spread to one side; of fewer than so many none may show how far the rare one falls.
EDGE, FEWEST_AT_THE_EDGE = 0.01, 5


@dataclass(frozen=True)
class Printed:
    """All numbers that would be printed like the published one, from low to high."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Difference:
    """Obtained minus published: all numbers that are printed like it, and the chance of both sides, in one unit."""

    obtained: Uncertain
    printed: Printed
    paper: PaperChance

    @property
    def uncertain(self) -> Uncertain:
        """The difference to the middle of the printed numbers, with the errors of both sides joined.

        Both sampling parts follow from the same draws, and both training parts from the same seeds: they share their
        degrees of freedom.
        """
        sampling = 0.0 if self.paper.same_images else _joined(self.obtained.sampling, self.paper.sampling)
        training = _joined(self.obtained.training, self.paper.training)
        value = self.obtained.value - self.printed.middle
        return replace(self.obtained, value=value, sampling=sampling, training=training)

    @property
    def is_at_the_edge(self) -> bool:
        """Whether it is a share so near to 0 or 1 that too few trainings show how they spread.

        Most trainings then end at the edge and a few far from it: the paper's one may be such a one.
        """
        value = self.obtained.value
        near = self.paper.is_share and min(value, 1 - value) < EDGE
        return near and self.obtained.trainings < FEWEST_AT_THE_EDGE

    def interval(self) -> tuple[float, float]:
        """The 95 % interval, rounding included, of the parts that are known; NaN where the sampling is not."""
        low, high = self.uncertain.interval()
        rounding = (self.printed.high - self.printed.low) / 2
        return low - rounding, high + rounding

    @property
    def p_value(self) -> float:
        """Two-sided p of no difference but by rounding, from the t distribution; 1 where a part is unknown."""
        from scipy.stats import t

        joined = self.uncertain
        if not joined.is_known or self.is_at_the_edge or math.isnan(joined.value):
            return 1.0
        beyond = abs(joined.value) - (self.printed.high - self.printed.low) / 2
        if beyond <= SLACK:
            return 1.0
        if not joined.error:
            return 0.0
        return float(2 * t.sf(beyond / joined.error, joined.degrees_of_freedom))


def _joined(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else float(np.hypot(first, second))


def decide(low: float, high: float, margin: float) -> str:
    """reproduced, higher, lower or cannot tell, of the interval of obtained minus published; see the module.

    All in the same unit; NaN (no interval): cannot tell.
    """
    if math.isnan(low) or math.isnan(high):
        return CANNOT_TELL
    if low >= -margin - SLACK and high <= margin + SLACK:
        return REPRODUCED
    if low > SLACK:
        return HIGHER
    return LOWER if high < -SLACK else CANNOT_TELL


def decide_counted(printed: Printed, value: float) -> str:
    """holds, higher or lower of a number that is counted exactly: would it be printed like the published one?"""
    if value > printed.high + SLACK:
        return HIGHER
    return LOWER if value < printed.low - SLACK else HOLDS


def verdict(difference: Difference, margin: float) -> str:
    """The verdict on a number; where a part of the uncertainty is unknown, cannot tell."""
    if not difference.uncertain.is_known:
        return CANNOT_TELL
    decided = decide(*difference.interval(), margin)
    return CANNOT_TELL if decided in AGAINST and difference.is_at_the_edge else decided


@dataclass(frozen=True)
class Needed:
    """What would decide, were the value to stay: seeds instead of S, units instead of n; None: cannot be reached so.

    both: units and seeds together, each taking half of what uncertainty is allowed. paper_units: the paper's own
    samples are too few whatever is done here, so many times as many would do; paper_trainings: they would do, but not
    with the trainings that its number is the mean of. Empty of all: it is printed too coarsely for the margin.
    """

    units: int | None = None
    seeds: int | None = None
    both: tuple[int, int] | None = None
    paper_units: float | None = None
    paper_trainings: bool = False


def needed(difference: Difference, margin: float, n: int, seeds: int) -> Needed:
    """How many training seeds, or units, in all it would take to tell, from the standard errors.

    The easier of two aims: an interval within the margin, or one that excludes zero. Each part of the variance here
    falls with its own number, the paper's stays; quantile of the normal distribution. Seeds are asked for before units.
    """
    from scipy.stats import norm

    joined, paper = difference.uncertain, difference.paper
    rounding = (difference.printed.high - difference.printed.low) / 2
    half = max(margin - abs(joined.value) - rounding, abs(joined.value) - rounding)
    if half <= SLACK or not joined.is_known or difference.is_at_the_edge:
        return Needed()
    own = difference.obtained
    assert own.training is not None and paper.sampling is not None and paper.training is not None  # of what is known
    allowed = (half / float(norm.ppf(0.5 + LEVEL / 2))) ** 2
    if paper.sampling**2 >= allowed:
        return Needed(paper_units=paper.sampling**2 / allowed)
    allowed -= paper.sampling**2 + paper.training**2
    if allowed <= 0:
        return Needed(paper_trainings=True)
    sampling = 0.0 if paper.same_images else (own.sampling or 0.0) ** 2
    training = own.training**2
    if sampling < allowed:
        return Needed(seeds=max(math.ceil(seeds * training / (allowed - sampling)), seeds + 1))
    if training < allowed:
        return Needed(units=max(math.ceil(n * sampling / (allowed - training)), n + 1))
    return Needed(both=(math.ceil(2 * n * sampling / allowed), math.ceil(2 * seeds * training / allowed)))
