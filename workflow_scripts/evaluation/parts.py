"""Estimates on a part of the units (those of one source, of one subgroup), and their rows in metrics.csv."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import ALL, METRICS
from workflow_scripts.evaluation.bootstrap import Resampler, taken_once
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.observed import Observed

# Units of the part (N rows) and how often each was drawn, times its weight (N×D) → metric → D values, NaN: undefined.
Measure = Callable[[pd.DataFrame, np.ndarray], dict[str, np.ndarray]]
# Units of the part, of all folds and seeds → metric → what stands behind it.
Behind = Callable[[pd.DataFrame], dict[str, Observed]]


def on_part(grid: Grid, ids: pd.Index, measure: Measure, behind: Behind, resampler: Resampler) -> dict[str, Estimate]:
    """Metric → mean of a measure over folds and seeds on the units `ids`, with its interval; undefined ones left out.

    n is the number of these units, over all folds. A fold or seed in which a metric is undefined does not count.
    """
    part = grid.of_ids(ids)
    points = {key: measure(table, taken_once(table)) for key, table in part.items()}
    draws = {key: measure(table, resampler.weights(table)) for key, table in part.items()}
    values = {
        metric: part.arranged({key: measured[metric][0] for key, measured in points.items()})
        for metric in points[next(iter(part))]
    }
    means = {metric: float(np.nanmean(cells)) for metric, cells in values.items() if not np.isnan(cells).all()}
    if not means:
        return {}
    rests_on = behind(pd.concat(part.values(), ignore_index=True))
    drawn = {metric: part.arranged({key: measured[metric] for key, measured in draws.items()}) for metric in means}
    return {
        metric: Estimate(mean, *interval(values[metric], drawn[metric], metric, rests_on[metric]), part.n)
        for metric, mean in means.items()
    }


def rows(estimates: dict[str, dict[str, dict[str, Estimate]]], protocol: str, run: str, level: str) -> pd.DataFrame:
    """Tidy table (contract METRICS) of {subset: {part: {metric: estimate}}}; the part's name in column class."""
    lines = [
        (protocol, run, ALL, ALL, subset, level, part, metric, e.value, e.low, e.high, e.n)
        for subset, parts in estimates.items()
        for part, metrics in parts.items()
        for metric, e in metrics.items()
    ]
    return pd.DataFrame(lines, columns=list(METRICS.columns))
