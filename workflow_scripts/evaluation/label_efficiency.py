"""Runs that ask for labels: the curve of AUC over labels, the area under it, and the labels saved against random.

Curves of one fold and seed start from the same labels and networks under every strategy, so that they are compared in
pairs. Seeds of a fold judge the same patients and are averaged first; intervals are over folds, or over seeds where
there is one fold: Student's for means, cut to what is possible, percentiles of draws for numbers of labels. The
training subsets of folds overlap, which makes both a little too narrow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from workflow_scripts.contracts.active_strategies import RANDOM
from workflow_scripts.contracts.label_efficiency_table import (
    ALL_LABELS,
    LABEL_EFFICIENCY,
    NEARLY_ALL,
    RANDOM_END,
)
from workflow_scripts.contracts.run_tables import unit_weights
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import NO_BINS, point

# So little below the AUC of all labels is nearly that.
NEAR = 0.01
DRAWS = 2000
LEVEL = 0.95
# Areas that differ by rounding are equal.
SAME = 1e-9


@dataclass(frozen=True)
class Curves:
    """What the runs of one learner come to.

    labels: G numbers, ascending, that all curves have; values: run → R×G areas under the ROC curve, a row for each fold
    or seed that intervals are over; whole: R, of all labels; pool: how many these are, a mean over folds.
    """

    learner: str
    runs: tuple[ActiveRun, ...]
    labels: np.ndarray
    values: Mapping[str, np.ndarray]
    whole: np.ndarray
    pool: float

    @property
    def random(self) -> ActiveRun | None:
        """The control, where there is one."""
        return next((run for run in self.runs if run.strategy == RANDOM), None)

    @property
    def replicates(self) -> int:
        """Over how many folds or seeds intervals are."""
        return len(self.whole)

    def levels(self) -> dict[str, np.ndarray]:
        """Name → the AUC that is to be reached, R."""
        named = {ALL_LABELS: self.whole, NEARLY_ALL: self.whole - NEAR}
        if self.random is not None:
            named[RANDOM_END] = self.values[self.random.run][:, -1]
        return named


def curves_of(
    learner: str, runs: tuple[ActiveRun, ...], rounds: Mapping[str, Grid], units: Grid, subset: str
) -> Curves:
    """The curves of a learner's runs on one subset.

    rounds: run → tables ROUNDS; units: of the learner's own run. Between two rounds a curve is a line.
    """
    tables = {run: grid.subset(subset) for run, grid in rounds.items()}
    every = [table["labels"].to_numpy() for grid in tables.values() for table in grid.values()]
    first, last = max(labels[0] for labels in every), min(labels[-1] for labels in every)
    shared = [labels[(labels >= first) & (labels <= last)] for labels in every]
    labels = np.unique(np.concatenate([[first, last], *shared]))

    def curve(table: pd.DataFrame) -> np.ndarray:
        return np.interp(labels, table["labels"], table["auc"])

    values = {run: _replicates(grid.measured(curve)) for run, grid in tables.items()}
    whole = _replicates(units.subset(subset).measured(_auc))
    pools = next(iter(tables.values())).measured(lambda table: float(table["pool"].iloc[0]))
    return Curves(learner, runs, labels, values, whole, float(pools.mean()))


def efficiency_table(curves: Curves, generator: np.random.Generator) -> pd.DataFrame:
    """The rows of LABEL_EFFICIENCY of one learner's runs."""
    rows = [_row(curves, None, "all_labels", labels=curves.pool, **student_mean(curves.whole))]
    drawn = generator.integers(0, curves.replicates, (DRAWS, curves.replicates))
    random = curves.random
    for run in curves.runs:
        values = curves.values[run.run]
        for number, labels in enumerate(curves.labels):
            rows.append(_row(curves, run, "auc", labels=float(labels), **student_mean(values[:, number])))
        rows.append(_row(curves, run, "area", **student_mean(area(curves.labels, values))))
        against = None if random in (None, run) else random
        if against is not None:
            difference = area(curves.labels, values) - area(curves.labels, curves.values[against.run])
            rows.append(_row(curves, run, "area_difference", **student_mean(difference, lowest=-1.0)))
        for level, target in curves.levels().items():
            rows += _label_rows(curves, run, against, level, target, drawn)
    return pd.DataFrame(rows, columns=list(LABEL_EFFICIENCY.columns))


