"""Numbers that no share can be: above 100 percent, or below nought."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.printed_entries import Cell, ReadPaper, ReadTable
from workflow_scripts.contracts.paper_tables.metric_spellings import is_share

CHECK = "possible values"
IN_PERCENT = "the number is in percent among fractions"
AS_FRACTION = "the number is a fraction among percents"
DASH = "its minus sign is a dash"
# Shares that may lie below nought.
_SIGNED = ("kappa", "mcc", "youden")
# Printed per thousand or per hundred thousand too.
_OF_ANY_UNIT = ("prevalence",)


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Every share of a table that lies outside what a share can be.

    Nothing is said of a column most of which does: it is of something else (an AUC of blood levels, standard errors).
    """
    for table in paper.tables:
        shares = _shares(table)
        for cell in shares:
            column = [share for share in shares if share.column == cell.column]
            compared = column if len(column) > 1 else shares
            if _impossible(cell) and 2 * sum(map(_impossible, compared)) < len(compared):
                yield _spoken(table, cell)
        yield from _other_units(table)


def _other_units(table: ReadTable) -> Iterator[Finding]:
    """Cells in percent among fractions of their metric, or the reverse; rows of one unit of their own are as read."""
    for entry in table.entries:
        own = [cell for cell in entry.cells.values() if is_share(cell.metric)]
        for cell in own:
            column = [of for row in table.entries for of in row.cells.values() if of.metric == cell.metric]
            same = sum(of.scale == cell.scale for of in column)
            in_row = sum(of.scale == cell.scale for of in own if of is not cell)
            is_of_mixed_row = len(own) == 1 or in_row < len(own) - 1
            is_even = 2 * same == len(column) and 2 * in_row < max(1, len(own) - 1)
            if is_of_mixed_row and (2 * same < len(column) or is_even):
                why = f"{cell.called} {cell.value.text} of {cell.row} is in another unit than its column."
                yield _fits_only_if(table, [cell], why, AS_FRACTION if cell.scale == 1 else IN_PERCENT)


def _shares(table: ReadTable) -> list[Cell]:
    cells = [cell for entry in table.entries for cell in entry.cells.values()]
    return [cell for cell in cells if is_share(cell.metric) and cell.metric not in _OF_ANY_UNIT]


def _impossible(cell: Cell) -> bool:
    low, high = cell.span()
    return low > 1 or high < (-1 if cell.metric in _SIGNED else 0)


def _spoken(table: ReadTable, cell: Cell) -> Finding:
    text = cell.value.text
    if -1 <= cell.number < 0:
        why = f"{cell.called} {text} of {cell.row} is below the least that it can be."
        return _fits_only_if(table, [cell], why, DASH)
    if cell.scale == 1 and cell.number <= 100:
        why = f"{cell.called} {text} of {cell.row} is above 1, and no share is."
        return _fits_only_if(table, [cell], why, IN_PERCENT)
    why = f"{cell.called} {text} of {cell.row} is no share, as a fraction or in percent."
    tried = ("as a fraction", "in percent")
    return finding(CHECK, table.place, [cell], CONTRADICTION, why, tried=tried, computed=f"at most {cell.scale:g}")


def _fits_only_if(table: ReadTable, cells: Sequence[Cell], why: str, reading: str) -> Finding:
    return finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=(reading,))
