"""How visits are prepared for a model, fitted on training visits alone; stands in the weights file of a run."""

from dataclasses import dataclass

from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.visit_columns import VisitColumn


@dataclass(frozen=True)
class Regression:
    """One step of iterative imputation: a column's missing numbers from all others, by a linear regression.

    column: which of the taken columns; coefficients: one for each of them, 0 for itself.
    """

    column: int
    coefficients: tuple[float, ...]
    intercept: float


@dataclass(frozen=True)
class PreparationRecord:
    """All that a preparation has fitted, as JSON can hold it.

    columns: those of the array; fill: what is put for a missing number of each taken column, before regressions; low,
    high: the range of each in training; mean, std: of each number that a model sees.
    """

    packing: VisitPacking
    columns: tuple[VisitColumn, ...]
    extra: tuple[str, ...]
    fill: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    regressions: tuple[Regression, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
