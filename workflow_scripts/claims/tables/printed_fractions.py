"""Shares against the fractions, counts and percentages printed beside them."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.entry_rates import over_folds
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.last_digits import READINGS, distance, way_of, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE
from workflow_scripts.claims.tables.verification_bias import ADJUSTED, RATES, may_be_adjusted

CHECK = "fractions"
# Column of a number of samples → columns that are shares of it.
_SHARES_OF = {"n": ("accuracy", "value", "share"), "positives": ("sensitivity",), "negatives": ("specificity",)}
_TRIED = ("cut off", "rounded twice", "the share of the rest")


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each share against its fraction, its count and whole, or its whole alone."""
    for table in paper.tables:
        for entry in table.entries:
            for cell in entry.cells.values():
                if cell.value.fraction is not None and cell.value.fraction[1] > 0 and "/" not in cell.value.text:
                    yield _of_fraction(table, cell, *cell.value.fraction, _adjusted(entry))
            yield from _of_counts(table, entry)
            yield from _of_wholes(table, entry)
            yield from _wholes_add(paper, table, entry)


def _adjusted(entry: Entry) -> bool:
    """Whether sensitivity and specificity may be adjusted ones, with the fractions of those who were verified."""
    cells = [cell for metric in RATES if (cell := entry.get(metric)) and cell.value.fraction]
    return may_be_adjusted({cell: of[0] / of[1] for cell in cells if (of := cell.value.fraction) and of[1]})


def _of_fraction(table: ReadTable, cell: Cell, part: int, whole: int, adjusted: bool = False) -> Finding:
    why = f"{cell.value.text} is printed for {part}/{whole} = {part / whole * cell.scale:.4f}"
    way = way_of(cell, part / whole)
    if way == ROUNDED:
        return finding(CHECK, table.place, (cell,), CONSISTENT, f"{why}.", strength="exact")
    if way is not None:
        return finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=READINGS[way], tried=("rounded",))
    if way_of(cell, 1 - part / whole) is not None:
        reading = "the fraction is of the rest of the cases"
        return finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=reading, tried=_TRIED[:2])
    if table.aggregate == MEANS and within(cell, *over_folds(cell.metric, part / whole, part / whole)):
        reading = "the share is a mean over folds or runs, and the fraction is of all of them together"
        return finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=reading, tried=_TRIED)
    if adjusted and cell.metric in RATES:
        return finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=ADJUSTED, tried=_TRIED)
    return finding(
        CHECK,
        table.place,
        (cell,),
        CONTRADICTION,
        f"{why}.",
        tried=_TRIED,
        computed=cell.printed(part / whole),
        size=distance(cell, part / whole),
    )


def _of_counts(table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """`share, count, of` in one row."""
    share, part, whole = entry.get("share"), entry.count("count"), entry.count("of")
    if share is not None and part is not None and whole:
        yield _of_fraction(table, share, part, whole)


def _of_wholes(table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """A share of a printed number of samples is a whole number of it, where it is of one run."""
    for column, shares in _SHARES_OF.items():
        whole = entry.count(column)
        for metric in shares:
            cell = entry.get(metric)
            if cell is None or not whole or entry.sums_up or cell.value.fraction is not None:
                continue
            nearest = _nearest(cell, whole)
            why = f"{cell.value.text} of {whole} is nearest to {nearest}/{whole} = {nearest / whole * cell.scale:.4f}"
            way = way_of(cell, nearest / whole)
            if way == ROUNDED:
                strength = "exact" if cell.unit < 1 / whole else "weak"
                yield finding(CHECK, table.place, (cell,), CONSISTENT, f"{why}.", strength=strength)
            elif way is not None:
                reading = READINGS[way]
                yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=reading, tried=("rounded",))
            elif table.aggregate == SINGLE:
                yield finding(CHECK, table.place, (cell,), CONTRADICTION, f"{why}.", tried=_TRIED[:2], computed=why)
            else:
                reading = "it is a mean of several runs, folds or readers, or of another number of samples"
                yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, f"{why}.", reading=reading, tried=_TRIED[:2])


def _nearest(cell: Cell, whole: int) -> int:
    """The number of samples whose share is printed so, or nearly."""
    near = round(cell.number * whole)
    ways = {part: way_of(cell, part / whole) for part in (near, near - 1, near + 1)}
    return min(ways, key=lambda part: (ways[part] is None, ways[part] != ROUNDED))


def _wholes_add(paper: ReadPaper, table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """The wholes of sensitivity and specificity add to the samples over which accuracy is."""
    cells = [cell for metric in ("sensitivity", "specificity") if (cell := entry.get(metric)) and cell.value.fraction]
    accuracy = entry.get("accuracy")
    if len(cells) != 2 or entry.sums_up:
        return
    wholes = [cell.value.fraction[1] for cell in cells if cell.value.fraction]
    n = _samples(paper, table, accuracy, [cell.value.fraction for cell in cells if cell.value.fraction])
    if n is None or sum(wholes) == n:
        return
    why = f"The wholes {wholes[0]} and {wholes[1]} add to {sum(wholes)}, beside {n} samples."
    reading = "cases are counted twice" if sum(wholes) > n else "some cases have no result"
    yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("one result a case",))


def _samples(
    paper: ReadPaper, table: ReadTable, accuracy: Cell | None, fractions: Sequence[tuple[int, int]]
) -> int | None:
    """The samples over which an accuracy is: of its fraction, or the paper's where the right ones give it."""
    if accuracy is None:
        return None
    if accuracy.value.fraction is not None:
        return accuracy.value.fraction[1]
    n = table.table.n or (paper.paper.test_n if isinstance(paper.paper.test_n, int) else None)
    right = sum(part for part, _ in fractions)
    return n if n and way_of(accuracy, right / n) is not None else None
