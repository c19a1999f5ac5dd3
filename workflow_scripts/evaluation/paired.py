"""Runs compared on the same test units: difference with interval, McNemar's exact test, Holm's correction."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import COMPARISON
from workflow_scripts.evaluation.bootstrap import Resampler, once, replicates_of
from workflow_scripts.evaluation.estimates import ALL
from workflow_scripts.evaluation.intervals import difference_interval, effective_sizes
from workflow_scripts.evaluation.metric_tables import Key, arrays, same_units


def compare(
    runs: dict[str, dict[Key, pd.DataFrame]], reference: str, metric: str, protocol: str, resampler: Resampler
) -> pd.DataFrame:
    """Every run against `reference` (contract COMPARISON), for each seed and pooled over seeds ("all").

    `runs` maps a run to the test units of each (fold, seed); all runs must have judged the same units, else UserError.
    Values are means over folds. Both runs of a pair are measured on the same bootstrap draws of groups; the pooled
    interval also draws the seeds; where no draw shows a difference it has the width that what was not seen may have.
    McNemar's test (Psychometrika 12:153, 1947; exact, two-sided) counts units that only
    one run classifies correctly; pooled over seeds it is the sign test of the units that one run gets right in more
    seeds than the other. It takes units as independent: where groups are large, trust the interval, which does not.
    Holm's correction (Scand. J. Statist. 6:65, 1979) is over the runs compared, for each seed and for the pool.
    """
    keys = list(runs[reference])
    folds, seeds = sorted({fold for fold, _ in keys}), sorted({seed for _, seed in keys})
    measured = {}
    for name, frames in runs.items():
        for key in keys:
            same_units(runs[reference][key], frames[key], f"run {name}, fold {key[0]}, seed {key[1]}")
        measured[name] = _measure(frames, folds, seeds, metric, resampler)
    rows = []
    for seed in [*seeds, ALL]:
        places = slice(None) if seed == ALL else [seeds.index(seed)]
        found = [
            _row(measured[name], measured[reference], metric, places, resampler) for name in runs if name != reference
        ]
        corrected = holm(np.array([row["p_mcnemar"] for row in found]))
        for name, row, p in zip([name for name in runs if name != reference], found, corrected, strict=True):
            head = {"protocol": protocol, "seed": str(seed), "run": name, "reference": reference, "metric": metric}
            rows.append({**head, **row, "p_holm": p})
    return pd.DataFrame(rows, columns=list(COMPARISON.columns))


@dataclass(frozen=True)
class _Measured:
    """A run's headline metric: `values` F×S, `draws` F×S×D, `right` S×N (units of all folds, one after another).

    effective_size: independent observations behind the metric.
    """

    values: np.ndarray
    draws: np.ndarray
    right: np.ndarray
    effective_size: float


def _measure(
    frames: dict[Key, pd.DataFrame], folds: list[int], seeds: list[int], metric: str, resampler: Resampler
) -> _Measured:
    values = np.empty((len(folds), len(seeds)))
    draws = np.empty((len(folds), len(seeds), resampler.draws))
    right = [[] for _ in seeds]
    for f, fold in enumerate(folds):
        weights = resampler.weights(frames[fold, seeds[0]])  # the same units for every seed
        for s, seed in enumerate(seeds):
            labels, p = arrays(frames[fold, seed])
            values[f, s] = replicates_of(metric, labels, p, once(len(labels)))[0]
            draws[f, s] = replicates_of(metric, labels, p, weights)
            right[s].append(p.argmax(axis=1) == labels)
    size = effective_sizes(frames.values()).overall[metric]
    return _Measured(values, draws, np.stack([np.concatenate(parts) for parts in right]), size)


def _row(ours: _Measured, theirs: _Measured, metric: str, places, resampler: Resampler) -> dict:
    value, other = ours.values[:, places].mean(), theirs.values[:, places].mean()
    draws = resampler.pool(ours.draws[:, places] - theirs.draws[:, places])
    size = min(ours.effective_size, theirs.effective_size)
    low, high = difference_interval(resampler, value - other, draws, metric, size)
    lead = ours.right[places].sum(axis=0) - theirs.right[places].sum(axis=0)
    only_run, only_reference = int((lead > 0).sum()), int((lead < 0).sum())
    return {
        "value": value,
        "reference_value": other,
        "difference": value - other,
        "low": low,
        "high": high,
        "only_run": only_run,
        "only_reference": only_reference,
        "p_mcnemar": mcnemar(only_run, only_reference),
        "n": ours.right.shape[1],
    }


def mcnemar(first: int, second: int) -> float:
    """Exact two-sided p of `first` against `second` discordant units under even odds; 1 without any."""
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def holm(p: np.ndarray) -> np.ndarray:
    """Holm-corrected p values, in the order given."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
