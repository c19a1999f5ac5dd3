"""Rows that are copies of others."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from workflow_scripts.claims.outcome import CONTRADICTION, NOTE
from workflow_scripts.claims.tables.entry_rates import implied, one_class_entries, rates_of, usable
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable

CHECK = "copied rows"
# Rates that are the same before two rows are called copies.
_FEWEST = 4
# Digits that make a number telling: two equal whole percents are nothing.
_DIGITS = 3


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Pairs of rows of a table with the same rates: a note, and wrong where the samples of its group rule it out."""
    for table in paper.tables:
        entries = [entry for entry in table.plain_entries() if len(_telling(entry)) >= _FEWEST]
        within = table.table.same_samples_within
        for first, second in combinations(entries, 2):
            cells = _copied(first, second)
            if not cells:
                continue
            copy = _foreign(table, first, second, within) if within not in (None, "table") else None
            why = f"{first.name} and {second.name} have the same {', '.join(cell.called for cell in cells)}"
            if copy is None:
                yield finding(CHECK, table.place, cells, NOTE, f"{why}.", innocent="Both may have answered alike.")
            else:
                own = [cell for cell in copy.cells.values() if usable(cell)]
                why += f"; the share of positives that they imply is not that of the rows beside {copy.name}."
                tried = ("both rows on their own samples",)
                yield finding(CHECK, table.place, own, CONTRADICTION, why, tried=tried)


def _telling(entry: Entry) -> list[Cell]:
    cells = [cell for cell in entry.cells.values() if usable(cell)]
    return [cell for cell in cells if len(cell.value.text.strip("%. ").lstrip("0.").replace(".", "")) >= _DIGITS]


def _copied(first: Entry, second: Entry) -> list[Cell]:
    """The cells of the first row that the second repeats, where all do but one that is a unit off."""
    pairs = [(cell, second.cells[cell.metric]) for cell in _telling(first) if cell.metric in second.cells]
    same = [cell for cell, row in pairs if cell.value.text == row.value.text]
    near = all(abs(cell.number - row.number) <= 1.01 * cell.unit for cell, row in pairs)
    several = len({cell.value.text for cell in same}) >= _FEWEST - 1
    return same if near and several and len(same) >= max(_FEWEST, len(pairs) - 1) else []


def _foreign(table: ReadTable, first: Entry, second: Entry, within: str | None) -> Entry | None:
    """Of copies in different groups, the one whose share of positives is none of its group's."""
    if within is None or first.label.get(within) == second.label.get(within):
        return None
    odd = [entry for entry in (first, second) if _is_odd(table, entry, within)]
    return odd[0] if len(odd) == 1 else None


def _is_odd(table: ReadTable, entry: Entry, within: str) -> bool:
    compared = [
        row
        for row in one_class_entries(table)
        if row.name != entry.name and row.label.get(within) == entry.label.get(within)
    ]
    own, spans = _implied(entry), [_implied(row) for row in compared]
    with_span = [span for span in spans if span is not None]
    return own is not None and len(with_span) > 2 and not _overlaps(own, with_span)


def _implied(entry: Entry) -> tuple[float, float] | None:
    """The share of positives that an entry implies, as of one run, or, where that cannot be, as of folds."""
    return implied(rates_of(entry)) or implied(rates_of(entry, slack=True))


def _overlaps(own: tuple[float, float], spans: Sequence[tuple[float, float]]) -> bool:
    return any(own[0] <= high and own[1] >= low for low, high in spans)
