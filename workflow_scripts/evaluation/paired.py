"""Runs compared on the same test units: difference with interval, McNemar's exact test, Holm's correction."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import COMPARISON
from workflow_scripts.contracts.run_tables import ALL, WEIGHT, of_known_outcome
from workflow_scripts.evaluation.bootstrap import Resampler, replicates_of, taken_once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import difference_interval, effective_sizes
from workflow_scripts.evaluation.metric_tables import arrays, same_units


def compare(runs: dict[str, Grid], reference: str, metric: str, protocol: str, resampler: Resampler) -> pd.DataFrame:
    """Every run against `reference` (contract COMPARISON), for each seed and pooled over seeds ("all").

    `runs` maps a run to its test units; all runs must have judged the same units, else UserError. Values are means over
    folds. Both runs of a pair are measured on the same bootstrap draws of groups; the pooled interval also draws the
    seeds; where no draw shows a difference it has the width that what was not seen may have. McNemar's test
    (Psychometrika 12:153, 1947; exact, two-sided) counts units that only one run classifies correctly; pooled over
    seeds, and over repeats, it is the sign test of the units that one run gets right more often than the other. It
    takes units as independent: where groups are large, trust the interval, which does not. Where units have weights,
    the counts are of those whose outcome is known, and there is no test: counts do not stand for those who were lost.
    Holm's correction (Scand. J. Statist. 6:65, 1979) is over the runs compared, for each seed and for the pool.
    """
    measured = {}
    for name, grid in runs.items():
        for key, table in runs[reference].items():
            same_units(table, grid[key], f"run {name}, fold {key[0]}, seed {key[1]}")
        measured[name] = _measure(grid, metric, resampler)
    compared = [name for name in runs if name != reference]
    seeds = runs[reference].seeds
    lines = []
    columns: dict[str, slice | list[int]] = {str(seed): [number] for number, seed in enumerate(seeds)}
    for seed, chosen in {**columns, ALL: slice(None)}.items():
        rows = [_row(measured[name], measured[reference], metric, chosen, resampler) for name in compared]
        corrected = holm(np.array([row["p_mcnemar"] for row in rows]))
        for name, row, p in zip(compared, rows, corrected, strict=True):
            head = {"protocol": protocol, "seed": seed, "run": name, "reference": reference, "metric": metric}
            lines.append({**head, **row, "p_holm": p})
    return pd.DataFrame(lines, columns=list(COMPARISON.columns))


@dataclass(frozen=True)
class _Measured:
    """A run's headline metric: `values` F×S, `draws` F×S×D, `right` S×N (how many repeats get a unit right).

    has_outcome: N, whether a unit's outcome is; weighted: whether units have weights; effective_size: independent
    observations behind the metric.
    """

    values: np.ndarray
    draws: np.ndarray
    right: np.ndarray
    has_outcome: np.ndarray
    weighted: bool
    effective_size: float


def _measure(grid: Grid, metric: str, resampler: Resampler) -> _Measured:
    """`values` and `draws` as bootstrap.replicates_of has them; every seed judges the same units of a fold."""
    weights = {fold: resampler.weights(grid[fold, grid.seeds[0]]) for fold in grid.folds}
    draws = {key: replicates_of(metric, *arrays(table), weights[key[0]]) for key, table in grid.items()}
    once = pd.concat(grid.judged_once(), ignore_index=True)
    return _Measured(
        grid.measured(lambda table: replicates_of(metric, *arrays(table), taken_once(table))[0]),
        grid.arranged(draws),
        np.stack([_right(grid, seed, once) for seed in grid.seeds]),
        of_known_outcome(once),
        any(WEIGHT in table for table in grid.values()),
        effective_sizes(grid.values()).overall[metric],
    )


def _right(grid: Grid, seed: int, once: pd.DataFrame) -> np.ndarray:
    """N: how many repeats of a seed get each row of `once`, the units of one repeat, right."""
    table = pd.concat(grid.of_seed(seed), ignore_index=True)
    labels, p = arrays(table)
    right = p.argmax(axis=1) == labels
    if grid.repeats == 1:
        return right
    # A unit that a split by sample tears apart has a row in several folds of a repeat: all its rows count together.
    by_unit = pd.Series(right).groupby(table["id"]).sum()
    return by_unit.reindex(once["id"]).to_numpy()


def _row(
    run: _Measured, reference: _Measured, metric: str, seeds: slice | list[int], resampler: Resampler
) -> dict[str, float | int]:
    value, reference_value = run.values[:, seeds].mean(), reference.values[:, seeds].mean()
    draws = resampler.pool(run.draws[:, seeds] - reference.draws[:, seeds])
    size = min(run.effective_size, reference.effective_size)
    low, high = difference_interval(resampler, value - reference_value, draws, metric, size)
    lead = (run.right[seeds].sum(axis=0) - reference.right[seeds].sum(axis=0))[run.has_outcome]
    only_run, only_reference = int((lead > 0).sum()), int((lead < 0).sum())
    return {
        "value": value,
        "reference_value": reference_value,
        "difference": value - reference_value,
        "low": low,
        "high": high,
        "only_run": only_run,
        "only_reference": only_reference,
        "p_mcnemar": np.nan if run.weighted else mcnemar(only_run, only_reference),
        "n": run.right.shape[1],
    }


def mcnemar(first: int, second: int) -> float:
    """Exact two-sided p of `first` against `second` discordant units under even odds; 1 without any."""
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def holm(p: np.ndarray) -> np.ndarray:
    """Holm-corrected p values, in the order given; what is undefined stays so, and corrects no other."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
