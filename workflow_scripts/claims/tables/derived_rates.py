"""Rates that are one less another, and likelihood ratios, against the rates that they follow from."""

import math
import re
from collections.abc import Iterator

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
# Ratios of means over folds may be this far from the mean of ratios, as a part of them.
_FOLDS = 0.25


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Shares of wrong answers and likelihood ratios of each row."""
    for table in paper.tables:
        for entry in table.plain_entries():
            for cell in entry.cells.values():
                yield from _complement(table, entry, cell)
            if not {"tp", "tn"} <= set(entry.cells):
                yield from _ratio(table, entry, "lr_positive")
                yield from _ratio(table, entry, "lr_negative")


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


def _ratio(table: ReadTable, entry: Entry, metric: str) -> Iterator[Finding]:
    """LR+ is sensitivity / (1 - specificity), LR- is (1 - sensitivity) / specificity."""
    cell, s, c = entry.get(metric), entry.get("sensitivity"), entry.get("specificity")
    if cell is None or s is None or c is None:
        return
    (s_low, s_high), (c_low, c_high) = s.span(), c.span()
    if metric == "lr_positive":
        low, high = s_low / max(1e-9, 1 - c_low), s_high / (1 - c_high) if c_high < 1 else math.inf
        value = s.number / (1 - c.number) if c.number < 1 else math.inf
    else:
        low, high = max(0.0, 1 - s_high) / min(1.0, c_high), (1 - s_low) / max(1e-9, c_low)
        value = (1 - s.number) / max(1e-9, c.number)
    why = f"{cell.called} {cell.value.text} beside {value:.3g} from {s.value.text} and {c.value.text}."
    if within(cell, low, high):
        yield finding(CHECK, table.place, (cell,), CONSISTENT, why, strength="strong" if high < 1.1 * low else "weak")
    elif not table.of_one_class:
        yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=MACRO_OR_WEIGHTED)
    elif table.aggregate != SINGLE and within(cell, low * (1 - _FOLDS), _highest_over_folds(metric, high)):
        yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=MEANS_OVER_FOLDS)
    else:
        tried = ("cut off or rounded twice", "means over folds")
        yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=tried, computed=f"{value:.3g}")


def _highest_over_folds(metric: str, high: float) -> float:
    """The highest mean of a ratio over folds: a fold with few false alarms has any LR+."""
    return math.inf if metric == "lr_positive" else high * (1 + _FOLDS)
