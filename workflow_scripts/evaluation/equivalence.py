"""The verdict on a printed number or order: one rule, pure functions, no files. docs/verdicts.md says it in words.

A number. The difference obtained minus published has an interval: from the lower end of the obtained number's 95 %
interval minus the largest number that is printed like the published one, to its upper end minus the smallest.
- holds: the whole interval lies within ± margin, which was declared beforehand (`evaluate.margin`);
- higher, lower: it does not, and lies above, or below, zero;
- cannot tell: all else, and whenever a part of the uncertainty is unknown: fewer than three seeds, or one group.
"Holds" is the two one-sided tests of Schuirmann (J. Pharmacokinet. Biopharm. 15:657, 1987), which at 5 % ask for the
90 % interval; here the 95 % one is asked for, the same that excludes the published number. That is stricter: it says
"holds" less often, never more often, and the simulations give no reason to be more lenient. What is counted exactly
(samples, sizes of weights) has no interval: it holds if it would be printed like the published number.

An order. Each lead of the subject over a rival has an interval. It holds if every lead is above zero with 95 %,
one-sided (an intersection-union test: Berger, Technometrics 24:295, 1982); it fails if some lead is below zero with
95 % over all rivals together (Bonferroni); cannot tell otherwise. The fraction of bootstrap draws in the order that is
printed decides nothing: of 23 equal runs one is the highest in one of 23 draws.

Of all these the paper's own chance is no part: its number counts as exact. docs/verdicts.md says how much that matters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.contracts.verdict_table import CANNOT_TELL, FAILS, HIGHER, HOLDS, LOWER
from workflow_scripts.evaluation.uncertainty import LEVEL, Uncertain

# How far out a draw is moved for few seeds or groups is told by the t distribution at this level.
SURE = 0.95
POWER = 0.8
ALPHA = 0.05
# Rounding of floating point is no difference.
SLACK = 1e-9


@dataclass(frozen=True)
class Printed:
    """All numbers that would be printed like the published one, from low to high."""

    low: float
    high: float


def decide(printed: Printed, low: float, high: float, margin: float) -> str:
    """holds, higher, lower or cannot tell of the obtained number's interval; see the module's docstring.

    All in the same unit; NaN (no interval): cannot tell.
    """
    if math.isnan(low) or math.isnan(high):
        return CANNOT_TELL
    if low - printed.high >= -margin - SLACK and high - printed.low <= margin + SLACK:
        return HOLDS
    if low > printed.high + SLACK:
        return HIGHER
    return LOWER if high < printed.low - SLACK else CANNOT_TELL


def decide_counted(printed: Printed, value: float) -> str:
    """holds, higher or lower of a number that is counted exactly: would it be printed like the published one?"""
    if value > printed.high + SLACK:
        return HIGHER
    return LOWER if value < printed.low - SLACK else HOLDS


def verdict(printed: Printed, obtained: Uncertain, margin: float) -> str:
    """The verdict on a number; where a part of the uncertainty is unknown, cannot tell."""
    return decide(printed, *obtained.interval(), margin) if obtained.is_known else CANNOT_TELL


@dataclass(frozen=True)
class Needed:
    """What would decide, were the value to stay: units instead of n, seeds instead of S; None: cannot be reached so.

    both: units and seeds together, each taking half of what uncertainty is allowed. Empty of all three: no number of
    samples decides, the number is printed too coarsely for the margin.
    """

    units: int | None = None
    seeds: int | None = None
    both: tuple[int, int] | None = None


def needed(printed: Printed, obtained: Uncertain, margin: float, n: int, seeds: int) -> Needed:
    """How many units, or training seeds, in all it would take to tell, from the two standard errors.

    The easier of two aims: an interval within the margin, or one that excludes the published number. Each part of the
    variance falls with its own number; quantile of the normal distribution.
    """
    from scipy.stats import norm

    within = margin - max(obtained.value - printed.low, printed.high - obtained.value)
    outside = max(obtained.value - printed.high, printed.low - obtained.value)
    half = max(within, outside)
    if half <= SLACK or not obtained.is_known:
        return Needed()
    assert obtained.sampling is not None and obtained.training is not None  # of what is known
    allowed = (half / float(norm.ppf(0.5 + LEVEL / 2))) ** 2
    sampling, training = obtained.sampling**2, obtained.training**2
    if training < allowed:
        return Needed(units=max(math.ceil(n * sampling / (allowed - training)), n + 1))
    if sampling < allowed:
        return Needed(seeds=max(math.ceil(seeds * training / (allowed - sampling)), seeds + 1))
    return Needed(both=(math.ceil(2 * n * sampling / allowed), math.ceil(2 * seeds * training / allowed)))


def fraction_in_order(leads: list[np.ndarray], parts: list[Uncertain], above: int, strict: bool) -> float:
    """Share of draws in which the subject is above its rivals, all but `above` of them; shown, it decides nothing.

    leads: for each rival D draws of subject minus rival, all of the same groups and seeds; parts: the same differences
    with their uncertainty: few seeds or groups move the draws outwards, as their t distribution does. strict: as high
    as a rival is not above it. NaN where no draw is defined.
    """
    by_rival = []
    for draws, part in zip(leads, parts, strict=True):
        moved = part.value + part.t_to_normal_ratio(SURE) * (draws - part.value)
        by_rival.append(np.where(np.isnan(draws), np.nan, (moved > SLACK) if strict else (moved >= -SLACK)))
    ahead = np.array(by_rival)
    ahead = ahead[:, ~np.isnan(ahead).any(axis=0)]
    return float((ahead.sum(axis=0) == len(leads) - above).mean()) if ahead.shape[1] else np.nan


def order_verdict(leads: list[Uncertain], above: int, strict: bool) -> str:
    """holds, fails or cannot tell of an order; see the module's docstring.

    leads: subject minus each rival; above: how many rivals are said to be above the subject, none or one; strict: as
    high as a rival is not above it. Where a part of a lead's uncertainty is unknown, cannot tell.
    """
    if not leads or any(math.isnan(lead.value) or not lead.is_known for lead in leads):
        return CANNOT_TELL
    # "Second" can be wrong at either end, each of which gets half.
    alpha = ALPHA / (1 + above)
    behind = [_end(lead, alpha / len(leads)) < -SLACK for lead in leads]
    level = SLACK if strict else -SLACK
    if above == 0:
        if any(behind):
            return FAILS
        return HOLDS if all(-_end(_turned(lead), ALPHA) > level for lead in leads) else CANNOT_TELL
    ahead = [-_end(_turned(lead), ALPHA) > level for lead in leads]
    first = all(-_end(_turned(lead), alpha) > level for lead in leads)
    if sum(behind) > above or first:
        return FAILS
    certainly_behind = [_end(lead, ALPHA) < -SLACK for lead in leads]
    split = sum(certainly_behind) == above and sum(ahead) == len(leads) - above
    return HOLDS if split else CANNOT_TELL


def _end(lead: Uncertain, alpha: float) -> float:
    """The one-sided upper end of a lead: it lies above that with `alpha` only."""
    from scipy.stats import t

    return lead.value + float(t.ppf(1 - alpha, lead.degrees_of_freedom)) * lead.error


def _turned(lead: Uncertain) -> Uncertain:
    return replace(lead, value=-lead.value)


def detectable_paired(discordant: float, n: int) -> float:
    """Smallest difference of two accuracies on the same n units that a test finds; as fractions.

    With 80 % power at 5 %, two-sided, where `discordant` of the units are right in one of both only (Connor, Biometrics
    43:207, 1987). At most the discordance itself.
    """
    a, b = _quantiles()
    return _smallest(lambda d: (a * math.sqrt(discordant) + b * math.sqrt(discordant - d * d)) / d, n, discordant)


def detectable_unpaired(accuracy: float, n: int) -> float:
    """The same of two accuracies about which no more is known than one of them, as if on n units each.

    Two proportions with the normal approximation (Fleiss, Statistical Methods for Rates and Proportions, 1981, ch. 3);
    for pairs that agree more than by chance an upper bound. The other accuracy lies towards one half.
    """
    a, b = _quantiles()
    sign = -1 if accuracy >= 0.5 else 1

    def root(d: float) -> float:
        second = accuracy + sign * d
        mean = (accuracy + second) / 2
        return (
            a * math.sqrt(2 * mean * (1 - mean)) + b * math.sqrt(accuracy * (1 - accuracy) + second * (1 - second))
        ) / d

    return _smallest(root, n, accuracy if sign < 0 else 1 - accuracy)


def _quantiles() -> tuple[float, float]:
    from scipy.stats import norm

    return float(norm.ppf(1 - ALPHA / 2)), float(norm.ppf(POWER))


def _smallest(root: Callable[[float], float], n: int, largest: float) -> float:
    """The difference in (0, largest] at which the falling √n of `root` comes down to the n there are."""
    low, high = 1e-9, largest
    if high <= low or root(high) ** 2 > n:
        return largest
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if root(middle) ** 2 <= n else (middle, high)
    return high
