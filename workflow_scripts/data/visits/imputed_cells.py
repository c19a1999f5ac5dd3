"""Numbers that nobody measured: a mean or median of the other rows, or more digits than the column has elsewhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np

# A value recurs from here on; a column of fewer cells is not judged.
_RECURS, _FEWEST = 3, 20
# So many digits behind the point more than most other cells have are a computed number.
_MORE_DIGITS = 3
# With so many digits a program has written all that it had, and the number of them says nothing.
_ALL_DIGITS = 7
# A value with no more digits than others is a peak where it is so many times as frequent as the next frequent one.
_PEAK = 4
# A value with some more digits than others is a rounded statistic where this share of all such cells is that value.
_MOSTLY = 0.9


@dataclass(frozen=True)
class SuspectedCells:
    """cells: how many of a column look like what nobody measured; words: what they look like."""

    cells: int
    words: str


def imputed_cells(cells: Sequence[str]) -> SuspectedCells | None:
    """What looks imputed in a column of numbers as they are written, empty where missing; None where nothing does."""
    written = [cell for cell in cells if cell]
    if len(written) < _FEWEST:
        return None
    counts = Counter(written)
    usual = min(median_low(_digits(cell) for cell in written), _ALL_DIGITS)
    long = (
        {}
        if usual == _ALL_DIGITS
        else {cell: count for cell, count in counts.items() if _digits(cell) >= usual + _MORE_DIGITS}
    )
    recurring = {cell: count for cell, count in long.items() if count >= _RECURS}
    suspected = recurring or _peaks(counts) or _rounded(counts, usual)
    for cell, count in sorted(suspected.items(), key=lambda pair: (-pair[1], pair[0])):
        if name := _statistic(cell, counts, usual):
            return SuspectedCells(count, f"{cell} stands there {count} times and is the {name} of the other rows")
    if recurring:
        cell, count = max(recurring.items(), key=lambda pair: (pair[1], pair[0]))
        words = f"{cell} stands there {count} times, with more digits than most other rows ({usual})"
        return SuspectedCells(sum(recurring.values()), words)
    if len(long) >= _RECURS and 2 * sum(long.values()) < len(written):
        return SuspectedCells(
            sum(long.values()), f"{sum(long.values())} numbers have more digits than most others ({usual})"
        )
    return None


def _digits(cell: str) -> int:
    """Digits behind the point that a number is written with, zeros at the end aside."""
    mantissa = cell.lower().partition("e")[0]
    return len(mantissa.partition(".")[2].rstrip("0"))


def _peaks(counts: Counter[str]) -> dict[str, int]:
    """The most frequent value, where it is far more frequent than the next, and many values there are."""
    (first, most), (_, second) = [*counts.most_common(2), ("", 0)][:2]
    return {first: most} if len(counts) >= _FEWEST and most >= max(_PEAK * second, _FEWEST // 2) else {}


def _rounded(counts: Counter[str], usual: int) -> dict[str, int]:
    """The one value with some more digits than others have, where it recurs and hardly another has as many."""
    finer = Counter({cell: count for cell, count in counts.items() if _digits(cell) > usual})
    if usual == _ALL_DIGITS or not finer:
        return {}
    ((cell, count),) = finer.most_common(1)
    return {cell: count} if count >= max(_FEWEST // 2, _MOSTLY * finer.total()) else {}


def _statistic(cell: str, counts: Counter[str], usual: int) -> str:
    """Which statistic of the other rows the value is, to the digits that it has; empty: none."""
    rest = np.repeat([float(value) for value in counts if value != cell], [counts[v] for v in counts if v != cell])
    value, digits = float(cell), min(_digits(cell), 9)
    # Rounded in the last digit; a value of fewer digits than others have is none that was computed.
    if digits >= usual and abs(value - float(rest.mean())) <= 0.6 * 10.0**-digits:
        return "mean"
    return "median" if abs(value - float(np.median(rest))) <= 1e-9 * max(1.0, abs(value)) else ""
