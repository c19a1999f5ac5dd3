"""Confusion matrices against everything printed about them: totals, shares, rates of classes, accuracy, kappa."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.claims.scores import scores
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, OTHER_RUN, Finding, finding
from workflow_scripts.claims.tables.last_digits import READINGS, distance, way_of, way_of_all
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable, cell_beside
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE
from workflow_scripts.claims.tables.two_class_matrices import follow, rates_beside

if TYPE_CHECKING:
    import numpy as np

CHECK = "confusion matrices"
_TRIED = ("cut off or rounded twice", "a transposed matrix", "one-against-all accuracies", "macro recall")
# Of the numbers of a class table, the part that a matrix must give before the rest is called wrong.
_MOST = 0.7


@dataclass(frozen=True)
class _Matrix:
    """Counts or shares by true class (rows) and predicted class (columns); by_rows: whether the paper says so."""

    counts: "np.ndarray"
    by_rows: bool | None

    def transposed(self) -> "_Matrix":
        return _Matrix(self.counts.T, None)

    def of_classes(self) -> dict[str, list[float]]:
        """Metric → its value of each class; nan where it has none."""
        rates = scores(self.counts, math.nan) | {"support": self.counts.sum(1)}
        return {name: values.tolist() for name, values in rates.items() if name != "accuracy"}

    def of_all(self) -> dict[str, float]:
        """Metric → its value of all classes, and other things that the accuracy may be."""
        import numpy as np

        m, n, count = self.counts, self.counts.sum(), len(self.counts)
        accuracy = float(np.diag(m).sum() / n)
        expected = float((m.sum(1) * m.sum(0)).sum() / n / n)
        return {"accuracy": accuracy, "kappa": (accuracy - expected) / (1 - expected) if expected < 1 else 1.0} | {
            "the mean of one-against-all accuracies": 1 - 2 * (1 - accuracy) / count,
            "the macro recall": float(np.nanmean(self.of_classes()["sensitivity"])),
        }


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each matrix against what is printed about it, and against the rows of its classes."""
    for table in paper.tables:
        matrix = _matrix(table)
        if matrix is None:
            continue
        if (table.table.entries_are or "").startswith("share"):
            yield from _shares(table, matrix)
            yield from _against_rows(table, table, matrix, ("sensitivity",))
            continue
        yield from _totals(table, matrix)
        yield from _row_percent(table, matrix)
        yield from _per_class(table, matrix)
        yield from _of_all(table, matrix)
        yield from rates_beside(CHECK, table, matrix.counts, matrix.by_rows, _names(table, len(matrix.counts)))
        for with_rows in paper.tables:
            yield from _against_rows(table, with_rows, matrix, ("sensitivity", "precision", "f1", "specificity"))
        yield from _against_accuracy(paper, table, matrix)


def _matrix(table: ReadTable) -> _Matrix | None:
    import numpy as np

    numbers = [[value.number for value in row] for row in table.table.confusion_matrix]
    if not numbers or any(len(row) != len(numbers) or None in row for row in numbers):
        return None
    counts = np.array(numbers, float)
    words = (table.table.rows_are or "").lower()
    by_rows = True if "truth" in words or "true" in words else False if "predict" in words else None
    if "stated" in words and "predict" in words:
        by_rows = None
    return _Matrix(counts.T if by_rows is False else counts, by_rows) if counts.sum() > 0 else None


def _names(table: ReadTable, count: int) -> list[str]:
    names = list(table.table.classes)
    return names if len(names) == count else [f"class {number}" for number in range(1, count + 1)]


