"""Numbers that stand for "not known", such as -9 or 999, and would be read as measured."""

import re
from collections import Counter
from collections.abc import Sequence

from workflow_scripts.data.visits.imputed_cells import SuspectedCells

# A column of fewer cells is not judged; a code stands there so many times.
_FEWEST, _RECURS = 20, 3
_CODE = re.compile(r"(-1|-?([789])\2*)(\.0*)?")
# A code beyond all measured numbers is so many times as large as the largest of them.
_BEYOND = 2


def missing_codes(cells: Sequence[str]) -> SuspectedCells | None:
    """What looks like codes in a column of numbers as they are written, empty where missing; None where nothing does.

    A code is -1, or 7, 8 or 9 once or repeated, of either sign. It is the only kind of number below zero, or lies far
    beyond all others.
    """
    counts = Counter(cell for cell in cells if cell)
    likely = {cell for cell, count in counts.items() if count >= _RECURS and _CODE.fullmatch(cell)}
    measured = [float(cell) for cell in counts if cell not in likely]
    if counts.total() < _FEWEST or not measured:
        return None
    low, largest = min(measured), max(map(abs, measured))
    codes = [
        cell for cell in sorted(likely, key=float) if float(cell) < 0 <= low or 0 < _BEYOND * largest < abs(float(cell))
    ]
    if not codes:
        return None
    shown = ", ".join(f"{cell} ({counts[cell]} times)" for cell in codes)
    rest = [float(cell) for cell in counts if cell not in codes]
    words = f"{shown}, and the other rows hold {min(rest):g} to {max(rest):g}"
    return SuspectedCells(sum(counts[cell] for cell in codes), words)
