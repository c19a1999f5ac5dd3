"""Intervals against the numbers that they are of, and against the usual ways to compute them."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.claims.tables.finding import Finding, finding
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import SINGLE
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue

CHECK = "intervals"
# An end that lies this many times as far from the number as the other, on the log-odds scale, has lost a digit.
_LOPSIDED = 6.0
# Widths of an interval by which a share may lie outside that of another estimate of it.
_A_LITTLE = 0.25
OTHER_ESTIMATE = (
    "the interval is of another estimate than the number: of the mean where that is a median or of all samples, or of "
    "draws of a bootstrap whose mean is another"
)
TRIED = ("percent and fraction mixed", "last digits")
_RATES = ("accuracy", "sensitivity", "specificity", "precision", "npv")


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each number lies in its interval; of counts, whether a usual interval is the printed one."""
    for table in paper.tables:
        for entry in table.entries:
            for cell in entry.cells.values():
                if cell.value.interval is not None:
                    yield from of_cell(table, entry, cell)


def _ends(cell: Cell) -> tuple[PrintedValue, PrintedValue] | None:
    if cell.value.interval is None:
        return None
    low, high = (PrintedValue(text) for text in cell.value.interval)
    return None if low.number is None or high.number is None else (low, high)


def of_cell(table: ReadTable, entry: Entry, cell: Cell) -> Iterator[Finding]:
    """What is to be said of the interval of a cell of an entry; nothing where it has none, or one that holds it."""
    ends = _ends(cell)
    if ends is None:
        return
    if not any(_inside(cell, ends, factor) for factor in (1.0, 100.0, 0.01)):
        shown = f"{ends[0].text} to {ends[1].text}"
        holding = [
            further.column for further in entry.cells.values() if further is not cell and _inside(further, ends, 1.0)
        ]
        same = [
            compared.column for compared in entry.cells.values() if compared is not cell and compared.value.interval
        ]
        same = [
            column
            for column in same
            if _ends_of(entry, column) == tuple(end.number for end in ends) and column in holding
        ]
        why = f"{cell.value.text} lies outside its own interval {shown}"
        why += f", which is the interval of {same[0]}." if same else "."
        if not same and _of_another_estimate(table, cell, ends):
            yield finding(CHECK, table.place, (cell,), FITS_ONLY_IF, why, reading=OTHER_ESTIMATE, tried=TRIED)
        else:
            yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=TRIED)
        return
    method = _method(cell, ends, table)
    if method:
        part, whole = _counts(cell)
        why = f"{cell.value.text} ({ends[0].text} to {ends[1].text}) is the {method} interval of {part}/{whole}."
        yield finding(CHECK, table.place, (cell,), CONSISTENT, why, strength="exact")
    elif cell.metric in _RATES and _lopsided(cell, ends):
        why = (
            f"{cell.value.text} stands very far from one end of {ends[0].text} to {ends[1].text}; a digit may be lost."
        )
        yield finding(CHECK, table.place, (cell,), NOTE, why)


def _of_another_estimate(table: ReadTable, cell: Cell, ends: tuple[PrintedValue, PrintedValue]) -> bool:
    """Whether the interval may be that of a mean, a median or a corrected number beside the one that is printed.

    A share of counted samples lies in its interval. That of one training lies in each of its intervals, too; a median
    of trainings may leave that of their mean by a little.
    """
    low, high = (float(end.number or 0) for end in ends)
    outside = max(low - (cell.value.number or 0), (cell.value.number or 0) - high)
    is_share = cell.metric in _RATES
    if is_share and (table.aggregate == SINGLE or cell.value.fraction):
        return False
    return outside <= (high - low) * (_A_LITTLE if is_share else 1.0)


def _ends_of(entry: Entry, column: str) -> tuple[float | None, ...]:
    ends = next((_ends(cell) for cell in entry.cells.values() if cell.column == column), None)
    return tuple(end.number for end in ends) if ends else ()