def _shares(table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    counts = matrix.counts
    unit = max(value.unit for row in table.table.confusion_matrix for value in row)
    whole = 100.0 if counts.max() > 1.5 else 1.0
    off = max(abs(float(total) - whole) for total in counts.sum(1))
    outcome = CONSISTENT if off <= unit * len(counts) + 1e-9 else NOTE
    why = f"The shares of the rows add to {whole:g} within {off:.3g}."
    yield Finding(CHECK, table.place, "all rows", "", outcome, why, strength="weak" if outcome == CONSISTENT else "")


def _totals(table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    totals = table.table.totals
    counts = matrix.counts if matrix.by_rows is not False else matrix.counts.T
    pairs = [
        *(
            (f"row {i}", printed, total)
            for i, (printed, total) in enumerate(zip(totals.rows, counts.sum(1), strict=False), 1)
        ),
        *(
            (f"column {i}", printed, total)
            for i, (printed, total) in enumerate(zip(totals.columns, counts.sum(0), strict=False), 1)
        ),
        *(((("all", totals.all, counts.sum()),)) if totals.all is not None else ()),
    ]
    for name, printed, total in pairs:
        if printed != total:
            why = f"The total {printed} is printed; the cells add to {total:g}."
            yield Finding(CHECK, table.place, name, "total", CONTRADICTION, why, computed=f"{total:g}")
    if pairs and all(printed == total for _, printed, total in pairs):
        yield Finding(CHECK, table.place, "all", "total", CONSISTENT, "The cells add to the totals.", strength="exact")


def _row_percent(table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    """Percentages beside the counts: of rows, of columns or of all, one way for all cells."""
    printed = table.table.row_percent
    counts = matrix.counts if matrix.by_rows is not False else matrix.counts.T
    if len(printed) != len(counts) or any(len(row) != len(counts) for row in printed):
        return
    names = _names(table, len(counts))
    whole = 1.0 if all(value.number is not None and value.number <= 1 for row in printed for value in row) else 100.0
    cells = [
        [Cell(names[i], name := f"percent {j + 1}", name, value, whole) for j, value in enumerate(row)]
        for i, row in enumerate(printed)
    ]
    readings = {"": counts / counts.sum(1, keepdims=True), "the percentages are of columns": counts / counts.sum(0)}
    readings["the percentages are of all samples"] = counts / counts.sum()
    ways = {
        words: [way_of(cell, float(shares[i, j])) for i, row in enumerate(cells) for j, cell in enumerate(row)]
        for words, shares in readings.items()
    }
    flat = [cell for row in cells for cell in row]
    for words, values in ways.items():
        if None not in values:
            outcome = FITS_ONLY_IF if words else CONSISTENT
            why = "The percentages follow from the counts."
            yield finding(CHECK, table.place, flat, outcome, why, reading=words, strength="" if words else "exact")
            return
    nearest = max(ways, key=lambda words: sum(way is not None for way in ways[words]))
    for cell, share, way in zip(flat, readings[nearest].ravel(), ways[nearest], strict=True):
        if way is None:
            yield _wrong(table, cell, float(share))


def _wrong(table: ReadTable, cell: Cell, number: float) -> Finding:
    why = f"{cell.called} {cell.value.text} is printed; {cell.printed(number)} follows from the matrix."
    size = distance(cell, number)
    return finding(
        CHECK, table.place, (cell,), CONTRADICTION, why, tried=_TRIED, computed=cell.printed(number), size=size
    )


def _per_class(table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    names = _names(table, len(matrix.counts))
    cells: list[tuple[Cell, int]] = []
    for metric, values in table.table.per_class_printed.items():
        for number, value in enumerate(values):
            if value.number is not None and number < len(names):
                cells.append((cell_beside(names[number], metric, value), number))
    yield from _compared(table, matrix, cells)


def _compared(table: ReadTable, matrix: _Matrix, cells: Sequence[tuple[Cell, int]]) -> Iterator[Finding]:
    """Printed rates of classes against the matrix, as it stands or transposed."""
    own, turned = matrix.of_classes(), matrix.transposed().of_classes()
    cells = [
        (cell, number)
        for cell, number in cells
        if cell.metric in own and own[cell.metric][number] == own[cell.metric][number]
    ]
    if not cells:
        return
    as_printed = {cell: way_of(cell, own[cell.metric][number]) for cell, number in cells}
    flat = [cell for cell, _ in cells]
    if None not in as_printed.values():
        way = way_of_all(as_printed.values())
        why = "The rates of the classes follow from the matrix."
        if way == ROUNDED or way is None:
            yield finding(CHECK, table.place, flat, CONSISTENT, why, strength="exact")
        else:
            odd = [cell for cell in flat if as_printed[cell] != ROUNDED]
            yield finding(CHECK, table.place, odd, FITS_ONLY_IF, why, reading=READINGS[way], tried=("rounded",))
        return
    if all(way_of(cell, turned[cell.metric][number]) for cell, number in cells):
        outcome = CONSISTENT if matrix.by_rows is None else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else "the matrix is transposed: its rows are the predicted classes"
        why = "The rates of the classes follow from the transposed matrix."
        strength = "exact" if outcome == CONSISTENT else ""
        yield finding(CHECK, table.place, flat, outcome, why, reading=reading, strength=strength)
        return
    misfits = [(cell, number) for cell, number in cells if as_printed[cell] is None]
    none_fits = len(misfits) == len(cells) and table.aggregate != SINGLE
    if none_fits or (len(misfits) > (1 - _MOST) * len(cells) and len(cells) > 3):
        yield finding(
            CHECK,
            table.place,
            [cell for cell, _ in misfits],
            FITS_ONLY_IF,
            f"{len(misfits)} of {len(cells)} rates do not follow from the matrix.",
            reading=OTHER_RUN,
            tried=_TRIED[:2],
        )
        return
    for cell, number in misfits:
        yield _wrong(table, cell, own[cell.metric][number])


def _of_all(table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    rates = matrix.of_all()
    for key, value in table.table.printed_beside.items():
        if key not in ("accuracy", "kappa") or value.number is None:
            continue
        cell = cell_beside("all", key, value)
        way = way_of(cell, rates[key])
        why = f"{key} {value.text} is printed; {cell.printed(rates[key])} follows from the matrix."
        if way == ROUNDED:
            yield finding(CHECK, table.place, (cell,), CONSISTENT, why, strength="exact")
        elif way is not None:
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=READINGS[way], tried=("rounded",))
        elif key == "accuracy" and (named := [name for name in rates if " " in name and way_of(cell, rates[name])]):
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=f"the accuracy is {named[0]}")
        elif key == "kappa" and len(matrix.counts) > 2:
            reading = "kappa is an averaged or weighted kappa"
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=reading, tried=("unweighted",))
        elif table.aggregate == MEANS:
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=MEANS_OVER_FOLDS, tried=_TRIED)
        elif table.aggregate == SINGLE or _is_of_the_run(table, matrix, key):
            yield _wrong(table, cell, rates[key])
        else:
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=OTHER_RUN, tried=_TRIED)


