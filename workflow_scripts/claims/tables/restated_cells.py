"""Numbers that a paper prints in two tables under the same names."""

from collections.abc import Iterator
from itertools import combinations

from workflow_scripts.claims.outcome import CONTRADICTION
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.printed_entries import Entry, ReadPaper

CHECK = "numbers printed twice"


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Rows of two tables with the same names and sensitivity and specificity exchanged, the rest being equal."""
    for first, second in combinations(paper.tables, 2):
        pairs = [
            (entry, again)
            for entry in first.plain_entries()
            for again in second.plain_entries()
            if entry.label and dict(entry.label) == dict(again.label) and _has_both(entry) and _has_both(again)
        ]
        exchanged = [(entry, again) for entry, again in pairs if _exchanged(entry, again) and _else_equal(entry, again)]
        if not exchanged or len(exchanged) < sum(not _equal(entry, again) for entry, again in pairs):
            continue
        for entry, _ in exchanged:
            cells = [entry.cells["sensitivity"], entry.cells["specificity"]]
            s, c = (cell.value.text for cell in cells)
            why = f"Sensitivity {s} and specificity {c} of {entry.name} stand the other way round in {second.place}."
            yield finding(CHECK, first.place, cells, CONTRADICTION, why, tried=("another row of the same name",))


def _has_both(entry: Entry) -> bool:
    return entry.has("sensitivity", "specificity")


def _texts(entry: Entry) -> tuple[str, str]:
    return entry.cells["sensitivity"].value.text, entry.cells["specificity"].value.text


def _equal(entry: Entry, again: Entry) -> bool:
    return _texts(entry) == _texts(again)


def _exchanged(entry: Entry, again: Entry) -> bool:
    return not _equal(entry, again) and _texts(entry) == _texts(again)[::-1]


def _else_equal(entry: Entry, again: Entry) -> bool:
    """Whether at least one other number of both rows is printed, and all such are equal."""
    shared = [
        metric for metric in entry.cells if metric in again.cells and metric not in ("sensitivity", "specificity")
    ]
    return bool(shared) and all(entry.cells[m].value.text == again.cells[m].value.text for m in shared)
