"""Dots with intervals, which most charts of this room are made of, as the table beside the figure."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import DOTS
from workflow_scripts.drawing.saving import ChartData
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.premium import Premium
from workflow_scripts.reporting.reproduced import Value


@dataclass(frozen=True)
class Dot:
    """A value and its 95 % interval (NaN: undefined), and what it is of: see contract DOTS. n: None where not said."""

    panel: str
    series: str
    item: str
    value: float
    low: float = np.nan
    high: float = np.nan
    n: int | None = None

    @classmethod
    def of(cls, panel: str, series: str, item: str, measured: Value | Estimate | Premium) -> "Dot":
        """Of a number as it was obtained, of an estimate, or of a difference."""
        value = measured.difference if isinstance(measured, Premium) else measured.value
        numbers = [np.nan if number is None else number for number in (value, measured.low, measured.high)]
        n = None if isinstance(measured, Premium) else measured.n
        return cls(panel, series, item, numbers[0], numbers[1], numbers[2], n)


def dots_data(dots: Iterable[Dot]) -> ChartData:
    """The table of a chart's dots."""
    rows = pd.DataFrame([vars(dot) for dot in dots], columns=[*DOTS.columns, "n"])
    return ChartData(DOTS, rows.astype({"n": "Int64"}))
