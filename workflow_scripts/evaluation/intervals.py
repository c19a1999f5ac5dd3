"""95 % intervals: the one rule by which every number of the project gets its ends.

A number varies with the groups that were tested and with the trainings. The first part is the standard deviation over
the bootstrap draws of groups, widened where groups are few or uneven (evaluation/observed.py); the second is the spread
between training seeds, which one seed cannot show: its interval is that of the one training. Both make one standard
error, whose degrees of freedom are Satterthwaite's (Biometrics Bulletin 2:110, 1946).

- A share, or a mean of shares, has the interval of Clopper & Pearson (Biometrika 26:404, 1934) for as many independent
  observations as would have that standard error, fewer for the degrees of freedom (Korn & Graubard, Survey Methodology
  24:193, 1998). It stays inside [0, 1] and leans away from its ends.
- What is no share (kappa, losses, slopes, differences) has Student's interval, cut to the possible values.
- Where all draws and seeds agree, as of a perfect run, nothing shows a spread, and there is still no certainty: the
  interval is that of Clopper & Pearson for `Observed.size` observations. A share at an end of its range that some draws
  leave has this interval, or Student's where that is wider: no number of observations has its standard error.

tests/benchmarks/coverage.py measures how often these intervals hold the truth.
"""

from dataclasses import replace

import numpy as np

from workflow_scripts.evaluation.bootstrap import DEFINED, defined_mean
from workflow_scripts.evaluation.metric_registry import bounds, is_proportion
from workflow_scripts.evaluation.observed import Observed
from workflow_scripts.evaluation.uncertainty import Uncertain, training_error, trainings_of

LEVEL = 0.95
# Ends that are closer are one number: draws that agree differ by rounding.
SAME = 1e-9


def estimated(points: np.ndarray, draws: np.ndarray, behind: Observed) -> Uncertain:
    """The mean of a number with the standard errors of its parts.

    points: F×S values of folds and seeds, draws: F×S×D bootstrap replicates of them. A fold or seed in which the number
    is undefined does not count.
    """
    if np.isnan(points).any():
        by_seed = defined_mean(points, axis=0)
        by_training = by_seed[~np.isnan(by_seed)][None]
    else:
        by_training = points
    value = float(defined_mean(points.ravel(), axis=0))
    training = training_error(by_training) if by_training.size else None
    return Uncertain(
        value=value,
        sampling=_sampling(draws, behind),
        training=training,
        groups=behind.groups,
        trainings=trainings_of(by_training),
    )


def interval(points: np.ndarray, draws: np.ndarray, metric: str, behind: Observed) -> tuple[float, float]:
    """Ends of the 95 % interval of a metric's mean over folds and seeds; NaN where undefined.

    points: F×S values, draws: F×S×D bootstrap replicates of them, all of the same groups.
    """
    errors = estimated(points, draws, behind)
    if errors.sampling is None or np.isnan(errors.value):
        return np.nan, np.nan
    if errors.error < SAME:
        return exact(errors.value, metric, behind.size)
    if not is_proportion(metric):
        return _cut(errors, *bounds(metric))
    if SAME < errors.value < 1 - SAME:
        return share_interval(errors, behind.predictions)
    both = (exact(errors.value, metric, behind.size), _cut(errors, 0, 1))
    return min(low for low, _ in both), max(high for _, high in both)


def with_interval(points: np.ndarray, draws: np.ndarray, metric: str, behind: Observed) -> tuple[float, float, float]:
    """The mean over all folds and seeds with the ends of its interval; all NaN where one of them is undefined.

    points: F×S values, draws: F×S×D bootstrap replicates of them.
    """
    return _of_mean(points, interval(points, draws, metric, behind))


def student_interval(points: np.ndarray, draws: np.ndarray, behind: Observed) -> tuple[float, float]:
    """The same of what has no range of its own and is exact where all draws agree, such as a net benefit of nothing."""
    return estimated(points, draws, behind).interval(LEVEL)


def with_student_interval(points: np.ndarray, draws: np.ndarray, behind: Observed) -> tuple[float, float, float]:
    """The same with the ends of student_interval."""
    return _of_mean(points, student_interval(points, draws, behind))


def _of_mean(points: np.ndarray, ends: tuple[float, float]) -> tuple[float, float, float]:
    """An interval leaves out folds in which the number is undefined; a mean that is undefined for them has none."""
    mean = float(points.mean())
    return (mean, *ends) if not np.isnan(mean) else (np.nan, np.nan, np.nan)


def share_interval(errors: Uncertain, predictions: float) -> tuple[float, float]:
    """Ends of the interval of a share in (0, 1) with a standard error above 0; see the module's docstring."""
    from scipy.stats import t

    tail = 0.5 + LEVEL / 2
    # Draws of few errors may agree by luck: no share is known better than from as many independent predictions.
    size = min(errors.value * (1 - errors.value) / errors.error**2, predictions)
    ratio = float(t.ppf(tail, max(predictions - 1, 1)) / t.ppf(tail, errors.degrees_of_freedom))
    return clopper_pearson(errors.value, size * min(ratio, 1.0) ** 2)


