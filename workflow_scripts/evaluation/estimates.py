"""Every metric with its interval: of each fold and seed, and of their mean."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import Metric
from workflow_scripts.contracts.run_tables import ALL, METRICS, WEIGHT, of_known_outcome, unit_weights
from workflow_scripts.evaluation.bootstrap import Resampler, replicates, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.intervals import effective_sizes, interval
from workflow_scripts.evaluation.metric_registry import AddedMetric
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import Scores, Values, normalised, point


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

    def as_json(self) -> dict:
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

    def sizes(self, frames: list[pd.DataFrame]) -> Scores[np.float64]:
        """Independent observations behind every metric: of an added one all groups, or those with units of a class."""
        sizes = effective_sizes(frames)
        for item in self.added:
            if item.metric.level == "class":
                sizes.per_class[item.metric.name] = sizes.per_class["sensitivity"]
            else:
                sizes.overall[item.metric.name] = sizes.overall["accuracy"]
        return sizes


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
    results: dict[Key | str, Result] = {
        key: _result(
            points[key], draws[key], counts[key], len(frame), measuring.sizes([frame]), resampler, measuring.classes
        )
        for key, frame in grid.items()
    }
    sizes = measuring.sizes(grid.values())
    mean, pooled = _mean(grid, points), _pooled(grid, draws, resampler)
    once = grid.folds[: len(grid.folds) // grid.repeats]
    support = np.sum([counts[fold, grid.seeds[0]] for fold in once], axis=0)
    results[ALL] = _result(mean, pooled, support, grid.n, sizes, resampler, measuring.classes)
    if len(grid.folds) > 1:
        results[ALL].overall["pooled_macro_auc"] = _pooled_auc(grid, sizes, resampler)
    return results


def _mean(grid: Grid, points: dict[Key, Scores[np.float64]]) -> Scores[np.float64]:
    """Every metric's mean over folds and seeds; per class K values."""
    first = points[next(iter(grid))]
    return Scores(
        {m: grid.arranged({key: scores.overall[m] for key, scores in points.items()}).mean() for m in first.overall},
        {
            m: grid.arranged({key: scores.per_class[m] for key, scores in points.items()}).mean(axis=(0, 1))
            for m in first.per_class
        },
    )


def _pooled(grid: Grid, draws: dict[Key, Scores[np.ndarray]], resampler: Resampler) -> Scores[np.ndarray]:
    """D replicates of every metric's mean, seeds drawn as well; per class D×K."""
    first = draws[next(iter(grid))]
    overall = {m: grid.arranged({key: scores.overall[m] for key, scores in draws.items()}) for m in first.overall}
    per_class = {m: grid.arranged({key: scores.per_class[m] for key, scores in draws.items()}) for m in first.per_class}
    return Scores(
        {metric: resampler.pool(values) for metric, values in overall.items()},
        {
            metric: np.stack([resampler.pool(values[..., k]) for k in range(values.shape[-1])], axis=-1)
            for metric, values in per_class.items()
        },
    )


def _pooled_auc(grid: Grid, sizes: Scores[np.float64], resampler: Resampler) -> Estimate:
    """Macro AUC over the predictions of all folds of one repeat and seed together; mean over repeats and seeds."""
    metric, together = "pooled_macro_auc", grid.together()

    def measured(frame: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
        return replicates_of("macro_auc", *arrays(frame), weights)

    value = float(together.measured(lambda frame: measured(frame, taken_once(frame))[0]).mean())
    draws = together.measured(lambda frame: measured(frame, resampler.weights(frame)))
    return Estimate(
        value, *interval(resampler, value, resampler.pool(draws), metric, sizes.overall[metric]), together.n
    )


def _result(
    values: Scores[np.float64],
    draws: Scores[np.ndarray],
    counts: np.ndarray,
    n: int,
    sizes: Scores[np.float64],
    resampler: Resampler,
    classes: list[str],
) -> Result:
    def estimated(value: float, drawn: np.ndarray, metric: str, size: float, n: int) -> Estimate:
        return Estimate(float(value), *interval(resampler, float(value), drawn, metric, size), int(n))

    overall = {
        metric: estimated(value, draws.overall[metric], metric, sizes.overall[metric], n)
        for metric, value in values.overall.items()
    }
    per_class = {
        name: {
            metric: estimated(by_class[k], draws.per_class[metric][:, k], metric, sizes.per_class[metric][k], counts[k])
            for metric, by_class in values.per_class.items()
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
