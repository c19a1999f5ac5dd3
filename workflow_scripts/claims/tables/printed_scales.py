"""What 1 is printed as, and which last digits carry information: of columns, and of rows of one metric."""

from collections.abc import Sequence

from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, ResultTable

# Shares that are small where a model is good: below 1.5 in a table of percents they are percents all the same.
SMALL_SHARES = ("error_rate", "false_positive_rate", "false_negative_rate")
# Ratios and counts are printed as they are, whatever the unit of the table.
UNSCALED = ("lr_positive", "lr_negative", "dor", "tp", "fp", "fn", "tn", "n", "support")


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
