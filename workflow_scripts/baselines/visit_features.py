"""What a model without a recurrent network looks at: a few numbers of each patient's visits up to the landmark.

Values are float64 R×D as the array holds them, NaN where a number is missing, the time first: years from the landmark,
at most 0. Counts are int N, the visits of each patient, whose rows follow each other in the order of time. Nothing is
fitted here: what is not known stays NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.visit_columns import FLAG, LEVEL, NUMBER, VisitColumn, level_name, sources_of
from workflow_scripts.preprocessing.visit_preparation import last_observed
from workflow_scripts.runtime.errors import UserError

# Measured at moments that lie no further apart (years, squared and summed), a number has no slope.
NO_TIME = 1e-9


@dataclass(frozen=True)
class VisitFeatures:
    """values: float64 N×F, a row a patient; names: of the F numbers."""

    values: np.ndarray
    names: tuple[str, ...]


def last_visit(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """float64 N×D: the last visit of each patient alone, as it is."""
    return values[np.cumsum(counts) - 1]


def summaries(values: np.ndarray, counts: np.ndarray, columns: Sequence[VisitColumn]) -> VisitFeatures:
    """What all visits of each patient come to; `columns`: what the D numbers are, the time first.

    Visits and years of history; of a number last, mean, lowest, highest, and slope a year; of yes or no last, ever and
    share; of a level last and ever; of each column of the user's table how often and how many years before the
    landmark it was measured, and of a category 1 where its last two levels are the same.
    """
    first, history = np.cumsum(counts) - counts, _History.of(values, counts)
    numbers: dict[str, np.ndarray] = {
        "visits": counts.astype("float64"),
        "years of history": -values[first, 0],
        "years since the last visit": -values[first + counts - 1, 0],
    }
    for position, column in enumerate(columns):
        if column.kind in (NUMBER, FLAG, LEVEL):
            of_column = history.of_column(position, column.kind)
            numbers |= {f"{column.name} {what}": value for what, value in of_column.items()}
    for source, positions in sources_of(columns).items():
        numbers |= {f"{source} {what}": value for what, value in history.of_source(positions, columns).items()}
    return VisitFeatures(np.column_stack(list(numbers.values())), tuple(numbers))


def persistence(
    values: np.ndarray, counts: np.ndarray, columns: Sequence[VisitColumn], source: str, without: Sequence[str]
) -> np.ndarray:
    """float64 N: for how many years up to the landmark the last known level of a category has lasted without a break.

    0 where it is one of the levels `without`, or none is known; visits that do not tell it break nothing. UserError
    where `source` is no category.
    """
    positions = sources_of(columns).get(source, ())
    if not positions or columns[positions[0]].kind != LEVEL:
        categories = {column.source for column in columns if column.kind == LEVEL}
        raise UserError(f"persistence.column is {source!r}, which is no category; there are {', '.join(categories)}")
    absent = {level_name(source, level) for level in without}
    counted = np.array([columns[position].name not in absent for position in positions])
    years = np.zeros(len(counts))
    for patient, (first, count) in enumerate(zip(np.cumsum(counts) - counts, counts, strict=True)):
        own = values[first : first + count]
        measured = own[~np.isnan(own[:, positions[0]])]
        if len(measured) and counted[(level := measured[:, positions].argmax(axis=1))[-1]]:
            breaks = np.flatnonzero(level != level[-1])
            years[patient] = -measured[breaks[-1] + 1 if len(breaks) else 0, 0]
    return years


@dataclass(frozen=True)
class _History:
    """Visits of patients; observed: bool R×D; last, before: int64 N×D, the last two rows in which each number was
    measured, -1 where there is none."""

    values: np.ndarray
    first: np.ndarray
    observed: np.ndarray
    last: np.ndarray
    before: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, counts: np.ndarray) -> "_History":
        latest, begin = last_observed(values, counts), np.cumsum(counts) - counts
        last = latest[begin + counts - 1]
        earlier = np.take_along_axis(latest, np.maximum(last - 1, 0), axis=0)
        # The row before a patient's first one is another patient's.
        before = np.where(last - 1 >= begin[:, None], earlier, -1)
        return cls(values, begin, ~np.isnan(values), last, np.where(last >= 0, before, -1))

    def of_column(self, position: int, kind: str) -> dict[str, np.ndarray]:
        """Word → float64 N, of one of the D numbers."""
        own, observed = self.values[:, position], self.observed[:, position]
        last = _at(own, self.last[:, position])
        highest = np.fmax.reduceat(own, self.first)
        if kind == LEVEL:
            return {"last": last, "ever": highest}
        count = np.add.reduceat(observed.astype("float64"), self.first)
        mean = _divided(np.add.reduceat(np.where(observed, own, 0), self.first), count)
        if kind == FLAG:
            return {"last": last, "ever": highest, "share": mean}
        lowest, slope = np.fmin.reduceat(own, self.first), self._slope(own, observed, count)
        return {"last": last, "mean": mean, "lowest": lowest, "highest": highest, "slope": slope}

    def _slope(self, own: np.ndarray, observed: np.ndarray, count: np.ndarray) -> np.ndarray:
        """float64 N: change a year by least squares; NaN where a number was measured at one moment, or never."""
        time = np.where(observed, self.values[:, 0], 0)
        shown = np.where(observed, own, 0)
        times, values, squares, products = (
            np.add.reduceat(part, self.first) for part in (time, shown, time**2, time * shown)
        )
        spread = _divided(count * squares - times**2, count)
        return _divided(products - _divided(times * values, count), np.where(spread > NO_TIME, spread, 0))

    def of_source(self, positions: Sequence[int], columns: Sequence[VisitColumn]) -> dict[str, np.ndarray]:
        """Word → float64 N, of a column of the user's table, which became the numbers at these positions."""
        position = positions[0]
        last, before = self.last[:, position], self.before[:, position]
        count = np.add.reduceat(self.observed[:, position].astype("float64"), self.first)
        numbers = {"measured": count, "years ago": -_at(self.values[:, 0], last)}
        if columns[position].kind == LEVEL:
            levels = self.values[:, list(positions)]
            same = (levels[np.maximum(last, 0)] == levels[np.maximum(before, 0)]).all(axis=1)
            numbers["same as before"] = np.where(before >= 0, same.astype("float64"), np.nan)
        return numbers


def _at(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values of these rows; NaN for row -1."""
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)


def _divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The quotient; NaN where it is by 0."""
    return np.divide(values, by, out=np.full(len(values), np.nan), where=by != 0)
