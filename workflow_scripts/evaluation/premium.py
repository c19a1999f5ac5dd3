"""The leak premium: what a run seems to gain where test samples have relatives among the training samples."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.bootstrap import Resampler, once, replicates_of
from workflow_scripts.evaluation.intervals import SAME, difference_interval, effective_sizes, exact, joined
from workflow_scripts.evaluation.metric_tables import Key, arrays, subset_of
from workflow_scripts.runtime.errors import UserError


@dataclass(frozen=True)
class Premium:
    """Published minus leak-free protocol: values of both, their difference and its 95 % interval (NaN: undefined)."""

    metric: str
    published: float
    leak_free: float
    difference: float
    low: float
    high: float
    n_published: int
    n_leak_free: int
    seeds: int


def leak_premium(
    published: dict[Key, pd.DataFrame],
    leak_free: dict[Key, pd.DataFrame],
    metric: str,
    draws: int,
    rng: np.random.Generator,
) -> Premium:
    """The premium of one run in `metric` (accuracy, balanced_accuracy, macro_f1, macro_auc) on the test subset.

    Both arguments map (fold, seed) to units.csv tables, with the same training seeds, else UserError; values are means
    over folds and seeds. The interval covers the sampling of both test sets (groups that are in both are drawn
    together, so that what the sets share cancels) and, with several seeds, training. A side of which all draws agree,
    as of a perfect run, brings the uncertainty of its own exact interval.
    """
    protocols = [subset_of(published, "test"), subset_of(leak_free, "test")]
    seeds = [sorted({seed for _, seed in frames}) for frames in protocols]
    if seeds[0] != seeds[1]:
        raise UserError(f"the leak premium needs the same training seeds under both protocols; {seeds[0]}, {seeds[1]}")
    resampler = Resampler([frame for frames in protocols for frame in frames.values()], draws, rng)
    values, pooled, sizes, effective = [], [], [], []
    for frames in protocols:
        folds = sorted({fold for fold, _ in frames})
        found, drawn = np.empty((len(folds), len(seeds[0]))), np.empty((len(folds), len(seeds[0]), draws))
        for f, fold in enumerate(folds):
            for s, seed in enumerate(seeds[0]):
                labels, p = arrays(frames[fold, seed])
                found[f, s] = replicates_of(metric, labels, p, once(len(labels)))[0]
                drawn[f, s] = replicates_of(metric, labels, p, resampler.weights(frames[fold, seed]))
        values.append(float(found.mean()))
        pooled.append(resampler.pool(drawn))
        sizes.append(sum(len(frames[fold, seeds[0][0]]) for fold in folds))
        effective.append(effective_sizes(frames.values()).overall[metric])
    difference = values[0] - values[1]
    low, high = difference_interval(resampler, difference, pooled[0] - pooled[1], metric, min(effective))
    own = [
        exact(value, metric, size) if np.ptp(draws) < SAME else None
        for value, draws, size in zip(values, pooled, effective, strict=True)
    ]
    if any(own):
        low, high = joined(values, own, *resampler.interval(pooled[0] - pooled[1]))
    return Premium(metric, *values, difference, low, high, *sizes, len(seeds[0]))