def _inside(cell: Cell, ends: tuple[PrintedValue, PrintedValue], factor: float) -> bool:
    """Whether the number may lie between the ends, all last digits being uncertain; factor: of the ends."""
    number, unit = cell.value.number, cell.value.unit
    low, high = ends
    assert number is not None and low.number is not None and high.number is not None
    return (low.number - low.unit) * factor - unit <= number + 1e-12 and number - 1e-12 <= (
        high.number + high.unit
    ) * factor + unit


def _counts(cell: Cell) -> tuple[int, int]:
    return cell.value.fraction or (0, 0)


def _method(cell: Cell, ends: tuple[PrintedValue, PrintedValue], table: ReadTable) -> str:
    """The way by which the printed ends follow from the fraction printed with the number, empty if none is known."""
    part, whole = _counts(cell)
    level = _level(table.table.interval_level)
    if not whole or not 0 <= part <= whole:
        return ""
    for name, (low, high) in usual_intervals(part, whole, level).items():
        if all(_is_end(end, value, cell.scale) for end, value in zip(ends, (low, high), strict=True)):
            return name
    return ""


def _is_end(end: PrintedValue, value: float, scale: float) -> bool:
    assert end.number is not None
    return any(abs(end.number / scale - kept) <= end.unit / scale for kept in (value, min(1.0, max(0.0, value))))


def _level(text: str | None) -> float:
    digits = "".join(sign for sign in text or "" if sign.isdigit() or sign == ".")
    number = float(digits) if digits.replace(".", "", 1).isdigit() else 95.0
    number = number / 100 if number > 1 else number
    return number if 0.5 <= number < 1 else 0.95


def usual_intervals(part: int, whole: int, level: float = 0.95) -> Mapping[str, tuple[float, float]]:
    """The intervals of a share by the usual ways: name → both ends, not cut at 0 and 1."""
    from scipy import stats

    z, share, tail = float(stats.norm.ppf(0.5 + level / 2)), part / whole, (1 - level) / 2
    spread, counted = z * math.sqrt(share * (1 - share) / whole), stats.binomtest(part, whole)
    added, jeffreys = whole + z * z, stats.beta(part + 0.5, whole - part + 0.5)
    shrunk = (part + z * z / 2) / added
    half = z * math.sqrt(shrunk * (1 - shrunk) / added)
    ways = {
        "exact (Clopper-Pearson)": _ends_of_share(counted.proportion_ci(level, "exact")),
        "Wilson": _ends_of_share(counted.proportion_ci(level, "wilson")),
        "Wilson, corrected": _ends_of_share(counted.proportion_ci(level, "wilsoncc")),
        "Wald": (share - spread, share + spread),
        "Wald, corrected": (share - spread - 0.5 / whole, share + spread + 0.5 / whole),
        "Agresti-Coull": (shrunk - half, shrunk + half),
        "Jeffreys": (
            float(jeffreys.ppf(tail)) if part else 0.0,
            float(jeffreys.ppf(1 - tail)) if part < whole else 1.0,
        ),
    }
    if 0 < part < whole:
        odds, step = math.log(share / (1 - share)), z / math.sqrt(whole * share * (1 - share))
        ways["logit"] = (1 / (1 + math.exp(step - odds)), 1 / (1 + math.exp(-step - odds)))
    return ways


def _ends_of_share(interval: Any) -> tuple[float, float]:
    return float(interval.low), float(interval.high)


def _lopsided(cell: Cell, ends: tuple[PrintedValue, PrintedValue]) -> bool:
    """Whether one end is much farther from the number than the other, on the log-odds scale."""
    assert ends[0].number is not None and ends[1].number is not None
    low, high = ends[0].number / cell.scale, ends[1].number / cell.scale
    if not 0 < low < cell.number < high < 1:
        return False
    odds = [math.log(value / (1 - value)) for value in (low, cell.number, high)]
    step = cell.unit / (cell.number * (1 - cell.number))
    return max(odds[1] - odds[0], odds[2] - odds[1]) > _LOPSIDED * (min(odds[1] - odds[0], odds[2] - odds[1]) + step)
