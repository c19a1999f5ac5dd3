"""Areas under the curve against the sensitivity and specificity of the same row, which are one point of it."""

from collections.abc import Iterator

from workflow_scripts.claims.arithmetic.curve_area import NO_THRESHOLD, curve_area, mean_curve_area
from workflow_scripts.claims.outcome import CONSISTENT, FITS_ONLY_IF, strength_of
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, Finding, finding
from workflow_scripts.claims.tables.last_digits import within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable, listed
from workflow_scripts.claims.tables.table_words import MEANS, OVER_CLASSES, PER_CLASS, SINGLE, takes_median

CHECK = "areas under curves"


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each row that has all three, of two classes or of a number that is not known; medians say nothing."""
    for table in paper.tables:
        several = paper.class_numbers(table) - {2} or table.average in (PER_CLASS, OVER_CLASSES)
        if several or takes_median(table.table.aggregation):
            continue
        for entry in table.plain_entries():
            if entry.has("auc", "sensitivity", "specificity"):
                yield _of_row(table, entry)


def _of_row(table: ReadTable, entry: Entry) -> Finding:
    area = entry.cells["auc"]
    point = (entry.cells["sensitivity"], entry.cells["specificity"])
    low, high = curve_area(*(cell.span() for cell in point))
    cells = (area, *point)
    word = "allow" if within(area, low, high) else "do not allow"
    why = f"{listed(point)} of {entry.name} {word} an area of {area.value.text}."
    if within(area, low, high):
        strength = strength_of(high - low, area.unit)
        return finding(CHECK, table.place, cells, CONSISTENT, why, strength=strength)
    if table.aggregate != SINGLE and within(area, *mean_curve_area(*(cell.span() for cell in point))):
        outcome = CONSISTENT if table.aggregate == MEANS else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else MEANS_OVER_FOLDS
        return finding(CHECK, table.place, cells, outcome, why, reading=reading, strength="weak")
    tried = ("every curve through the point", "cut off or rounded twice", "means over folds")
    computed = _ends(area, low, high)
    return finding(CHECK, table.place, (area,), FITS_ONLY_IF, why, reading=NO_THRESHOLD, tried=tried, computed=computed)


def _ends(area: Cell, low: float, high: float) -> str:
    return f"{area.printed(low)} to {area.printed(high)}"
