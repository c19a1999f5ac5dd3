"""Units called high-risk or low-risk at a threshold that was chosen on validation units.

The threshold of a fold and seed is the highest one at which the required share of the positive validation units is
called high-risk; no test unit plays a part. What follows from it is measured over the units of all folds together,
because of a rare outcome a fold holds a handful. The intervals are those of the given thresholds: they cover which
groups were tested and which seeds were trained, not which validation units chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workflow_scripts.contracts.risk_table import EVERYONE, HIGH, LOW, RISK
from workflow_scripts.contracts.run_tables import ALL, probabilities, unit_weights
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.evaluation.added_metrics.average_precision import average_precision
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.intervals import with_interval
from workflow_scripts.evaluation.metrics import normalised
from workflow_scripts.evaluation.observed import of_rows
from workflow_scripts.evaluation.recalibration import intercepts, slopes
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import FoldSeed

# Shares of weights that should be one number differ by rounding.
ROUNDING = 1e-9
# Group and measure → the metric whose range it has.
_MEASURES = {
    (EVERYONE, "sensitivity"): "sensitivity",
    (EVERYONE, "specificity"): "specificity",
    (EVERYONE, "average_precision"): "average_precision",
    (EVERYONE, "calibration_slope"): "calibration_slope",
    (EVERYONE, "calibration_intercept"): "calibration_slope",
    **{(group, "observed_risk"): "observed_risk" for group in (EVERYONE, HIGH, LOW)},
    # A mean of risks lies in [0, 1], but is no share of anything.
    **{(group, "mean_risk"): "ece" for group in (EVERYONE, HIGH, LOW)},
    **{(group, "share"): "share" for group in (HIGH, LOW)},
}


@dataclass(frozen=True)
class Judged:
    """Units of one table: risk of the positive class, whether it happened, weight, threshold of their fold (all N)."""

    risk: np.ndarray
    happened: np.ndarray
    weights: np.ndarray
    thresholds: np.ndarray

    @property
    def high(self) -> np.ndarray:
        """Whether a unit is called high-risk."""
        return self.risk >= self.thresholds

    def group(self, name: str) -> np.ndarray:
        """Whether a unit belongs to a group of RISK."""
        return {EVERYONE: np.ones(len(self.risk), dtype=bool), HIGH: self.high, LOW: ~self.high}[name]

    def measured(self, weights: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        """Group and measure → D values; `weights` N×D, those of the units included."""
        happened, risk = self.happened, self.risk
        total = weights.sum(axis=0, dtype="float64")

        def mass(part: np.ndarray) -> np.ndarray:
            summed: np.ndarray = part.astype("float64") @ weights
            return summed

        values = {
            (EVERYONE, "sensitivity"): _ratio(mass(happened & self.high), mass(happened)),
            (EVERYONE, "specificity"): _ratio(mass(~happened & ~self.high), mass(~happened)),
            (EVERYONE, "average_precision"): average_precision(happened, risk, weights),
            (EVERYONE, "calibration_slope"): slopes(happened, risk, weights),
            (EVERYONE, "calibration_intercept"): intercepts(happened, risk, weights),
        }
        for name in (EVERYONE, HIGH, LOW):
            part = self.group(name)
            values[name, "share"] = _ratio(mass(part), total)
            values[name, "observed_risk"] = _ratio(mass(happened & part), mass(part))
            values[name, "mean_risk"] = _ratio(mass(np.where(part, risk, 0.0)), mass(part))
        return values

    def confusion(self) -> np.ndarray:
        """2×2 weights: it did not happen, it happened (rows); called low-risk, high-risk (columns)."""
        cells = np.zeros((2, 2))
        np.add.at(cells, (self.happened.astype(int), self.high.astype(int)), self.weights)
        return cells


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def risk_of(frame: pd.DataFrame, classes: list[str], positive: str) -> np.ndarray:
    """N probabilities of the positive class, of a units table."""
    return normalised(probabilities(frame))[:, classes.index(positive)]


def threshold(risk: np.ndarray, happened: np.ndarray, weights: np.ndarray, sensitivity: float) -> float:
    """The highest threshold with that share of what happened at or above it; ValueError where nothing happened."""
    counted = happened & (weights > 0)
    if not counted.any():
        raise ValueError("nothing happened")
    order = np.argsort(-risk[counted], kind="stable")
    reached = np.cumsum(weights[counted][order]) / weights[counted].sum()
    first = min(int(np.searchsorted(reached, sensitivity - ROUNDING)), len(order) - 1)
    return float(risk[counted][order[first]])


@dataclass(frozen=True)
class RiskGroups:
    """A run's reported units under the thresholds of their folds and seeds.

    tables: units, with the columns risk, happened and threshold; thresholds: by fold and seed; resampler: draws of
    the reported subset.
    """

    tables: Grid
    thresholds: Mapping[Key, float]
    resampler: Resampler

    @classmethod
    def of(
        cls, run: str, units: Grid, reported: str, classes: list[str], risk: Risk, resampler: Resampler
    ) -> "RiskGroups":
        """`units`: of all subsets. UserError where the positive class is none, or a fold has nobody to choose by."""
        if risk.positive not in classes:
            raise UserError(f"evaluate.risk.positive is {risk.positive!r}; the classes are {', '.join(classes)}")

        def seen(table: pd.DataFrame) -> pd.DataFrame:
            return table.assign(risk=risk_of(table, classes, risk.positive), happened=table["label"] == risk.positive)

        thresholds = {}
        for key, table in units.subset("validation").map(seen).items():
            columns = table["risk"].to_numpy(), table["happened"].to_numpy(dtype=bool), unit_weights(table)
            try:
                thresholds[key] = threshold(*columns, risk.sensitivity)
            except ValueError:
                raise UserError(
                    f"run {run}, {FoldSeed(*key)}: no validation unit of known outcome is {risk.positive!r}, so no "
                    "threshold can be chosen; give the protocol a larger validation share, or write "
                    "`evaluate: {risk: null}`"
                ) from None
        reported_units = units.subset(reported).map(seen)
        tables = {key: table.assign(threshold=thresholds[key]) for key, table in reported_units.items()}
        return cls(reported_units.with_tables(tables), thresholds, resampler)

    @cached_property
    def together(self) -> Grid:
        """The units of all folds, a table a seed."""
        return self.tables.together()

    def confusion(self) -> np.ndarray:
        """2×2 as Judged.confusion: summed over folds, mean over repeats and seeds."""
        cells: np.ndarray = np.sum([judged(table).confusion() for table in self.tables.values()], axis=0)
        return cells / self.tables.times

    @property
    def weighted(self) -> bool:
        """Whether some units count more than others."""
        return any((unit_weights(table) != 1).any() for table in self.tables.values())

    def drawn(self, table: pd.DataFrame) -> np.ndarray:
        """N×D: how often each draw took a unit, times its weight."""
        return self.resampler.weights(table)

    def rows(self, protocol: str, run: str, subset: str) -> pd.DataFrame:
        """Contract RISK."""
        lines = []
        for (fold, seed), table in self.tables.items():
            lines += [
                (str(fold), str(seed), *line) for line in self._counted(judged(table), self.thresholds[fold, seed])
            ]
        lines += [(ALL, ALL, *line) for line in self._measured()]
        head = {"protocol": protocol, "run": run, "subset": subset}
        names = ["fold", "seed", "group", "measure", "value", "low", "high", "n"]
        return pd.DataFrame(lines, columns=names).assign(**head)[list(RISK.columns)]

    def _counted(self, units: Judged, chosen: float) -> list[tuple[str, str, float, float, float, int]]:
        """Threshold and counts of a table."""
        (true_low, false_high), (false_low, true_high) = units.confusion()
        numbers = {
            "threshold": chosen,
            "true_high": true_high,
            "false_high": false_high,
            "true_low": true_low,
            "false_low": false_low,
        }
        return [(EVERYONE, name, value, np.nan, np.nan, len(units.risk)) for name, value in numbers.items()]

    def _measured(self) -> list[tuple[str, str, float, float, float, int]]:
        """Every measure over all folds, mean over seeds, with its interval."""
        tables = self.together.values()
        points = [judged(table).measured(unit_weights(table)[:, None]) for table in tables]
        draws = [judged(table).measured(self.drawn(table)) for table in tables]
        lines = self._sizes(tables)
        for (group, measure), metric in _MEASURES.items():
            values = np.array([[measured[group, measure][0] for measured in points]])
            replicates = np.stack([measured[group, measure] for measured in draws])[None]
            rests_on = [_rests_on(table, group, measure) for table in tables]
            behind = of_rows(pd.concat(rests_on))
            n = round(float(np.mean([len(rows) for rows in rests_on])))
            lines.append((group, measure, *with_interval(values, replicates, metric, behind), n))
        return lines

    def _sizes(self, tables: list[pd.DataFrame]) -> list[tuple[str, str, float, float, float, int]]:
        """Numbers of units, of positive ones and of those whose outcome is unknown, mean over seeds."""
        lines: list[tuple[str, str, float, float, float, int]] = []
        for group in (EVERYONE, HIGH, LOW):
            parts = [(units.group(group), units) for units in map(judged, tables)]
            counts = {
                "units": [part.sum() for part, _ in parts],
                "positives": [(part & units.happened & (units.weights > 0)).sum() for part, units in parts],
                "unknown": [(part & (units.weights == 0)).sum() for part, units in parts],
            }
            for name, numbers in counts.items():
                lines.append((group, name, float(np.mean(numbers)), np.nan, np.nan, len(tables[0])))
        mean = float(np.mean(list(self.thresholds.values())))
        return [(EVERYONE, "threshold", mean, np.nan, np.nan, len(self.thresholds)), *lines]


def judged(table: pd.DataFrame) -> Judged:
    """The units of one of RiskGroups.tables."""
    return Judged(
        table["risk"].to_numpy(),
        table["happened"].to_numpy(dtype=bool),
        unit_weights(table),
        table["threshold"].to_numpy(),
    )


def _rests_on(table: pd.DataFrame, group: str, measure: str) -> pd.DataFrame:
    """The units of known outcome that a measure rests on."""
    units = judged(table)
    rows = units.weights > 0
    if measure in ("sensitivity", "average_precision"):
        rows &= units.happened
    elif measure == "specificity":
        rows &= ~units.happened
    elif measure != "share":
        rows &= units.group(group)
    return table[rows]
