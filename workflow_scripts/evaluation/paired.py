"""Runs compared on the same test units: difference with interval, a test of it, Holm's correction."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import COMPARISON, MCNEMAR, SIGN_FLIPS, TRAININGS
from workflow_scripts.contracts.run_tables import ALL, WEIGHT, of_known_outcome, unit_weights
from workflow_scripts.evaluation.bootstrap import Resampler, group_names, replicates_of, taken_once
from workflow_scripts.evaluation.contributions import contributions
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import difference, difference_interval
from workflow_scripts.evaluation.metric_tables import arrays, same_units
from workflow_scripts.evaluation.observed import Observed, observed
from workflow_scripts.evaluation.sign_flips import by_group, sign_flip_p
from workflow_scripts.evaluation.uncertainty import Uncertain


def compare(runs: dict[str, Grid], reference: str, metric: str, protocol: str, resampler: Resampler) -> pd.DataFrame:
    """Every run against `reference` (contract COMPARISON), for each seed and pooled over seeds ("all").

    `runs` maps a run to its test units; all runs must have judged the same units, else UserError. Values are means over
    folds. Both runs of a pair are measured on the same bootstrap draws of groups; the pooled interval also covers how
    trainings differ; where no draw shows a difference it has the width that what was not seen may have.

    p is of the difference in `metric`. Of one training of each run it comes from turning groups round
    (evaluation/sign_flips.py), which of accuracy on independent units is McNemar's exact test (Psychometrika 12:153,
    1947): it is about these two networks, and not about what another training of either would be. Pooled over several
    seeds it is Student's, of the difference by its standard error of groups and trainings, as the interval is. Holm's
    correction (Scand. J. Statist. 6:65, 1979) is over the runs compared, for each seed and for the pool.
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
    tests = {str(seed): _one_training(runs, compared, reference, metric, seed, (protocol, str(seed))) for seed in seeds}
    for seed, chosen in {**columns, ALL: slice(None)}.items():
        pairs = [_Pair(measured[name], measured[reference], metric, chosen) for name in compared]
        if seed == ALL and len(seeds) > 1:
            test = _Test(TRAININGS, np.array([student_p(pair.errors) for pair in pairs]))
        else:
            test = tests[str(seeds[0]) if seed == ALL else seed]
        for name, pair, p, corrected in zip(compared, pairs, test.p, holm(test.p), strict=True):
            head = {"protocol": protocol, "seed": seed, "run": name, "reference": reference, "metric": metric}
            lines.append({**head, **pair.row(), "test": test.name, "p": p, "p_holm": corrected})
    return pd.DataFrame(lines, columns=list(COMPARISON.columns))


@dataclass(frozen=True)
class _Test:
    """What a test is called, and p of every run compared."""

    name: str
    p: np.ndarray


def _one_training(
    runs: dict[str, Grid], compared: list[str], reference: str, metric: str, seed: int, purpose: tuple[str, ...]
) -> _Test:
    """The test of one training of each run: groups turned round, over all folds together."""
    tables = runs[reference].of_seed(seed)
    every = pd.concat(tables, ignore_index=True)
    groups = group_names(every)
    leads = np.zeros((len(every), len(compared)))
    for column, name in enumerate(compared):
        rivals = zip(runs[name].of_seed(seed), tables, strict=True)
        leads[:, column] = np.concatenate([_leads(metric, *pair) for pair in rivals])
    independent = metric == "accuracy" and WEIGHT not in every and not groups.duplicated().any()
    return _Test(MCNEMAR if independent else SIGN_FLIPS, sign_flip_p(by_group(leads, groups), purpose))


def _leads(metric: str, table: pd.DataFrame, rival: pd.DataFrame) -> np.ndarray:
    labels, p = arrays(table)
    return contributions(metric, labels, p, arrays(rival)[1], unit_weights(table))


def student_p(errors: Uncertain) -> float:
    """Two-sided p of a difference by its standard error; 1 of runs that never differ, NaN where it is undefined."""
    from scipy.stats import t

    if errors.sampling is None or np.isnan(errors.value):
        return np.nan
    if not errors.error > 0:
        return 1.0 if errors.value == 0 else np.nan
    return float(2 * t.sf(abs(errors.value) / errors.error, errors.degrees_of_freedom))


@dataclass(frozen=True)
class _Measured:
    """A run's headline metric: `values` F×S, `draws` F×S×D, `right` S×N (how many repeats get a unit right).

    has_outcome: N, whether a unit's outcome is; behind: what the metric rests on.
    """

    values: np.ndarray
    draws: np.ndarray
    right: np.ndarray
    has_outcome: np.ndarray
    behind: Observed


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
        observed(grid.values()).overall[metric],
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


@dataclass(frozen=True)
class _Pair:
    """A run and the reference, over some of the seeds."""

    run: _Measured
    reference: _Measured
    metric: str
    seeds: slice | list[int]

    @property
    def errors(self) -> Uncertain:
        """The difference with its standard errors."""
        values, draws = (
            getattr(self.run, name)[:, self.seeds] - getattr(self.reference, name)[:, self.seeds]
            for name in ("values", "draws")
        )
        # Both judge the same units; what is called so differs.
        behind = max(self.run.behind, self.reference.behind, key=lambda side: side.widening)
        return difference(values, draws, behind)

    def row(self) -> dict[str, float | int]:
        """Values, difference, interval, and who alone is right."""
        size = min(self.run.behind.size, self.reference.behind.size)
        errors, right = self.errors, (side.right[self.seeds].sum(axis=0) for side in (self.run, self.reference))
        low, high = difference_interval(errors, self.metric, size)
        lead = np.subtract(*right)[self.run.has_outcome]
        value, reference_value = (side.values[:, self.seeds].mean() for side in (self.run, self.reference))
        return {
            "value": value,
            "reference_value": reference_value,
            "difference": value - reference_value,
            "low": low,
            "high": high,
            "only_run": int((lead > 0).sum()),
            "only_reference": int((lead < 0).sum()),
            "n": self.run.right.shape[1],
        }


def holm(p: np.ndarray) -> np.ndarray:
    """Holm-corrected p values, in the order given; what is undefined stays so, and corrects no other."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (np.isfinite(p).sum() - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