def _is_of_the_run(table: ReadTable, matrix: _Matrix, key: str) -> bool:
    """Whether any number that is printed beside a matrix, but this one, follows from it."""
    rates, of_classes = matrix.of_all(), matrix.of_classes()
    for metric, values in table.table.per_class_printed.items():
        numbers = zip(values, of_classes.get(metric, ()), strict=False)
        if any(value.number is not None and way_of(cell_beside("", metric, value), own) for value, own in numbers):
            return True
    printed = table.table.printed_beside.items()
    cells = [cell_beside("all", name, value) for name, value in printed if name != key and value.number]
    of_all = any(cell.metric in ("accuracy", "kappa") and way_of(cell, rates[cell.metric]) for cell in cells)
    return of_all or follow(cells, matrix.counts)


def _against_rows(table: ReadTable, rows: ReadTable, matrix: _Matrix, metrics: Sequence[str]) -> Iterator[Finding]:
    """A matrix against the rows of its classes, in its own table or one with classes of these names."""
    if not rows.class_key or len(rows.groups(rows.class_key)) != 1:
        return
    entries: Mapping[str, Entry] = {entry.label[rows.class_key].lower(): entry for entry in rows.plain_entries()}
    names = [name.lower() for name in table.table.classes] or (list(entries) if rows is table else [])
    if len(names) != len(matrix.counts) or set(names) != set(entries):
        return
    cells = [
        (entries[name].cells[metric], number)
        for number, name in enumerate(names)
        for metric in metrics
        if metric in entries[name].cells
    ]
    yield from _compared(rows, matrix, cells)


def _against_accuracy(paper: ReadPaper, table: ReadTable, matrix: _Matrix) -> Iterator[Finding]:
    """The only accuracy of a paper against its only matrix, where this holds all test samples."""
    if sum(bool(with_rows.table.confusion_matrix) for with_rows in paper.tables) != 1:
        return
    cells = [
        entry.cells["accuracy"]
        for with_rows in paper.tables
        for entry in with_rows.entries
        if "accuracy" in entry.cells
    ]
    if len(cells) != 1 or matrix.counts.sum() != paper.paper.test_n or "accuracy" in table.table.printed_beside:
        return
    with_rows = next(
        with_rows for with_rows in paper.tables if any(cells[0] in entry.cells.values() for entry in with_rows.entries)
    )
    number = matrix.of_all()["accuracy"]
    why = f"Accuracy {cells[0].value.text} is printed; the matrix of all test samples gives {cells[0].printed(number)}."
    if way_of(cells[0], number) is not None:
        yield finding(CHECK, with_rows.place, cells, CONSISTENT, why, strength="exact")
    else:
        yield finding(CHECK, with_rows.place, cells, FITS_ONLY_IF, why, reading=OTHER_RUN, tried=_TRIED)
