"""A number of a run with its bootstrap replicates, so that numbers can be subtracted and ranked draw by draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import POOLED_METRICS
from workflow_scripts.contracts.run_tables import of_known_outcome, unit_weights
from workflow_scripts.contracts.run_tables import predicted as predicted_class
from workflow_scripts.evaluation.bootstrap import Resampler, from_confusion, replicates, taken_once
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import Scores, normalised
from workflow_scripts.evaluation.observed import Observed, ObservedBy, observed
from workflow_scripts.evaluation.uncertainty import Uncertain, uncertain

CONFUSIONS = "confusions"
# What needs more than who was taken for what.
_COSTLY = ("macro_auc", "auc", "log_loss", "brier", "ece", *POOLED_METRICS)


@dataclass(frozen=True)
class Quantity:
    """points: F×S values of folds and seeds; draws: F×S×D replicates of them; behind: what it rests on; n: units."""

    points: np.ndarray
    draws: np.ndarray
    behind: Observed
    n: int
    difference: bool = False

    def __sub__(self, second: "Quantity") -> "Quantity":
        n = min(self.n, second.n)
        points, draws = self.points - second.points, self.draws - second.draws
        behind = min(self.behind, second.behind, key=lambda observed: observed.groups)
        return Quantity(points, draws, behind, n, difference=True)

    @property
    def uncertain(self) -> Uncertain:
        """The mean with its standard errors."""
        return uncertain(self.points, self.draws, self.behind, self.n, self.difference)

    def pooled(self, resampler: Resampler) -> np.ndarray:
        """D replicates of the mean, seeds drawn as well."""
        return resampler.pool(self.draws)


class Measured:
    """The runs of one protocol, measured on the same draws. Every quantity is computed once.

    `runs`: run → its units, the same ones for all; bins: of the calibration error; resamplers: subset → the draws that
    its numbers have elsewhere too; where there are none, `rng` draws.
    """

    def __init__(
        self,
        runs: dict[str, Grid],
        classes: list[str],
        draws: int,
        bins: int,
        rng: np.random.Generator,
        resamplers: Mapping[str, Resampler] | None = None,
    ) -> None:
        self.runs, self.classes, self._draws, self._bins, self._rng = runs, classes, draws, bins, rng
        self._resamplers: dict[tuple[str, ...], Resampler] = {
            (subset,): resampler for subset, resampler in (resamplers or {}).items()
        }
        self._weights: dict[tuple[Any, ...], np.ndarray] = {}
        self._scores_by_table: dict[tuple[Any, ...], Scores[np.ndarray]] = {}
        self._observed: dict[tuple[str, str], ObservedBy] = {}

    def resampler(self, subsets: tuple[str, ...]) -> Resampler:
        """The draws of the groups that these subsets hold, the same ones for every run."""
        if subsets not in self._resamplers:
            first = next(iter(self.runs.values()))
            tables = [table for subset in subsets for table in first.subset(subset).values()]
            self._resamplers[subsets] = Resampler(tables, self._draws, self._rng)
        return self._resamplers[subsets]

    def quantity(
        self, run: str, metric: str, subset: str, class_name: str = "", predicted: str = "", over: tuple[str, ...] = ()
    ) -> Quantity:
        """A metric of SUBSET_METRICS or POOLED_METRICS, of CLASS_METRICS with `class_name`, or CONFUSIONS (share of the
        class that is taken for `predicted`).

        over: the subsets whose groups are drawn together; empty: this one. KeyError where the subset has no unit.
        """
        over, grid = over or (subset,), self.runs[run].subset(subset)
        if not grid.n:
            raise KeyError(subset)
        if metric in POOLED_METRICS:
            grid = grid.together()

        def measured(drawn: bool) -> np.ndarray:
            values = {
                key: self._values(run, metric, key, table, class_name, predicted, over, drawn)
                for key, table in grid.items()
            }
            return grid.arranged(values)

        points, draws = measured(drawn=False)[..., 0].astype("float64"), measured(drawn=True)
        return Quantity(points, draws, self._behind(run, metric, subset, class_name), _size(grid, class_name))

    def _behind(self, run: str, metric: str, subset: str, class_name: str) -> Observed:
        """What a number rests on; of confusions the class, as its sensitivity does."""
        if (run, subset) not in self._observed:
            self._observed[run, subset] = observed(self.runs[run].subset(subset).values())
        behind = self._observed[run, subset]
        if class_name:
            by_class = behind.per_class["sensitivity" if metric == CONFUSIONS else metric]
            return by_class[self.classes.index(class_name)]
        return behind.overall[metric]

    def _values(
        self,
        run: str,
        metric: str,
        key: Key,
        table: pd.DataFrame,
        class_name: str,
        predicted: str,
        over: tuple[str, ...],
        drawn: bool,
    ) -> np.ndarray:
        """D values on the draws, or one on the units as they are."""
        weights = self._weights_of(key, table, over) if drawn else taken_once(table)
        if metric == CONFUSIONS:
            return _share_taken_for(table, weights, class_name, predicted)
        costly = metric in _COSTLY
        cell = (run, key, drawn, over, costly, len(table), tuple(table["subset"].iloc[:1]))
        if cell not in self._scores_by_table:
            self._scores_by_table[cell] = self._scores(table, weights, costly)
        scores = self._scores_by_table[cell]
        if class_name:
            return scores.per_class[metric][:, self.classes.index(class_name)]
        return scores.overall["macro_auc" if metric in POOLED_METRICS else metric]

    def _weights_of(self, key: Key, table: pd.DataFrame, over: tuple[str, ...]) -> np.ndarray:
        """Every run and seed judges the same units of a fold."""
        cell = (key[0], over, len(table), tuple(table["subset"].iloc[:1]))
        if cell not in self._weights:
            self._weights[cell] = self.resampler(over).weights(table)
        return self._weights[cell]

    def _scores(self, table: pd.DataFrame, weights: np.ndarray, costly: bool) -> Scores[np.ndarray]:
        labels, p = arrays(table)
        if costly:
            return replicates(labels, p, weights, self._bins)
        return Scores(*from_confusion(labels, normalised(p), weights))


def _size(grid: Grid, class_name: str) -> int:
    """Units over all folds, of one class where it is named: those that are known to be of it."""
    if not class_name:
        return grid.n
    return sum(int((of_known_outcome(table) & (table["label"] == class_name)).sum()) for table in grid.judged_once())


def taken_for(table: pd.DataFrame, class_name: str, predicted: str) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of a units table are of a class, and which of these are taken for `predicted`: N booleans each.

    Of a patient who was lost nobody knows the class.
    """
    of_class = of_known_outcome(table) & (table["label"] == class_name).to_numpy()
    return of_class, of_class & (predicted_class(table) == predicted)


def _share_taken_for(table: pd.DataFrame, weights: np.ndarray, class_name: str, predicted: str) -> np.ndarray:
    """Share of a class that is taken for another one, for each draw; NaN where the class was not drawn."""
    of_class, taken = taken_for(table, class_name, predicted)
    total = weights[of_class].sum(axis=0, dtype="float64")
    hits = weights[taken].sum(axis=0, dtype="float64")
    return np.divide(hits, total, out=np.full_like(total, np.nan), where=total > 0)


def discordant(first: Grid, second: Grid, subset: str) -> float:
    """Share of the units, by their weights, that only one of two runs classifies correctly, over folds and seeds."""
    discordances, total = 0.0, 0.0
    second = second.subset(subset)
    for key, table in first.subset(subset).items():
        right = [predicted_class(judged) == judged["label"].to_numpy() for judged in (table, second[key])]
        weights = unit_weights(table)
        discordances += float(weights[right[0] != right[1]].sum())
        total += float(weights.sum())
    return discordances / total