def difference(points: np.ndarray, draws: np.ndarray, behind: Observed) -> Uncertain:
    """The mean of a difference of two runs on the same units, with the standard errors of its parts.

    Its sampling error is at least that of two units which only one run gets right, added to none: so much a handful of
    units that differ leaves unknown. NaN where a fold or seed has none, as the mean of either run is there.
    """
    errors = estimated(points, draws, behind)
    if np.isnan(points).any():
        return replace(errors, value=np.nan)
    if errors.sampling is None or errors.error < SAME:
        return errors
    rare = float(np.sqrt(2) / (behind.predictions / points.shape[1] + 4))
    return replace(errors, sampling=max(errors.sampling, rare))


def difference_interval(errors: Uncertain, metric: str, effective_size: float) -> tuple[float, float]:
    """Ends of the 95 % interval of what `difference` says.

    Where all draws agree, the half width is the upper end for a proportion of 0: so many units may be right in one run
    only without one of them having been seen. NaN of what has no highest value: nothing shows how far it may be off.
    """
    if errors.sampling is None or np.isnan(errors.value):
        return np.nan, np.nan
    lowest, highest = bounds(metric)
    width = highest - lowest
    if errors.error >= SAME:
        return _cut(errors, -width, width)
    if not np.isfinite(width):
        return np.nan, np.nan
    half = width * clopper_pearson(0.0, effective_size)[1]
    return max(errors.value - half, -width), min(errors.value + half, width)


def _sampling(draws: np.ndarray, behind: Observed) -> float | None:
    """Standard error over the draws; None of a single group, or where too few draws are defined."""
    means = defined_mean(draws.reshape(-1, draws.shape[-1]), axis=0)
    defined = means[~np.isnan(means)]
    if not np.isfinite(behind.widening) or len(defined) < max(DEFINED * len(means), 2):
        return None
    return float(defined.std(ddof=1) * np.sqrt(behind.widening))


def _cut(errors: Uncertain, lowest: float, highest: float) -> tuple[float, float]:
    """Student's interval, cut to the possible values."""
    low, high = np.clip(errors.interval(LEVEL), lowest, highest)
    return float(low), float(high)


def apart(first: Uncertain, second: Uncertain, sampling: float | None) -> Uncertain:
    """first - second of two numbers whose trainings are not the same; sampling: standard error over draws of both."""
    training = None
    if first.training is not None and second.training is not None:
        training = float(np.hypot(first.training, second.training))
    parts = [(errors.training or 0.0, errors.trainings - 1) for errors in (first, second)]
    below = sum(part**4 / count for part, count in parts if part)
    freedom = (training or 0.0) ** 4 / below if below else min(count for _, count in parts)
    return Uncertain(
        value=first.value - second.value,
        sampling=sampling,
        training=training,
        groups=min(first.groups, second.groups),
        trainings=int(freedom) + 1,
    )


def joined(
    values: tuple[float, float], own: list[tuple[float, float] | None], low: float, high: float
) -> tuple[float, float]:
    """Interval of values[0] - values[1] on different units, from its percentiles and each side's own interval.

    `own`: the interval of a side of which all draws agree, else None: the draws already hold its spread. The parts are
    joined as by Newcombe (Stat. Med. 17:873, 1998, method 10).
    """
    difference = values[0] - values[1]
    below = [value - ends[0] if ends else 0.0 for value, ends in zip(values, own, strict=True)]
    above = [ends[1] - value if ends else 0.0 for value, ends in zip(values, own, strict=True)]
    down = np.sqrt(max(difference - low, 0.0) ** 2 + below[0] ** 2 + above[1] ** 2)
    up = np.sqrt(max(high - difference, 0.0) ** 2 + above[0] ** 2 + below[1] ** 2)
    return float(difference - down), float(difference + up)


def exact(value: float, metric: str, effective_size: float) -> tuple[float, float]:
    """Clopper-Pearson interval of a metric of which all draws agree.

    Of what is no proportion, such as a loss or kappa, at the ends of its range only, else NaN; of F1, with
    J = F1 / (2 - F1) the proportion of right ones among all that are or are called so, the lower end is that of J,
    because a false alarm that was not seen may count for two classes, and the upper end follows from that of J.
    """
    lowest, highest = bounds(metric)
    if not np.isfinite(highest):
        return np.nan, np.nan
    fraction = (value - lowest) / (highest - lowest)
    if not is_proportion(metric) and SAME < fraction < 1 - SAME:
        return np.nan, np.nan
    if metric in ("f1", "macro_f1"):
        low, high = clopper_pearson(fraction / (2 - fraction), effective_size)
        return low, 2 * high / (1 + high)
    low, high = clopper_pearson(fraction, effective_size)
    return lowest + (highest - lowest) * low, lowest + (highest - lowest) * high


def clopper_pearson(fraction: float, size: float) -> tuple[float, float]:
    """Exact 95 % interval of a proportion in [0, 1] of `size` > 0 observations, which need not be whole."""
    from scipy.stats import beta

    hits, tail = min(max(fraction, 0.0), 1.0) * size, (1 - LEVEL) / 2
    low = 0.0 if hits < SAME else float(beta.ppf(tail, hits, size - hits + 1))
    high = 1.0 if size - hits < SAME else float(beta.ppf(1 - tail, hits + 1, size - hits))
    return low, high
