"""Numbers that a paper prints in two tables under the same names."""

from collections.abc import Iterator
from itertools import combinations

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.entry_rates import implied, rates_of
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.printed_entries import Entry, ReadPaper

CHECK = "numbers printed twice"
OTHER_POSITIVES = "one of the tables has the other class as the positive one"
_EXCHANGED = ("sensitivity", "specificity")
# The same whichever class is the positive one.
_OF_BOTH_CLASSES = (
    "accuracy",
    "balanced_accuracy",
    "auc",
    "kappa",
    "mcc",
    "youden",
    "error_rate",
    "g_mean",
    "dor",
    "n",
)


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
            if all(_may_be_of_other_class(*pair) for pair in exchanged):
                yield finding(CHECK, first.place, cells, FITS_ONLY_IF, why, reading=OTHER_POSITIVES)
            else:
                tried = ("another row of the same name", OTHER_POSITIVES)
                yield finding(CHECK, first.place, cells, CONTRADICTION, why, tried=tried)


def _may_be_of_other_class(entry: Entry, again: Entry) -> bool:
    """Whether both rows may be right, the other class being the positive one in the second.

    A number of one class that both print would be another one then, too; and the rates of the first must be some.
    """
    shared = [metric for metric in entry.cells if metric in again.cells]
    return set(shared) <= {*_EXCHANGED, *_OF_BOTH_CLASSES} and implied(rates_of(entry)) is not None


def _has_both(entry: Entry) -> bool:
    return entry.has(*_EXCHANGED)


def _texts(entry: Entry) -> tuple[str, str]:
    return entry.cells["sensitivity"].value.text, entry.cells["specificity"].value.text


def _equal(entry: Entry, again: Entry) -> bool:
    return _texts(entry) == _texts(again)


def _exchanged(entry: Entry, again: Entry) -> bool:
    return not _equal(entry, again) and _texts(entry) == _texts(again)[::-1]


def _else_equal(entry: Entry, again: Entry) -> bool:
    """Whether at least one other number of both rows is printed, and all such are equal."""
    shared = [metric for metric in entry.cells if metric in again.cells and metric not in _EXCHANGED]
    return bool(shared) and all(entry.cells[m].value.text == again.cells[m].value.text for m in shared)
