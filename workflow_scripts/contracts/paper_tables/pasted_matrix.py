"""A confusion matrix among pasted tables: rows and columns have the same names, but for words such as `predicted`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workflow_scripts.contracts.paper_tables.printed_cells import read_cell
from workflow_scripts.contracts.paper_tables.result_tables import MatrixTotals, PrintedValue

_TRUTH = r"true|truth|actual|reference|gold standard"
_PREDICTED = r"predicted|predictions?|pred\.?|output"
_TOTAL = re.compile(r"(?:row |column |grand )?(?:totals?|sum|all)|n", re.IGNORECASE)


@dataclass(frozen=True)
class PastedMatrix:
    """A matrix: cells, names of the classes, what its rows are (None: not said), its totals, and shares in brackets."""

    cells: tuple[tuple[PrintedValue, ...], ...]
    names: tuple[str, ...]
    rows_are: str | None
    totals: MatrixTotals
    shares: tuple[tuple[PrintedValue, ...], ...] = ()


def _bare(name: str) -> str:
    """A name without the words that say whether it is of a truth or of a prediction."""
    return " ".join(re.sub(rf"\b(?:{_TRUTH}|{_PREDICTED})\b|[:*]", " ", name, flags=re.IGNORECASE).split())


def _rows_are(corner: str, heads: Sequence[str], names: Sequence[str]) -> str | None:
    """What the rows are, where the headings, the names of rows or the corner say so."""
    across, down, corner = " ".join(heads).lower(), " ".join(names).lower(), corner.lower()
    for rows, columns, words in ((_TRUTH, _PREDICTED, "truth"), (_PREDICTED, _TRUTH, "predicted class")):
        if re.search(columns, across) or re.search(rows, down) or re.search(rf"(?:{rows}).*(?:{columns})", corner):
            return words
    # A name in the corner alone is that of the rows below it.
    if re.fullmatch(rf"(?:{_PREDICTED})(?: class| label)?", corner):
        return "predicted class"
    return "truth" if re.fullmatch(rf"(?:{_TRUTH})(?: class| label)?", corner) else None


def pasted_matrix(heads: Sequence[str], body: Sequence[Sequence[str]]) -> PastedMatrix | None:
    """The confusion matrix in a table of headings and rows of cells; None where it is none, or a cell is no number."""
    columns = [number for number, head in enumerate(heads) if number and not _TOTAL.fullmatch(head.strip(" *"))]
    rows = [row for row in body if not _TOTAL.fullmatch(row[0].strip(" *"))]
    names = [_bare(row[0]).lower() for row in rows]
    if len(names) < 2 or len(set(names)) < len(names) or [_bare(heads[column]).lower() for column in columns] != names:
        return None
    cells = [[_counted(read_cell(row[column])[0]) for column in columns] for row in rows]
    whole = tuple(tuple(value for value in row if value is not None) for row in cells)
    if any(len(row) != len(names) for row in whole):
        return None
    shown = tuple(heads[column].strip(" *") for column in columns)
    bare = tuple(_bare(head) for head in shown)
    rows_are = _rows_are(heads[0], shown, [row[0] for row in rows])
    shares = tuple(tuple(PrintedValue(value.in_brackets or "") for value in row) for row in whole)
    is_shown = all(share.number is not None for row in shares for share in row)
    classes = bare if rows_are and all(bare) else shown
    totals = _totals(heads, body, rows, columns)
    return PastedMatrix(whole, classes, rows_are, totals, shares if is_shown else ())


def _counted(value: PrintedValue | None) -> PrintedValue | None:
    """The value of a cell such as `80.0% (40)`, the count first."""
    if value is None or not value.percent or value.in_brackets is None:
        return value
    return replace(value, text=value.in_brackets, in_brackets=value.text)


def _totals(
    heads: Sequence[str], body: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], columns: Sequence[int]
) -> MatrixTotals:
    """Totals in a last column or row."""
    beyond = [number for number in range(1, len(heads)) if number not in columns]
    below = [row for row in body if row not in rows]
    of_rows = _counts([row[beyond[0]] for row in rows]) if beyond else ()
    of_columns = _counts([below[0][column] for column in columns]) if below else ()
    everything = _counts([below[0][beyond[0]]]) if beyond and below else ()
    return MatrixTotals(of_rows, of_columns, everything[0] if everything else None)


def _counts(cells: Sequence[str]) -> tuple[int, ...]:
    """Cells as whole numbers; empty where one is none."""
    values = [value.number for cell in cells if (value := read_cell(cell)[0])]
    numbers = [int(number) for number in values if number is not None and number == int(number)]
    return tuple(numbers) if len(numbers) == len(cells) else ()
