"""Every metric with its interval: of each fold and seed, and of their mean."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.evaluation.bootstrap import Resampler, once, replicates, replicates_of
from workflow_scripts.evaluation.intervals import effective_sizes, interval
from workflow_scripts.evaluation.metric_tables import Key, arrays
from workflow_scripts.evaluation.metrics import OVERALL, PER_CLASS, Scores, point

ALL = "all"


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval (NaN where undefined) and the number of units behind it."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """For metrics.json: null where undefined, nine significant digits."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        rounded = {name: None if np.isnan(number) else float(f"{number:.9g}") for name, number in numbers.items()}
        return {**rounded, "n": self.n}


@dataclass(frozen=True)
class Result:
    """Estimates of one table: `overall` by metric, `per_class` by class and metric.

    n is the number of units in the subset, per class the number of units of the class.
    """

    overall: dict[str, Estimate]
    per_class: dict[str, dict[str, Estimate]]

    def as_json(self) -> dict:
        """For metrics.json."""
        each = {
            name: {metric: estimate.as_json() for metric, estimate in found.items()}
            for name, found in self.per_class.items()
        }
        return {**{metric: estimate.as_json() for metric, estimate in self.overall.items()}, "per_class": each}


def estimate(
    frames: dict[Key, pd.DataFrame], resampler: Resampler, classes: list[str], bins: int
) -> dict[Key | str, Result]:
    """Estimates of each fold and seed, and under "all" of the mean over folds and seeds.

    `frames` holds one subset's units for each (fold, seed), every fold with the same seeds. A metric is computed within
    each fold and then averaged, AUC as well; where there are several folds, "all" also has POOLED_METRICS. The interval
    of the mean covers which groups were sampled (one draw for all folds and seeds) and, with several seeds, the spread
    of training; with folds, training samples are shared between folds, which no interval can show (Bengio & Grandvalet,
    JMLR 5:1089, 2004).
    """
    points, draws, counts = {}, {}, {}
    for key, frame in frames.items():
        labels, p = arrays(frame)
        points[key] = point(labels, p, bins)
        draws[key] = replicates(labels, p, resampler.weights(frame), bins)
        counts[key] = np.bincount(labels, minlength=len(classes))
    found: dict[Key | str, Result] = {
        key: _result(points[key], draws[key], counts[key], effective_sizes([frame]), resampler, classes)
        for key, frame in frames.items()
    }
    folds, seeds = sorted({fold for fold, _ in frames}), sorted({seed for _, seed in frames})

    def stacked(scores: dict[Key, Scores], level: str, metric: str) -> np.ndarray:
        return np.array([[getattr(scores[fold, seed], level)[metric] for seed in seeds] for fold in folds])

    mean = Scores(
        {metric: stacked(points, "overall", metric).mean() for metric in OVERALL},
        {metric: stacked(points, "per_class", metric).mean(axis=(0, 1)) for metric in PER_CLASS},
    )
    each = {metric: stacked(draws, "per_class", metric) for metric in PER_CLASS}
    pooled = Scores(
        {metric: resampler.pool(stacked(draws, "overall", metric)) for metric in OVERALL},
        {
            metric: np.stack([resampler.pool(values[..., k]) for k in range(len(classes))], axis=-1)
            for metric, values in each.items()
        },
    )
    sizes = effective_sizes(frames.values())
    found[ALL] = _result(mean, pooled, sum(counts[fold, seeds[0]] for fold in folds), sizes, resampler, classes)
    if len(folds) > 1:
        found[ALL].overall["pooled_macro_auc"] = _pooled_auc(frames, folds, seeds, sizes, resampler)
    return found


def _pooled_auc(
    frames: dict[Key, pd.DataFrame], folds: list[int], seeds: list[int], sizes: Scores, resampler: Resampler
) -> Estimate:
    """Macro AUC over the predictions of all folds of one seed together; mean over seeds."""
    values, draws = [], np.empty((1, len(seeds), resampler.draws))
    for place, seed in enumerate(seeds):
        together = pd.concat([frames[fold, seed] for fold in folds], ignore_index=True)
        labels, p = arrays(together)
        values.append(replicates_of("macro_auc", labels, p, once(len(labels)))[0])
        draws[0, place] = replicates_of("macro_auc", labels, p, resampler.weights(together))
    value, metric = float(np.mean(values)), "pooled_macro_auc"
    ends = interval(resampler, value, resampler.pool(draws), metric, sizes.overall[metric])
    return Estimate(value, *ends, len(together))


def _result(
    values: Scores, draws: Scores, counts: np.ndarray, sizes: Scores, resampler: Resampler, classes: list[str]
) -> Result:
    def estimated(value: float, drawn: np.ndarray, metric: str, size: float, n: int) -> Estimate:
        return Estimate(float(value), *interval(resampler, float(value), drawn, metric, size), int(n))

    overall = {
        metric: estimated(values.overall[metric], draws.overall[metric], metric, sizes.overall[metric], counts.sum())
        for metric in OVERALL
    }
    each = {
        name: {
            metric: estimated(
                values.per_class[metric][k],
                draws.per_class[metric][:, k],
                metric,
                sizes.per_class[metric][k],
                counts[k],
            )
            for metric in PER_CLASS
        }
        for k, name in enumerate(classes)
    }
    return Result(overall, each)


def rows(results: dict[str, dict[Key | str, Result]], protocol: str, run: str) -> pd.DataFrame:
    """Tidy table (contract METRICS) of {subset: estimates}; level is "overall" (class empty) or "class"."""
    lines = []
    for subset, found in results.items():
        for key, result in found.items():
            fold, seed = (ALL, ALL) if key == ALL else map(str, key)
            head = (protocol, run, fold, seed, subset)
            for metric, e in result.overall.items():
                lines.append((*head, "overall", "", metric, e.value, e.low, e.high, e.n))
            for name, metrics in result.per_class.items():
                for metric, e in metrics.items():
                    lines.append((*head, "class", name, metric, e.value, e.low, e.high, e.n))
    return pd.DataFrame(lines, columns=list(METRICS.columns))
