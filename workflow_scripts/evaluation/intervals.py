"""95 % intervals: percentiles of the bootstrap draws, and what takes their place where all draws agree.

A bootstrap draws errors only where there are some. Of a perfect run every draw is perfect, and so is a class of which
nothing was recognised: their percentiles have no width, however few samples there are. There the interval is the one
of Clopper & Pearson (Biometrika 26:404, 1934) for a proportion of `effective_sizes` independent observations.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import of_known_outcome
from workflow_scripts.evaluation.bootstrap import Resampler, group_names
from workflow_scripts.evaluation.metric_registry import bounds, is_proportion
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import Scores

LEVEL = 0.95
# Ends that are closer are one number: draws that agree differ by rounding.
SAME = 1e-9


def interval(
    resampler: Resampler, value: float, draws: np.ndarray, metric: str, effective_size: float
) -> tuple[float, float]:
    """Ends of the interval of `value`, a metric whose D bootstrap replicates are `draws`; NaN where undefined.

    `effective_size`: independent observations behind the metric, see `effective_sizes`.
    """
    if np.isnan(value):
        return np.nan, np.nan
    low, high = resampler.interval(draws, metric)
    return exact(value, metric, effective_size) if high - low < SAME else (low, high)


def difference_interval(
    resampler: Resampler, difference: float, draws: np.ndarray, metric: str, effective_size: float
) -> tuple[float, float]:
    """The same of a difference of two runs on the same units.

    Where all draws agree, the half width is the upper end for a proportion of 0: so many units may be right in one run
    only without one of them having been seen.
    """
    if np.isnan(difference):
        return np.nan, np.nan
    low, high = resampler.interval(draws)
    lowest, highest = bounds(metric)
    if not high - low < SAME or not np.isfinite(highest):
        return low, high
    width = highest - lowest
    half = width * clopper_pearson(0.0, effective_size)[1]
    return max(difference - half, -width), min(difference + half, width)


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


def effective_sizes(frames: Iterable[pd.DataFrame]) -> Scores[np.float64]:
    """Number of independent observations behind every metric, of units tables (contract UNITS) of folds and seeds.

    Observations are groups: images of one patient may share their fate, and so do the trainings that judge them; of
    patients who were lost nothing is observed. Sensitivity counts the groups with units of the class, specificity those
    with others, precision those with units called so, F1 those with either, AUC the smaller of the two sides (so many
    pairs share no group). A macro average of K classes has K times the smallest of them: errors that were not seen may
    all lie in that class, where they weigh 1/K. Of macro AUC half as many, because a unit counts for its own class and
    against another; of kappa 2 (1 - chance) times the groups, since it lies in [-1, 1] and an error costs
    1 / (1 - chance).
    """
    table = pd.concat(list(frames), ignore_index=True)
    table = table[of_known_outcome(table)]
    labels, p = arrays(table)
    groups, _ = pd.factorize(group_names(table))
    total, classes = int(groups.max()) + 1, p.shape[1]
    labelled, called = np.zeros((total, classes), dtype=bool), np.zeros((total, classes), dtype=bool)
    labelled[groups, labels] = True
    predicted = p.argmax(axis=1)
    called[groups, predicted] = True
    positive = labelled.sum(axis=0)
    negative = ((labelled.sum(axis=1, keepdims=True) - labelled) > 0).sum(axis=0)
    per_class = {
        "precision": called.sum(axis=0),
        "sensitivity": positive,
        "specificity": negative,
        "f1": (labelled | called).sum(axis=0),
        "auc": np.minimum(positive, negative),
    }
    present = positive > 0
    overall = {f"macro_{name}": present.sum() * sizes[present].min() for name, sizes in per_class.items()}
    overall["macro_auc"] = overall["pooled_macro_auc"] = overall["macro_auc"] / 2
    overall["balanced_accuracy"] = overall["macro_sensitivity"]
    fractions = [np.bincount(numbers, minlength=classes) / len(table) for numbers in (labels, predicted)]
    overall |= dict.fromkeys(("accuracy", "log_loss", "brier", "ece"), total)
    overall["kappa"] = 2 * total * (1 - float(fractions[0] @ fractions[1]))
    return Scores({name: np.float64(size) for name, size in overall.items()}, per_class)
