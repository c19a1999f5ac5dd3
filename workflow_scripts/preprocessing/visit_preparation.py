"""Visits as numbers that a model sees: without gaps, with what was missing, on one scale; fitted on training visits."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from workflow_scripts.contracts.preparation_record import PreparationRecord, Regression
from workflow_scripts.contracts.prepared_columns import PreparedColumns
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.visit_columns import FLAG, LEVEL, VisitColumn

# Iterative imputation is fitted on so many training visits, spread evenly: time grows with their number.
FITTED_ON = 2000
ROUNDS = 5
# A number that is the same in all training visits tells nothing: it stays as it is, but for its mean.
CONSTANT = 1e-12
# A number of 0 or 1 that is rare in training is scaled as if a hundredth of the visits had it: else one visit of a test
# patient would count a hundredfold.
RARE = 0.1


@dataclass(frozen=True)
class Preparation:
    """How visits are prepared, fitted on training visits alone.

    Values are float R×D, rows as the array holds them, with NaN where a number is missing; counts are int N, the visits
    of each patient, whose rows follow each other in the order of time. Sum of counts: R.
    """

    record: PreparationRecord

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        counts: np.ndarray,
        columns: Sequence[VisitColumn],
        packing: VisitPacking,
        extra: Sequence[str] = (),
    ) -> Self:
        """Fit it on the visits of training patients; `columns`: of the array, the time first.

        extra: sources of columns of the use on_request that are taken besides; UserError for one that is none of them.
        Same bytes on every call: one thread, nothing is drawn.
        """
        layout = PreparedColumns(tuple(columns), packing, tuple(extra))
        rows = values[:, layout.taken].astype("float64")
        usual = _usual(rows, layout.kept)
        regressions: tuple[Regression, ...] = ()
        if packing.imputation == "iterative":
            usual, regressions = _regressions(rows)
        low, high = (_of_observed(rows, reduce) for reduce in (np.fmin, np.fmax))
        record = PreparationRecord(
            packing=packing,
            columns=layout.columns,
            extra=layout.extra,
            fill=tuple(usual.tolist()),
            low=tuple(low.tolist()),
            high=tuple(high.tolist()),
            regressions=regressions,
            mean=(),
            std=(),
        )
        mean, std = _scale(cls(record).unscaled(values, counts), _is_binary(layout))
        return cls(replace(record, mean=tuple(mean.tolist()), std=tuple(std.tolist())))

    @classmethod
    def of_record(cls, record: PreparationRecord) -> Self:
        """The preparation that a record holds."""
        return cls(record)

    def as_record(self) -> PreparationRecord:
        """All of it, as JSON can hold it."""
        return self.record

    @cached_property
    def layout(self) -> PreparedColumns:
        """Which numbers a model sees."""
        return PreparedColumns(self.record.columns, self.record.packing, self.record.extra)

    @property
    def names(self) -> tuple[str, ...]:
        """What each of the D' numbers is."""
        return self.layout.names

    def transform(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """float32 R×D', never NaN: imputed, with indicators and elapsed years, then standardised."""
        prepared = self.unscaled(values, counts)
        return ((prepared - np.array(self.record.mean)) / np.array(self.record.std)).astype("float32")

    def unscaled(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """float64 R×D': the same before it is standardised, in the units of the columns, years and 0 or 1."""
        rows = values[:, self.layout.taken].astype("float64")
        last = last_observed(rows, counts)
        firsts = list(self.layout.sources.values())
        missing = np.isnan(rows[:, firsts])
        parts = [self._imputed(rows, last)]
        if self.record.packing.indicators:
            parts.append(missing.astype("float64"))
        if self.record.packing.elapsed:
            parts.append(_elapsed(rows[:, 0], last[:, firsts], counts))
        return np.concatenate(parts, axis=1)

    def _imputed(self, rows: np.ndarray, last: np.ndarray) -> np.ndarray:
        """float64 R×D without NaN; `last`: see last_observed."""
        record, missing = self.record, np.isnan(rows)
        filled = np.where(missing, np.array(record.fill), rows)
        if record.packing.imputation == "last_value":
            carried = missing & (last >= 0)
            filled[carried] = np.take_along_axis(rows, np.maximum(last, 0), axis=0)[carried]
        for step in record.regressions:
            gaps = missing[:, step.column]
            if gaps.any():
                predicted = filled[gaps] @ np.array(step.coefficients) + step.intercept
                filled[gaps, step.column] = np.clip(predicted, record.low[step.column], record.high[step.column])
        return filled


def _usual(rows: np.ndarray, columns: Sequence[VisitColumn]) -> np.ndarray:
    """float64 D: what is usual in each column; 0 where nothing was measured.

    Of numbers the median, of yes or no the more frequent one, of a category 1 of its most frequent level, 0 of others.
    """
    usual = np.zeros(len(columns))
    shares: dict[str, dict[int, float]] = {}
    for position, column in enumerate(columns):
        observed = rows[~np.isnan(rows[:, position]), position]
        if not len(observed):
            continue
        if column.kind == LEVEL:
            shares.setdefault(column.source, {})[position] = observed.mean()
        else:
            usual[position] = observed.mean() > 0.5 if column.kind == FLAG else np.median(observed)
    for levels in shares.values():
        # Of equally frequent levels the first.
        usual[max(levels, key=lambda position: levels[position])] = 1
    return usual


def _regressions(rows: np.ndarray) -> tuple[np.ndarray, tuple[Regression, ...]]:
    """What a gap holds before the first round (float64 D), and the regressions of all rounds, one after the other.

    A column that says nothing in training takes no part: what stands in it is its one number, 0 where there is none.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the next import possible
    from sklearn.impute import IterativeImputer

    some = rows[np.unique(np.linspace(0, len(rows) - 1, FITTED_ON).round().astype("int64"))]
    low, high = (_of_observed(rows, reduce) for reduce in (np.fmin, np.fmax))
    usable = np.flatnonzero((low < high) & ~np.isnan(some).all(axis=0))
    if not len(usable):
        return low, ()
    imputer = IterativeImputer(max_iter=ROUNDS, min_value=low[usable], max_value=high[usable])
    with threadpool_limits(1), warnings.catch_warnings():
        # The number of rounds is fixed.
        warnings.simplefilter("ignore", ConvergenceWarning)
        imputer.fit(some[:, usable])
    fill = low.copy()
    fill[usable] = imputer.initial_imputer_.statistics_
    steps = []
    for step in imputer.imputation_sequence_:
        coefficients = np.zeros(rows.shape[1])
        coefficients[usable[step.neighbor_feat_idx]] = step.estimator.coef_
        column = int(usable[step.feat_idx])
        steps.append(Regression(column, tuple(coefficients.tolist()), float(step.estimator.intercept_)))
    return fill, tuple(steps)


def _of_observed(rows: np.ndarray, reduce: np.ufunc) -> np.ndarray:
    """float64 D: the lowest or highest number of each column; 0 where nothing was measured."""
    return np.nan_to_num(reduce.reduce(rows, axis=0), nan=0.0)


def last_observed(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """int64 R×D: the row in which each number was last measured, up to this visit of the patient; -1: in none."""
    numbers = np.arange(len(rows))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(rows), -1, numbers), axis=0)
    return np.where(last >= starts(counts)[:, None], last, -1)


def _elapsed(years: np.ndarray, last: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """float64 R×S: years since each was last measured, or since the first visit where it never was."""
    since = np.where(last >= 0, last, starts(counts)[:, None])
    return years[:, None] - years[since]


def starts(counts: np.ndarray) -> np.ndarray:
    """int64 R: the first row of the patient that each row belongs to."""
    return np.repeat(np.cumsum(counts) - counts, counts)


def _is_binary(layout: PreparedColumns) -> np.ndarray:
    """bool D': which numbers are 0 or 1."""
    indicators = len(layout.sources) if layout.packing.indicators else 0
    elapsed = len(layout.sources) if layout.packing.elapsed else 0
    own = [column.kind in (FLAG, LEVEL) for column in layout.kept]
    return np.array([*own, *[True] * indicators, *[False] * elapsed])


def _scale(prepared: np.ndarray, binary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (float64 D') of training visits; 1 where all agree, see RARE for `binary` ones."""
    mean, std = prepared.mean(axis=0), prepared.std(axis=0)
    varies = std > CONSTANT * np.maximum(1, np.abs(mean))
    return mean, np.where(varies, np.where(binary, np.maximum(std, RARE), std), 1.0)