def area(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean height of curves R×G over labels G, R: the area under each, divided by its width."""
    if len(labels) == 1:
        return values[:, 0]
    heights = (values[:, 1:] + values[:, :-1]) / 2
    means: np.ndarray = heights @ np.diff(labels) / (labels[-1] - labels[0])
    return means


def needed(labels: np.ndarray, curve: np.ndarray, target: float) -> float:
    """From how many labels on a curve stays at or above the target, on the line between two rounds; inf: it does not.

    A curve that only touches the target in passing has not reached it.
    """
    below = np.flatnonzero(~(curve >= target - SAME))
    if not len(below):
        return float(labels[0])
    last = below[-1]
    if last == len(labels) - 1:
        return float("inf")
    share = (target - curve[last]) / (curve[last + 1] - curve[last])
    return float(labels[last] + share * (labels[last + 1] - labels[last]))


def _label_rows(
    curves: Curves, run: ActiveRun, random: ActiveRun | None, level: str, target: np.ndarray, drawn: np.ndarray
) -> list[dict[str, Any]]:
    """How many labels a run needs to reach a level and, against random, how many it saves."""
    last, all_of_them = float(curves.labels[-1]), np.arange(curves.replicates)[None]
    own, drawn_own = (_needed(curves, run, target, rows) for rows in (all_of_them, drawn))
    named: dict[str, Any] = {"level": level, "target": float(target.mean())}
    reached = np.isfinite(own[0])
    rows = [_row(curves, run, "labels_needed", **named, **_ends(drawn_own, curves.replicates))]
    rows[0] |= {"value": own[0] if reached else np.nan, "censored": "" if reached else "not_reached"}
    if random is None:
        return rows
    control, drawn_control = (_needed(curves, random, target, rows) for rows in (all_of_them, drawn))
    bound = "" if reached and np.isfinite(control[0]) else _bound(reached, bool(np.isfinite(control[0])))
    value = np.nan if bound == "neither" else min(control[0], last) - min(own[0], last)
    # Who does not get there needs at least the last number of labels: each end takes what a draw leaves possible.
    ends = {
        "low": _ends(np.minimum(drawn_control, last) - drawn_own, curves.replicates)["low"],
        "high": _ends(drawn_control - np.minimum(drawn_own, last), curves.replicates)["high"],
    }
    return [*rows, {**_row(curves, run, "labels_saved", **named, **ends), "value": value, "censored": bound}]


def _bound(run: bool, random: bool) -> str:
    """Why what is saved is no number, by who reaches the level: the run, random."""
    if run:
        return "at_least"
    return "at_most" if random else "neither"


def _needed(curves: Curves, run: ActiveRun, target: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """D: labels that the mean curve of D draws of R replicates needs for the mean target of the same ones."""
    means, targets = curves.values[run.run][rows].mean(axis=1), target[rows].mean(axis=1)
    return np.array([needed(curves.labels, curve, goal) for curve, goal in zip(means, targets, strict=True)])


def _ends(draws: np.ndarray, replicates: int) -> dict[str, float]:
    """The interval that draws say; an end that is beyond all numbers of labels, or of a single replicate, is NaN."""
    if replicates < 2:
        return {"low": np.nan, "high": np.nan}
    # Of two draws no value between: one of them may be infinite.
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return {"low": float(low) if np.isfinite(low) else np.nan, "high": float(high) if np.isfinite(high) else np.nan}


def student_mean(values: np.ndarray, lowest: float = 0.0) -> dict[str, float]:
    """Mean of R values and Student's interval, cut to what is possible, `lowest` to 1; NaN ends of a single value."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return {"value": mean, "low": np.nan, "high": np.nan}
    half = stats.t.ppf((1 + LEVEL) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count)
    return {"value": mean, "low": max(float(mean - half), lowest), "high": min(float(mean + half), 1.0)}


def _row(curves: Curves, run: ActiveRun | None, measure: str, **more: float | str) -> dict[str, Any]:
    name, strategy = (curves.learner, "") if run is None else (run.run, run.strategy)
    empty = {"level": "", "target": np.nan, "labels": np.nan, "censored": ""}
    which = {"learner": curves.learner, "run": name, "strategy": strategy, "measure": measure}
    return {**which, **empty, **more, "n": curves.replicates}


def _replicates(values: np.ndarray) -> np.ndarray:
    """R×… of F×S×…: the mean over seeds of each fold, or each seed where there is one fold."""
    return values[0] if len(values) == 1 else values.mean(axis=1)


def _auc(units: pd.DataFrame) -> float:
    labels, p = arrays(units)
    return float(point(labels, p, NO_BINS, unit_weights(units)).overall["macro_auc"])
