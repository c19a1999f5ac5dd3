"""Percentages beside counts: of the row, the column, a total or another column, one rule for all cells."""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.last_digits import way_of
from workflow_scripts.claims.tables.printed_entries import Cell, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import sums_up
from workflow_scripts.contracts.paper_tables.metric_spellings import is_metric
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, Row

CHECK = "shares of counts"
# Cells that follow a rule before the only one that does not is called wrong.
_FEWEST = 5
# Of the rules of `_wholes` the one of a total; of that so many samples at least have a value of a row.
_OF_TOTAL, _MOST_WITH_VALUE = 2, 0.9
_NO_VALUE = "some samples have no value of it, and the share is of the others"
# Row number and column → what a share is of; 0 where there is nothing.
Whole = Callable[[int, str], float]


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Percentages in brackets after counts, and columns that are one count column over another."""
    for table in paper.tables:
        yield from _in_brackets(table)
        yield from _columns(paper, table)


def _number(row: Row, column: str) -> float:
    value = row.values.get(column)
    return value.number if value is not None and value.number is not None else 0.0


def _is_whole(value: PrintedValue) -> bool:
    return value.number is not None and value.decimals == 0 and not value.percent


def _in_brackets(table: ReadTable) -> Iterator[Finding]:
    """Counts with a share in brackets: the rule that all, or all but one, follow."""
    rows = table.table.rows
    cells = [
        (number, column, Cell(row.name, column, column, PrintedValue(value.in_brackets), 100.0))
        for number, row in enumerate(rows)
        for column, value in row.values.items()
        if value.in_brackets and _is_whole(value) and PrintedValue(value.in_brackets).number is not None
    ]
    if len(cells) < _FEWEST:
        return
    best: list[str | None] = []
    lacking = [False] * len(cells)
    for rule, whole in enumerate(_wholes(rows, {column for _, column, _ in cells})):
        ways = [
            way_of(cell, _number(rows[number], column) / of) if (of := whole(number, column)) > 0 else None
            for number, column, cell in cells
        ]
        if sum(way is not None for way in ways) > sum(way is not None for way in best):
            best = ways
            if rule == _OF_TOTAL:
                lacking = [
                    way is None and _lacking(cell, _number(rows[number], column), whole(number, column))
                    for way, (number, column, cell) in zip(ways, cells, strict=True)
                ]
    yield from _judged(table, [cell for _, _, cell in cells], best, lacking)


def _lacking(cell: Cell, part: float, whole: float) -> bool:
    """Whether the share is that of a little fewer samples than the total, as where some have no value."""
    fewer = range(int(whole) - 1, int(whole * _MOST_WITH_VALUE) - 1, -1)
    return any(of > 0 and way_of(cell, part / of) is not None for of in fewer)


def _wholes(rows: Sequence[Row], columns: set[str]) -> list[Whole]:
    """What shares may be of: the row, the column, its total, its block, its block but for what has no share."""
    totals = [number for number, row in enumerate(rows) if any(sums_up(name) for name in row.label.values())]

    def block(number: int) -> list[Row]:
        first = next(iter(rows[number].label.values()), "")
        return [row for row in rows if next(iter(row.label.values()), "") == first]

    def shared(number: int, column: str) -> float:
        with_shares = [row for row in block(number) if column in row.values and row.values[column].in_brackets]
        return sum(_number(row, column) for row in with_shares)

    return [
        lambda number, column: sum(_number(rows[number], name) for name in columns),
        lambda number, column: sum(_number(row, column) for i, row in enumerate(rows) if i not in totals),
        lambda number, column: _number(rows[totals[0]], column) if len(totals) == 1 else 0.0,
        lambda number, column: sum(_number(row, column) for row in block(number)),
        shared,
    ]


def _columns(paper: ReadPaper, table: ReadTable) -> Iterator[Finding]:
    """Columns that are the share of one count column in another, or in the printed n."""
    rows = table.table.rows
    counts = [column for column in table.table.columns if _is_count(rows, column)]
    test_n = table.table.n or (paper.paper.test_n if isinstance(paper.paper.test_n, int) else None)
    for column in table.table.columns:
        if column in counts or is_metric(column):
            continue
        cells = {
            number: Cell(row.name, column, column, row.values[column], table.table.scale(column))
            for number, row in enumerate(rows)
            if column in row.values and row.values[column].number not in (None, 0.0)
        }
        if len(cells) < _FEWEST:
            continue
        best: list[str | None] = []
        for part, whole in [*permutations(counts, 2), *((count, "") for count in counts if test_n)]:
            ways = [_share_way(rows[number], cell, part, whole, test_n) for number, cell in cells.items()]
            if sum(way is not None for way in ways) > sum(way is not None for way in best):
                best = ways
        yield from _judged(table, list(cells.values()), best)


def _is_count(rows: Sequence[Row], column: str) -> bool:
    values = [row.values[column] for row in rows if column in row.values]
    return all(_is_whole(value) for value in values)


def _share_way(row: Row, cell: Cell, part: str, whole: str, test_n: int | None) -> str | None:
    of = _number(row, whole) if whole else float(test_n or 0)
    return way_of(cell, _number(row, part) / of) if of > 0 and part in row.values else None


def _judged(
    table: ReadTable, cells: Sequence[Cell], ways: Sequence[str | None], lacking: Sequence[bool] = ()
) -> Iterator[Finding]:
    """Consistent where all cells follow the rule, wrong where the only one does not.

    lacking: of each cell, whether it follows no rule and some samples may have no value of it.
    """
    misfits = [cell for cell, way in zip(cells, ways, strict=False) if way is None]
    if len(ways) != len(cells) or len(cells) - len(misfits) < _FEWEST:
        return
    fits = [cell for cell in cells if cell not in misfits]
    if len(misfits) <= 1:
        why = f"{len(fits)} shares follow from the counts by one rule."
        yield finding(CHECK, table.place, fits, CONSISTENT, why, strength="exact")
    if len(misfits) == 1:
        why = f"{misfits[0].value.text} does not follow from the counts as the {len(fits)} other shares do."
        tried = ("shares of the row, of the column, of a total, of a block", "cut off or rounded twice")
        innocent = "The count may be the misprinted number."
        if any(lacking):
            yield finding(CHECK, table.place, misfits, FITS_ONLY_IF, why, reading=_NO_VALUE, tried=tried)
            return
        yield finding(CHECK, table.place, misfits, CONTRADICTION, why, tried=tried, innocent=innocent)
