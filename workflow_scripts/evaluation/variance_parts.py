"""What a run's headline metric varies with: groups tested, trainings, splits; and what its groups are worth."""

import numpy as np

from workflow_scripts.contracts.statistics_table import (
    DESIGN_EFFECT,
    EFFECTIVE,
    GROUPS,
    SAMPLING,
    SPLIT,
    TRAINING,
)
from workflow_scripts.evaluation.bootstrap import Resampler, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import estimated
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.observed import observed

# So many draws give a standard deviation to 5 %.
DRAWS = 200


def variance_parts(grid: Grid, metric: str, resampler: Resampler) -> dict[str, float]:
    """The measures of VARIANCE_MEASURES of one subset's units; NaN of what one seed, or one split, does not show."""

    def measured(name: str) -> tuple[np.ndarray, np.ndarray]:
        points = grid.measured(lambda table: replicates_of(name, *arrays(table), taken_once(table))[0])
        draws = grid.measured(lambda table: replicates_of(name, *arrays(table), resampler.weights(table)[:, :DRAWS]))
        return points, draws

    points, draws = measured(metric)
    behind = observed(grid.values()).overall
    errors = estimated(points, draws, behind[metric])
    parts = {
        SAMPLING: np.nan if errors.sampling is None else errors.sampling,
        TRAINING: between_trainings(points),
        SPLIT: between_splits(points, grid.repeats),
        GROUPS: behind["accuracy"].size,
        EFFECTIVE: behind["accuracy"].groups,
        DESIGN_EFFECT: np.nan,
    }
    accuracy, drawn = (points, draws) if metric == "accuracy" else measured("accuracy")
    error = estimated(accuracy[:, :1], drawn[:, :1], behind["accuracy"])
    independent = error.value * (1 - error.value) / (behind["accuracy"].predictions / len(grid.seeds) / grid.repeats)
    if error.sampling is not None and independent > 0:
        parts[DESIGN_EFFECT] = error.sampling**2 / independent
    return parts


def between_trainings(points: np.ndarray) -> float:
    """Standard deviation between the trainings of a fold, of F×S values; NaN of one seed."""
    return float(np.sqrt(points.var(axis=1, ddof=1).mean())) if points.shape[1] > 1 else np.nan


def between_splits(points: np.ndarray, repeats: int) -> float:
    """Standard deviation between repeats of a split, beyond what their trainings explain; NaN of one repeat.

    points: F×S values, the folds of a repeat one after the other.
    """
    if repeats < 2:
        return np.nan
    by_repeat = points.reshape(repeats, -1, points.shape[1])
    variance = by_repeat.mean(axis=(1, 2)).var(ddof=1)
    if points.shape[1] > 1:
        folds, seeds = by_repeat.shape[1:]
        variance -= points.var(axis=1, ddof=1).mean() / (folds * seeds)
    return float(np.sqrt(max(variance, 0.0)))
