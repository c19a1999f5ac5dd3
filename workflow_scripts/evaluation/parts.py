"""Estimates on a part of the units (those of one source, of one subgroup), and their rows in metrics.csv."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.evaluation.bootstrap import Resampler, once
from workflow_scripts.evaluation.estimates import ALL, Estimate
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metric_tables import Key

# Units of the part (N rows) and how often each was drawn (N×D) → metric → D values, NaN where undefined.
Measure = Callable[[pd.DataFrame, np.ndarray], dict[str, np.ndarray]]
# Units of the part, of all folds and seeds → metric → independent observations behind it.
Sizes = Callable[[pd.DataFrame], dict[str, float]]


def on_part(
    frames: dict[Key, pd.DataFrame], ids: pd.Index, measure: Measure, sizes: Sizes, resampler: Resampler
) -> dict[str, Estimate]:
    """Metric → mean of a measure over folds and seeds on the units `ids`, with its interval; undefined ones left out.

    n is the number of these units, over all folds. A fold or seed in which a metric is undefined does not count.
    """
    folds, seeds = sorted({fold for fold, _ in frames}), sorted({seed for _, seed in frames})
    values: dict[str, list[float]] = {}
    draws: dict[str, list[np.ndarray]] = {}
    parts = []
    n = 0
    for fold in folds:
        for seed in seeds:
            part = frames[fold, seed]
            part = part[part["id"].isin(ids).to_numpy()]
            parts.append(part)
            n += len(part) if seed == seeds[0] else 0
            for metric, found in measure(part, once(len(part))).items():
                values.setdefault(metric, []).append(found[0])
            for metric, found in measure(part, resampler.weights(part)).items():
                draws.setdefault(metric, []).append(found)
    shape = (len(folds), len(seeds), resampler.draws)
    means = {metric: float(np.nanmean(points)) for metric, points in values.items() if not np.isnan(points).all()}
    if not means:
        return {}
    behind = sizes(pd.concat(parts, ignore_index=True))
    pooled = {metric: resampler.pool(np.array(draws[metric]).reshape(shape)) for metric in means}
    return {
        metric: Estimate(mean, *interval(resampler, mean, pooled[metric], metric, behind[metric]), n)
        for metric, mean in means.items()
    }


def rows(found: dict[str, dict[str, dict[str, Estimate]]], protocol: str, run: str, level: str) -> pd.DataFrame:
    """Tidy table (contract METRICS) of {subset: {part: {metric: estimate}}}; the part's name in column class."""
    lines = [
        (protocol, run, ALL, ALL, subset, level, part, metric, e.value, e.low, e.high, e.n)
        for subset, parts in found.items()
        for part, metrics in parts.items()
        for metric, e in metrics.items()
    ]
    return pd.DataFrame(lines, columns=list(METRICS.columns))
