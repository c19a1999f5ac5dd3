"""Rates that are one less another, ratios and geometric means, against the rates that they follow from."""

import math
import re
from collections.abc import Callable, Iterator, Mapping

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import MACRO_OR_WEIGHTED, MEANS_OVER_FOLDS, Finding, finding
from workflow_scripts.claims.tables.last_digits import distance, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import SINGLE

CHECK = "derived rates"
_WRONG = re.compile(r"misclassif|missed|wrong|error")
_NEGATIVE = re.compile(r"healthy|normal|negative|control|benign|without")
_POSITIVE = re.compile(r"patient|disease|positive|abnormal|malignant|case|with\b")
_SHARES = ("sensitivity", "specificity", "precision", "npv", "accuracy")
# A ratio of a count of 0 is infinite; 0.5 is added to each count of such a table, by custom.
HALF_ADDED = "0.5 was added to each count before the ratio was computed"
RATIOS = ("lr_positive", "lr_negative", "dor")


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else math.inf


# Metric → what it is of sensitivity and specificity; each goes one way with both.
_FORMULAS: Mapping[str, Callable[[float, float], float]] = {
    "lr_positive": lambda s, c: _over(s, 1 - c),
    "lr_negative": lambda s, c: _over(1 - s, c),
    "dor": lambda s, c: _over(s * c, (1 - s) * (1 - c)),
    "g_mean": lambda s, c: math.sqrt(s * c),
}
# Ratios of means over folds may be this far from the mean of ratios, as a part of them.
_FOLDS = 0.25


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Shares of wrong answers, likelihood and odds ratios, and geometric means of each row.

    Ratios beside counts are held against those.
    """
    for table in paper.tables:
        for entry in table.plain_entries():
            for cell in entry.cells.values():
                yield from _complement(table, entry, cell)
            for metric in _FORMULAS:
                if metric not in RATIOS or not {"tp", "tn"} <= set(entry.cells):
                    yield from _follows(table, entry, metric)


def _complement(table: ReadTable, entry: Entry, cell: Cell) -> Iterator[Finding]:
    """A share of wrong answers of one class, by the name of its column, is one less a rate."""
    name = cell.column.lower().replace("_", " ")
    if not _WRONG.search(name) or cell.metric in ("error_rate", "false_negative_rate", "false_positive_rate"):
        return
    of_negatives, of_positives = bool(_NEGATIVE.search(name)), bool(_POSITIVE.search(name))
    rate = entry.get("specificity" if of_negatives else "sensitivity")
    if of_negatives == of_positives or rate is None or cell.scale != rate.scale:
        return
    low, high = rate.span()
    why = f"{cell.called} {cell.value.text} is printed with {rate.called} {rate.value.text}."
    if within(cell, 1 - high, 1 - low):
        yield finding(CHECK, table.place, (cell,), CONSISTENT, why, strength="exact")
        return
    for metric in _SHARES:
        rival = entry.get(metric)
        if rival is not None and within(cell, 1 - rival.span()[1], 1 - rival.span()[0]):
            reading = f'column "{cell.called}" is one less {rival.called}'
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=reading, tried=(rate.called,))
            return
    computed = 1 - rate.number
    yield finding(
        CHECK,
        table.place,
        (cell,),
        CONTRADICTION,
        f"{why} Together they are not 1.",
        tried=("one less each other rate of the row", "cut off or rounded twice"),
        computed=cell.printed(computed),
        size=distance(cell, computed),
    )


def _follows(table: ReadTable, entry: Entry, metric: str) -> Iterator[Finding]:
    """Whether a cell is what sensitivity and specificity give."""
    cell, s, c = entry.get(metric), entry.get("sensitivity"), entry.get("specificity")
    if cell is None or s is None or c is None or not (_is_share(s) and _is_share(c)):
        return
    ends = [_FORMULAS[metric](*point) for point in zip(*(_inside(rate) for rate in (s, c)), strict=True)]
    low, high = min(ends), max(ends)
    value = _FORMULAS[metric](s.number, c.number)
    why = f"{cell.called} {cell.value.text} beside {cell.printed(value)} from {s.value.text} and {c.value.text}."
    if within(cell, low, high):
        yield finding(CHECK, table.place, (cell,), CONSISTENT, why, strength="strong" if high < 1.1 * low else "weak")
        return
    reading = _reading(table, cell, (s, c), low, high)
    if reading:
        yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=reading)
    else:
        tried = ("cut off or rounded twice", "means over folds")
        yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=tried, computed=f"{value:.3g}")


def _inside(rate: Cell) -> tuple[float, float]:
    low, high = rate.span()
    return max(0.0, low), min(1.0, high)


def _is_share(rate: Cell) -> bool:
    """Whether the number can be a share at all: what cannot is said elsewhere."""
    return 0 <= rate.number <= 1


def _reading(table: ReadTable, cell: Cell, rates: tuple[Cell, Cell], low: float, high: float) -> str:
    """What may be so where a cell is not what the rates give; empty where nothing is."""
    if not table.of_one_class:
        return MACRO_OR_WEIGHTED
    if cell.metric in RATIOS and any(not 0 < end < 1 for rate in rates for end in _inside(rate)):
        return HALF_ADDED
    # Means of these have no end above: one fold without a false alarm makes them infinite.
    highest = math.inf if cell.metric in ("lr_positive", "dor") else high * (1 + _FOLDS)
    near = within(cell, low * (1 - _FOLDS), highest)
    return MEANS_OVER_FOLDS if near and table.aggregate != SINGLE else ""
