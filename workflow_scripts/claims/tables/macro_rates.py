"""Averages over several classes of a kind that is not stated: macro, micro, one-against-all accuracies."""

from collections.abc import Iterator

from workflow_scripts.claims.outcome import FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import MICRO, Finding, finding
from workflow_scripts.claims.tables.last_digits import within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import OVER_CLASSES, PER_CLASS, UNSAID, class_number, number_in_words

CHECK = "averages over classes"
_MOST_CLASSES = 20
# Rows that show the same number of classes before it is taken to be theirs.
_FEWEST = 3
# Decimals with which four equal numbers are no chance.
_TELLING = 3


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Rows of averages over classes whose kind is left open."""
    for table in paper.tables:
        if table.average not in (UNSAID, OVER_CLASSES) or table.class_key:
            continue
        yield from _micro(table)
        for entry in table.plain_entries():
            count = table.table.n_classes or class_number(paper.paper.task) or _shown_classes(table, entry)
            if count is not None and count > 2 and table.average == UNSAID:
                yield from _of_row(table, entry, count)
            yield from _kappa(table, entry)


def _shown_classes(table: ReadTable, entry: Entry) -> int | None:
    """The number of balanced classes that macro sensitivities and specificities show: 1 - s is (K - 1) times 1 - c.

    Of the row and all rows beside it with the same name in a column of names, at least three.
    """
    for key, name in entry.label.items():
        of_name = [row for row in table.plain_entries() if row.label.get(key) == name]
        numbers = [_numbers(row) for row in of_name]
        shared = set.intersection(*numbers)
        if len(of_name) >= _FEWEST and len(shared) == 1 and sum(len(fits) == 1 for fits in numbers) >= _FEWEST - 1:
            return shared.pop()
    return None


def _numbers(entry: Entry) -> set[int]:
    """How many balanced classes the sensitivity and specificity of a row may be averages of."""
    sensitivity, specificity = entry.get("sensitivity"), entry.get("specificity")
    if sensitivity is None or specificity is None:
        return set()
    return {count for count in range(2, _MOST_CLASSES) if _balanced(sensitivity, specificity, count)}


def _balanced(sensitivity: Cell, specificity: Cell, count: int) -> bool:
    """Whether these are macro averages of so many classes of one size."""
    low, high = (1 - (1 - end) / (count - 1) for end in sensitivity.span())
    return within(specificity, low, high)


def _of_row(table: ReadTable, entry: Entry, count: int) -> Iterator[Finding]:
    sensitivity, specificity, accuracy = entry.get("sensitivity"), entry.get("specificity"), entry.get("accuracy")
    words = number_in_words(count)
    if sensitivity is not None and specificity is not None and specificity.number != sensitivity.number:
        balanced = _balanced(sensitivity, specificity, count)
        implied = specificity.printed(1 - (1 - sensitivity.number) / (count - 1))
        why = f"Sensitivity {sensitivity.value.text} of {words} classes of one size gives specificity {implied}"
        why += f"; {specificity.value.text} is printed."
        kind = "macro average of" if balanced else "macro average (or weighted average) of"
        reading = f"the numbers are a {kind} {words} {'balanced ' if balanced else ''}classes"
        reading += "" if balanced else " of different size"
        cells = [sensitivity, specificity]
        yield finding(
            CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("one class",), computed=implied
        )
    if sensitivity is None or accuracy is None or within(accuracy, *sensitivity.span()):
        return
    low, high = (1 - 2 * (1 - end) / count for end in sensitivity.span())
    if within(accuracy, low, high):
        why = f"Accuracy {accuracy.value.text} is 1 - 2 (1 - {sensitivity.value.text})/{count}, as one against all."
        reading = "accuracy is the mean of one-against-all accuracies"
        yield finding(CHECK, table.place, [accuracy], FITS_ONLY_IF, why, reading=reading, tried=("overall accuracy",))


def _micro(table: ReadTable) -> Iterator[Finding]:
    """Accuracy, precision, recall and F1 that are one number in every row."""
    names = ("accuracy", "precision", "sensitivity", "f1")
    entries = [entry for entry in table.plain_entries() if entry.has(*names)]
    if not entries or table.average != UNSAID:
        return
    same = all(len({entry.cells[name].value.text for name in names}) == 1 for entry in entries)
    if same and all(entry.cells["accuracy"].unit <= 10**-_TELLING for entry in entries):
        cells = [entry.cells[name] for entry in entries for name in names]
        why = "Accuracy, precision, recall and F1 are one number; a micro average makes them so."
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=MICRO, tried=("macro average",))


def _kappa(table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """Kappa of one run, without weights, is at most the accuracy."""
    kappa, accuracy = entry.get("kappa"), entry.get("accuracy")
    if kappa is None or accuracy is None or table.average == PER_CLASS or kappa.span()[0] <= accuracy.span()[1]:
        return
    why = f"Kappa {kappa.value.text} is above accuracy {accuracy.value.text}; unweighted kappa of one run is not."
    reading = "kappa is an averaged or weighted kappa"
    yield finding(CHECK, table.place, [kappa, accuracy], FITS_ONLY_IF, why, reading=reading, tried=("unweighted",))
