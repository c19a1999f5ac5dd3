"""The leak premium: what a run seems to gain where test samples have relatives among the training samples."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.evaluation.bootstrap import Resampler, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import SAME, difference_interval, effective_sizes, exact, joined
from workflow_scripts.evaluation.metric_tables import arrays
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


@dataclass(frozen=True)
class _Side:
    """One protocol: value and its D replicates, units judged, independent observations behind the metric."""

    value: float
    draws: np.ndarray
    units: int
    effective_size: float

    def exact_interval(self, metric: str) -> tuple[float, float] | None:
        """The exact interval where all draws agree; None where the draws show a spread."""
        return exact(self.value, metric, self.effective_size) if np.ptp(self.draws) < SAME else None


def leak_premium(published: Grid, leak_free: Grid, metric: str, draws: int, rng: np.random.Generator) -> Premium:
    """The premium of one run in `metric` (accuracy, balanced_accuracy, macro_f1, macro_auc) on the test subset.

    Both grids have the same training seeds, else UserError; values are means over folds and seeds. Both must judge in
    one way, samples with samples or units with units: else the difference would hold what aggregation gains as well as
    what leaks do. reporting.premiums sees to that. The interval covers the sampling of both test sets (groups that are
    in both are drawn together, so that what the sets share cancels) and, with several seeds, training. A side of which
    all draws agree, as of a perfect run, brings the uncertainty of its own exact interval.
    """
    if published.seeds != leak_free.seeds:
        raise UserError(
            f"the leak premium needs the same training seeds under both protocols; {published.seeds}, {leak_free.seeds}"
        )
    grids = [grid.subset("test") for grid in (published, leak_free)]
    resampler = Resampler([table for grid in grids for table in grid.values()], draws, rng)
    first, second = (_side(grid, metric, resampler) for grid in grids)
    difference, drawn = first.value - second.value, first.draws - second.draws
    size = min(first.effective_size, second.effective_size)
    low, high = difference_interval(resampler, difference, drawn, metric, size)
    own = [side.exact_interval(metric) for side in (first, second)]
    if any(own):
        low, high = joined((first.value, second.value), own, *resampler.interval(drawn))
    # Shares differ by 1 at most; of a handful of units the interval knows nothing more.
    low, high = max(low, -1.0), min(high, 1.0)
    return Premium(
        metric, first.value, second.value, difference, low, high, first.units, second.units, len(published.seeds)
    )


def _side(grid: Grid, metric: str, resampler: Resampler) -> _Side:
    values = grid.measured(lambda table: replicates_of(metric, *arrays(table), taken_once(table))[0])
    drawn = grid.measured(lambda table: replicates_of(metric, *arrays(table), resampler.weights(table)))
    return _Side(float(values.mean()), resampler.pool(drawn), grid.n, effective_sizes(grid.values()).overall[metric])
