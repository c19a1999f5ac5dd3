"""Whether a printed number is a computed one, and by which way of writing."""

from collections.abc import Iterable

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, CUT, MODES, ROUNDED, TWICE
from workflow_scripts.claims.tables.printed_entries import Cell

# Computed in floating point.
_SLACK = 1e-9
# What the reading is called in words that complete "fits only if …".
READINGS = {
    CUT: "digits are cut off, not rounded",
    TWICE: "the number was rounded twice",
    ANY: "some last digits are cut off and others rounded",
}


def within(cell: Cell, low: float, high: float, way: str = ANY) -> bool:
    """Whether the number behind the cell may lie between two values."""
    own_low, own_high = cell.span(way)
    return own_low <= high + _SLACK and own_high >= low - _SLACK


def way_of(cell: Cell, number: float) -> str | None:
    """The first way of writing by which this number is printed as the cell, None if none is."""
    for way in MODES:
        if within(cell, number, number, way):
            return way
    return None


def way_of_all(ways: Iterable[str | None]) -> str | None:
    """One way of writing for several cells: a mode where one is enough, else ANY; None where a cell fits none.

    A cell that fits when rounded does not speak against TWICE, which only widens it.
    """
    needed = set(ways)
    if None in needed:
        return None
    needed.discard(ROUNDED)
    if not needed:
        return ROUNDED
    named = {way for way in needed if way is not None}
    return named.pop() if len(named) == 1 else ANY


def distance(cell: Cell, number: float) -> str:
    """How far a computed number is from the printed one, in the printed unit."""
    return f"{abs(number - cell.number) * cell.scale:.{min(cell.value.decimals + 1, 6)}f}"
