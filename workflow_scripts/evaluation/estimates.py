"""Every metric with its interval: of each fold and seed, and of their mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import Metric
from workflow_scripts.contracts.run_tables import ALL, METRICS, WEIGHT, of_known_outcome, unit_weights
from workflow_scripts.evaluation.bootstrap import Resampler, replicates, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.intervals import with_interval
from workflow_scripts.evaluation.metric_registry import AddedMetric
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import Scores, Values, normalised, point
from workflow_scripts.evaluation.observed import Observed, ObservedBy, observed


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval (NaN where undefined) and the number of units behind it."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """For JSON files: null where undefined, nine significant digits."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        rounded = {name: None if np.isnan(number) else float(f"{number:.9g}") for name, number in numbers.items()}
        return {**rounded, "n": self.n}


@dataclass(frozen=True)
class Result:
    """Estimates of one table: `overall` by metric, `per_class` by class and metric.

    n is the number of units in the subset, lost patients too; per class the number of units known to be of it.
    """

    overall: dict[str, Estimate]
    per_class: dict[str, dict[str, Estimate]]

    def as_json(self) -> dict[str, Any]:
        """For JSON files: metrics of the whole, and those of each class under per_class."""
        classes = {
            name: {metric: estimate.as_json() for metric, estimate in estimates.items()}
            for name, estimates in self.per_class.items()
        }
        return {**{metric: estimate.as_json() for metric, estimate in self.overall.items()}, "per_class": classes}


@dataclass(frozen=True)
class Measuring:
    """What is measured: of which classes, with how many bins of the calibration error, which metrics beyond them."""

    classes: list[str]
    bins: int
    added: tuple[AddedMetric, ...] = ()

    def points(self, frame: pd.DataFrame) -> Scores[np.float64]:
        """Every metric of a units table."""
        labels, p = arrays(frame)
        scores = point(labels, p, self.bins, unit_weights(frame) if WEIGHT in frame else None)
        for item in self.added:
            _enter(scores, item.metric, item.values(labels, normalised(p), taken_once(frame))[0])
        return scores

    def draws(self, frame: pd.DataFrame, weights: np.ndarray) -> Scores[np.ndarray]:
        """Every metric for each draw; `weights` N×D."""
        labels, p = arrays(frame)
        scores = replicates(labels, p, weights, self.bins)
        for item in self.added:
            _enter(scores, item.metric, item.values(labels, normalised(p), weights))
        return scores

    def observed(self, frames: list[pd.DataFrame]) -> ObservedBy:
        """What stands behind every metric: an added one rests on all groups, or on those with units of a class."""
        behind = observed(frames)
        for item in self.added:
            if item.metric.level == "class":
                behind.per_class[item.metric.name] = behind.per_class["sensitivity"]
            else:
                behind.overall[item.metric.name] = behind.overall["accuracy"]
        return behind


def _enter(scores: Scores[Values], metric: Metric, values: Any) -> None:
    """Add what a metric of the user's is: of its level's shape."""
    if metric.level == "class":
        scores.per_class[metric.name] = values
    else:
        scores.overall[metric.name] = values


def estimate(grid: Grid, resampler: Resampler, measuring: Measuring) -> dict[Key | str, Result]:
    """Estimates of each fold and seed, and under "all" of the mean over folds and seeds.

    `grid` holds one subset's units. A metric is computed within each fold and then averaged, AUC as well; where there
    are several folds, "all" also has POOLED_METRICS. The interval of the mean covers which groups were sampled (one
    draw for all folds and seeds) and, with several seeds, the spread of training; with folds, training samples are
    shared between folds, which no interval can show (Bengio & Grandvalet, JMLR 5:1089, 2004).
    """
    points = {key: measuring.points(frame) for key, frame in grid.items()}
    draws = {key: measuring.draws(frame, resampler.weights(frame)) for key, frame in grid.items()}
    counts = {
        key: np.bincount(arrays(frame[of_known_outcome(frame)])[0], minlength=len(measuring.classes))
        for key, frame in grid.items()
    }
    results: dict[Key | str, Result] = {}
    for key, frame in grid.items():
        alone = Grid({key: frame})
        results[key] = _result(
            arranged(alone, points),
            arranged(alone, draws),
            counts[key],
            len(frame),
            measuring.observed([frame]),
            measuring.classes,
        )
    behind = measuring.observed(grid.values())
    once = grid.folds[: len(grid.folds) // grid.repeats]
    support = np.sum([counts[fold, grid.seeds[0]] for fold in once], axis=0)
    results[ALL] = _result(arranged(grid, points), arranged(grid, draws), support, grid.n, behind, measuring.classes)
    if len(grid.folds) > 1:
        results[ALL].overall["pooled_macro_auc"] = _pooled_auc(grid, behind, resampler)
    return results


def arranged(grid: Grid, scores: Mapping[Key, Scores[Any]]) -> Scores[np.ndarray]:
    """Every metric's values by fold and seed: F×S×…"""
    first = scores[next(iter(grid))]
    return Scores(
        {metric: grid.arranged({key: scores[key].overall[metric] for key in grid}) for metric in first.overall},
        {metric: grid.arranged({key: scores[key].per_class[metric] for key in grid}) for metric in first.per_class},
    )


def _pooled_auc(grid: Grid, behind: ObservedBy, resampler: Resampler) -> Estimate:
    """Macro AUC over the predictions of all folds of one repeat and seed together; mean over repeats and seeds."""
    metric, together = "pooled_macro_auc", grid.together()

    def measured(frame: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
        return replicates_of("macro_auc", *arrays(frame), weights)

    points = together.measured(lambda frame: measured(frame, taken_once(frame))[0])
    draws = together.measured(lambda frame: measured(frame, resampler.weights(frame)))
    return Estimate(*with_interval(points, draws, metric, behind.overall[metric]), together.n)


def _result(
    points: Scores[np.ndarray],
    draws: Scores[np.ndarray],
    counts: np.ndarray,
    n: int,
    behind: ObservedBy,
    classes: list[str],
) -> Result:
    """Estimates of F×S points (per class F×S×K) and their F×S×D draws (per class F×S×D×K)."""

    def estimated(values: np.ndarray, drawn: np.ndarray, metric: str, rests_on: Observed, n: int) -> Estimate:
        return Estimate(*with_interval(values, drawn, metric, rests_on), int(n))

    overall = {
        metric: estimated(values, draws.overall[metric], metric, behind.overall[metric], n)
        for metric, values in points.overall.items()
    }
    per_class = {
        name: {
            metric: estimated(
                *(values[..., k], draws.per_class[metric][..., k], metric, behind.per_class[metric][k], counts[k])
            )
            for metric, values in points.per_class.items()
        }
        for k, name in enumerate(classes)
    }
    return Result(overall, per_class)


def rows(results: dict[str, dict[Key | str, Result]], protocol: str, run: str) -> pd.DataFrame:
    """Tidy table (contract METRICS) of {subset: estimates}; level is "overall" (class empty) or "class"."""
    lines = []
    for subset, by_key in results.items():
        for key, result in by_key.items():
            fold, seed = (ALL, ALL) if key == ALL else map(str, key)
            head = (protocol, run, fold, seed, subset)
            for metric, e in result.overall.items():
                lines.append((*head, "overall", "", metric, e.value, e.low, e.high, e.n))
            for name, metrics in result.per_class.items():
                for metric, e in metrics.items():
                    lines.append((*head, "class", name, metric, e.value, e.low, e.high, e.n))
    return pd.DataFrame(lines, columns=list(METRICS.columns))
