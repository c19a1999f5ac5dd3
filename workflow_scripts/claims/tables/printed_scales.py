"""What 1 is printed as, and which last digits carry information: of columns, and of rows of one metric."""

from collections.abc import Sequence

from workflow_scripts.contracts.paper_tables.metric_spellings import is_share
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, ResultTable

# Shares that are small where a model is good: below 1.5 in a table of percents they are percents all the same.
SMALL_SHARES = ("error_rate", "false_positive_rate", "false_negative_rate")
# Ratios and counts are printed as they are, whatever the unit of the table.
UNSCALED = ("lr_positive", "lr_negative", "dor", "tp", "fp", "fn", "tn", "n", "support")

# Above it a share is in percent; a fraction has so many digits after the point at least.
_WHOLE, _DECIMALS = 1.5, 2
# Percent up to which shares of one row may all be small ones: an F is at most twice the recall.
_LOW = 3.0


def scale_of_cell(
    metric: str, value: PrintedValue, scale: float, column: Sequence[PrintedValue], row: Sequence[PrintedValue]
) -> float:
    """What 1 is printed as in a cell; scale: in its column; row: the numbers beside it in columns of percents.

    A share above 1.5 among fractions is in percent, and one up to 1 among percents a fraction, but where another share
    of its row is as low as one in percent would make it.
    """
    if not is_share(metric) or metric in SMALL_SHARES or value.number is None:
        return scale
    if not any(map(_in_percent, column)) or not any(map(_as_fraction, column)):
        return scale
    is_low = any(share is not value and 0 < abs(share.number or 0) <= _LOW for share in row)
    if _as_fraction(value) and not is_low:
        return 1.0
    return 100.0 if _in_percent(value) else scale


def _in_percent(value: PrintedValue) -> bool:
    return value.percent or abs(value.number or 0) > _WHOLE


def _as_fraction(value: PrintedValue) -> bool:
    return not value.percent and 0 < abs(value.number or 0) <= 1 and value.decimals >= _DECIMALS


def scale_of_column(table: ResultTable, column: str, metric: str) -> float:
    """What 1 is printed as in a column of a metric."""
    if metric in UNSCALED:
        return 1.0
    if metric in SMALL_SHARES and (table.unit or "").startswith("percent") and column not in table.fraction_columns:
        return 100.0
    return table.scale(column)


def scale_of_row(unit: str | None, metric: str, along: Sequence[PrintedValue]) -> float:
    """What 1 is printed as in a row of one metric."""
    if metric in UNSCALED:
        return 1.0
    largest = max((abs(value.number) for value in along if value.number is not None), default=0.0)
    return 100.0 if largest > 1.5 or ((unit or "").startswith("percent") and metric in SMALL_SHARES) else 1.0


def exact_unit(along: Sequence[PrintedValue]) -> float | None:
    """The coarsest last digit of a column in which all numbers but a plain 100, 1 or 0 have decimals."""
    finer = [
        value
        for value in along
        if value.number is not None and value.text.strip().rstrip("%").strip() not in ("100", "1", "0")
    ]
    units = {value.unit for value in finer}
    return max(units) if len(finer) > 1 and max(units) < 1 else None
