"""The leak premium: what a run seems to gain where test samples have relatives among the training samples."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.evaluation.bootstrap import Resampler, defined_mean, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import SAME, apart, difference_interval, estimated, exact, joined
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.observed import Observed, observed
from workflow_scripts.evaluation.uncertainty import Uncertain
from workflow_scripts.runtime.errors import UserError


@dataclass(frozen=True)
class Premium:
    """Published minus leak-free protocol: values of both, their difference and its 95 % interval (NaN: undefined).

    n_published: units that the published protocol judges.
    """

    metric: str
    published: float
    leak_free: float
    difference: float
    low: float
    high: float
    n_published: int
    seeds: int


@dataclass(frozen=True)
class _Side:
    """One protocol: F×S points and their F×S×D replicates, units judged, what stands behind the metric."""

    points: np.ndarray
    draws: np.ndarray
    units: int
    behind: Observed

    @property
    def value(self) -> float:
        """Mean over folds and seeds."""
        return float(self.points.mean())

    @property
    def drawn(self) -> np.ndarray:
        """1×1×D replicates of the mean."""
        return defined_mean(self.draws.reshape(-1, self.draws.shape[-1]), axis=0)[None, None]

    def exact_interval(self, metric: str) -> tuple[float, float] | None:
        """The exact interval where all draws agree; None where the draws show a spread."""
        return exact(self.value, metric, self.behind.size) if np.ptp(self.drawn) < SAME else None


def leak_premium(published: Grid, leak_free: Grid, metric: str, draws: int, rng: np.random.Generator) -> Premium:
    """The premium of one run in `metric` (accuracy, balanced_accuracy, macro_f1, macro_auc) on the test subset.

    Both grids have the same training seeds, else UserError; values are means over folds and seeds. Both must judge in
    one way, samples with samples or units with units: else the difference would hold what aggregation gains as well as
    what leaks do. reporting.premiums sees to that. The interval covers the sampling of both test sets (groups that are
    in both are drawn together, so that what the sets share cancels) and, with several seeds, training; that another
    split of the same rule would give another number it does not cover. A side of which all draws agree, as of a perfect
    run, brings the uncertainty of its own exact interval.
    """
    if published.seeds != leak_free.seeds:
        raise UserError(
            f"the leak premium needs the same training seeds under both protocols; {published.seeds}, {leak_free.seeds}"
        )
    grids = [grid.subset("test") for grid in (published, leak_free)]
    resampler = Resampler([table for grid in grids for table in grid.values()], draws, rng)
    first, second = (_side(grid, metric, resampler) for grid in grids)
    if np.isnan([first.value, second.value]).any():
        # Of other folds than the value that is shown there would be a difference, and it is none of these two.
        undefined = first.value, second.value, np.nan, np.nan, np.nan
        return Premium(metric, *undefined, first.units, len(published.seeds))
    errors = _difference(first, second)
    own = [side.exact_interval(metric) for side in (first, second)]
    if any(own):
        low, high = joined((first.value, second.value), own, *errors.interval())
    else:
        low, high = difference_interval(errors, metric, min(side.behind.size for side in (first, second)))
    # Shares differ by 1 at most; of a handful of units the interval knows nothing more.
    low, high = max(low, -1.0), min(high, 1.0)
    values = first.value, second.value, errors.value
    return Premium(metric, *values, low, high, first.units, len(published.seeds))


def _difference(first: _Side, second: _Side) -> Uncertain:
    """Published minus leak-free: what both test sets share cancels, trainings do not."""
    # One variance is widened for both sides: by that of the more uneven one.
    side = max(first.behind, second.behind, key=lambda behind: behind.widening)
    sampling = estimated(np.zeros((1, 1)), first.drawn - second.drawn, side).sampling
    published, leak_free = (estimated(part.points, part.draws, part.behind) for part in (first, second))
    return apart(published, leak_free, sampling)


def _side(grid: Grid, metric: str, resampler: Resampler) -> _Side:
    points = grid.measured(lambda table: replicates_of(metric, *arrays(table), taken_once(table))[0])
    draws = grid.measured(lambda table: replicates_of(metric, *arrays(table), resampler.weights(table)))
    return _Side(points, draws, grid.n, observed(grid.values()).overall[metric])
