"""Rates of two classes that are printed beside their confusion matrix."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.counted_rates import Counts, averages
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, OTHER_RUN, Finding, finding
from workflow_scripts.claims.tables.last_digits import READINGS, way_of, way_of_all
from workflow_scripts.claims.tables.printed_entries import Cell, ReadTable, cell_beside, listed
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE

if TYPE_CHECKING:
    import numpy as np

# Of all classes and said elsewhere.
_OF_ALL = ("accuracy", "kappa")
_TRIED = ("cut off or rounded twice", "either class as the positive one", "averages over both classes")


def rates_beside(
    check: str, table: ReadTable, counts: "np.ndarray", by_rows: bool | None, names: Sequence[str]
) -> Iterator[Finding]:
    """Each rate that is printed beside a matrix of two classes: it may be of either class.

    counts: true × predicted class; by_rows: None where the paper does not say which of them the rows are.
    """
    if len(counts) != 2:
        return
    printed = table.table.printed_beside.items()
    cells = [
        cell_beside("all", key, value) for key, value in printed if key not in _OF_ALL and value.number is not None
    ]
    tables = [_of_classes(matrix, names) for matrix in ((counts,) if by_rows is not None else (counts, counts.T))]
    cells = [cell for cell in cells if any(cell.metric in of.rates() for of in tables[0].values())]
    if not cells:
        return
    of_class = max(tables, key=lambda of_class: sum(bool(_ways(cell, of_class)) for cell in cells))
    ways = {cell: _ways(cell, of_class) for cell in cells}
    misfits = [cell for cell in cells if not ways[cell]]
    if misfits:
        yield from _misfitting(check, table, misfits, of_class, len(misfits) == len(cells))
        return
    shared = [name for name in names if all(name in ways[cell] for cell in cells)]
    if not shared:
        parts = [f"{cell.called} of {next(iter(ways[cell]))}" for cell in cells if len(ways[cell]) == 1]
        reading = f"the rates are of different classes: {', '.join(parts)}"
        why = "No class alone gives all rates that are printed beside the matrix."
        yield finding(check, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("one positive class",))
        return
    way = way_of_all(ways[cell][shared[0]] for cell in cells)
    why = f"The rates of {shared[0]} follow from the matrix."
    if way is None or way == ROUNDED:
        yield finding(check, table.place, cells, CONSISTENT, why, strength="exact")
    else:
        odd = [cell for cell in cells if ways[cell][shared[0]] != ROUNDED]
        yield finding(check, table.place, odd, FITS_ONLY_IF, why, reading=READINGS[way], tried=("rounded",))


def follow(cells: Sequence[Cell], counts: "np.ndarray") -> bool:
    """Whether any of some rates is that of either class of a matrix of two, true × predicted or turned."""
    if len(counts) != 2:
        return False
    return any(_ways(cell, _of_classes(matrix, ("a", "b"))) for cell in cells for matrix in (counts, counts.T))


def _of_classes(matrix: "np.ndarray", names: Sequence[str]) -> dict[str, Counts]:
    (first, lost), (wrong, second) = matrix.tolist()
    return {names[0]: Counts(first, lost, wrong, second), names[1]: Counts(second, wrong, lost, first)}


def _ways(cell: Cell, of_class: Mapping[str, Counts]) -> dict[str, str]:
    """Class → the way of writing by which its rate is printed as the cell."""
    rates = {name: counts.rates() for name, counts in of_class.items()}
    ways = {name: way_of(cell, rates[name][cell.metric]) for name in rates if cell.metric in rates[name]}
    return {name: way for name, way in ways.items() if way is not None}


def _misfitting(
    check: str, table: ReadTable, misfits: Sequence[Cell], of_class: Mapping[str, Counts], none_fits: bool
) -> Iterator[Finding]:
    for reading, rates in averages(next(iter(of_class.values()))).items():
        if all(cell.metric in rates and way_of(cell, rates[cell.metric]) is not None for cell in misfits):
            why = f"{listed(misfits)} are of neither class of the matrix."
            yield finding(check, table.place, misfits, FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
            return
    for cell in misfits:
        numbers = [counts.rates().get(cell.metric) for counts in of_class.values()]
        shown = " or ".join(dict.fromkeys(cell.printed(number) for number in numbers if number is not None))
        why = f"{cell.called} {cell.value.text} is printed; {shown} follows from the matrix."
        if table.aggregate == MEANS:
            yield finding(check, table.place, (cell,), FITS_ONLY_IF, why, reading=MEANS_OVER_FOLDS, tried=_TRIED)
        elif none_fits and table.aggregate != SINGLE:
            yield finding(check, table.place, (cell,), FITS_ONLY_IF, why, reading=OTHER_RUN, tried=_TRIED)
        else:
            yield finding(check, table.place, (cell,), CONTRADICTION, why, tried=_TRIED, computed=shown)
