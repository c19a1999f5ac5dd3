"""Rates against the four counts printed in the same row."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.claims.tables.entry_rates import LINEAR, over_folds
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, OTHER_RUN, WEIGHTED, Finding, finding
from workflow_scripts.claims.tables.last_digits import READINGS, distance, way_of, way_of_all, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable, listed
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE
from workflow_scripts.claims.tables.verification_bias import ADJUSTED, RATES, may_be_adjusted

CHECK = "rates against counts"
_COUNTS = ("tp", "fn", "fp", "tn")
_RATIOS = ("lr_positive", "lr_negative", "dor")
# A mean of ratios over folds may be this far from the ratio of all samples, as a part of it.
_FOLDS = 0.25
# Readings of a row's counts, in words that complete "fits only if …".
_EXCHANGES = {
    "TN and FP are exchanged": ("tp", "fn", "tn", "fp"),
    "TP and FN are exchanged": ("fn", "tp", "fp", "tn"),
    "FN and FP are exchanged (a transposed matrix)": ("tp", "fp", "fn", "tn"),
    "the other class is the positive one": ("tn", "fp", "fn", "tp"),
}
_TRIED = ("cut off", "rounded twice", *_EXCHANGES, "0.5 added to each count")


@dataclass(frozen=True)
class Counts:
    """Right and wrong answers of two classes; halves where 0.5 is added."""

    tp: float
    fn: float
    fp: float
    tn: float

    @property
    def n(self) -> float:
        """All samples."""
        return self.tp + self.fn + self.fp + self.tn

    def rates(self) -> dict[str, float]:
        """Every rate that these counts give, shares in [0, 1]; those with nothing below are left out."""
        tp, fn, fp, tn, n = self.tp, self.fn, self.fp, self.tn, self.n
        shares = {
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "precision": (tp, tp + fp),
            "npv": (tn, tn + fn),
            "accuracy": (tp + tn, n),
            "error_rate": (fp + fn, n),
            "false_negative_rate": (fn, tp + fn),
            "false_positive_rate": (fp, tn + fp),
            "f1": (2 * tp, 2 * tp + fp + fn),
            "dice": (2 * tp, 2 * tp + fp + fn),
            "iou": (tp, tp + fp + fn),
            "f_beta(0.5)": (1.25 * tp, 1.25 * tp + 0.25 * fn + fp),
            "f_beta(2)": (5 * tp, 5 * tp + 4 * fn + fp),
            "lr_positive": (tp * (tn + fp), fp * (tp + fn)),
            "lr_negative": (fn * (tn + fp), tn * (tp + fn)),
            "dor": (tp * tn, fp * fn),
            "prevalence": (tp + fn, n),
        }
        rates = {name: part / whole for name, (part, whole) in shares.items() if whole > 0}
        if "sensitivity" in rates and "specificity" in rates:
            rates["balanced_accuracy"] = (rates["sensitivity"] + rates["specificity"]) / 2
            rates["youden"] = rates["sensitivity"] + rates["specificity"] - 1
            rates["g_mean"] = math.sqrt(rates["sensitivity"] * rates["specificity"])
        expected = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
        if expected > 0:
            rates["kappa"] = 2 * (tp * tn - fp * fn) / expected
        margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        if margins > 0:
            rates["mcc"] = (tp * tn - fp * fn) / math.sqrt(margins)
        return rates


def counts_of(entry: Entry) -> Counts | None:
    """The four whole counts of an entry, None where one is missing."""
    numbers = [entry.count(name) for name in _COUNTS]
    if any(number is None or number < 0 for number in numbers) or entry.sums_up:
        return None
    tp, fn, fp, tn = (number or 0 for number in numbers)
    return Counts(tp, fn, fp, tn) if tp + fn + fp + tn else None


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each rate of a row against the row's counts, and against those of a 2 × 2 table printed in its columns."""
    for table in paper.tables:
        rows = [(entry, counts) for entry in table.entries if (counts := counts_of(entry)) is not None]
        whole = _whole_accuracies(rows)
        for entry, counts in rows:
            yield from _of_row(table, entry, counts, whole)
        for entry in table.entries:
            yield from _of_matrix_columns(table, entry)


def _whole_accuracies(rows: Sequence[tuple[Entry, Counts]]) -> bool:
    """Whether the accuracy of every row is one number: the right answers of all rows over the samples of one."""
    if len(rows) < 3 or len({counts.n for _, counts in rows}) != 1:
        return False
    share = sum(counts.tp for _, counts in rows) / rows[0][1].n
    cells = [entry.get("accuracy") for entry, _ in rows]
    return all(cell is not None and way_of(cell, share) is not None for cell in cells)


def _of_row(table: ReadTable, entry: Entry, counts: Counts, whole_accuracies: bool) -> Iterator[Finding]:
    cells = [cell for name, cell in entry.cells.items() if name not in _COUNTS]
    rates = counts.rates()
    cells = [cell for cell in cells if cell.metric in rates or cell.metric in _RATIOS]
    ways = {cell.metric: _way(cell, counts) or _of_printed(entry, cell) for cell in cells}
    misfits = [cell for cell in cells if ways[cell.metric] is None]
    if whole_accuracies and (accuracy := entry.get("accuracy")) in misfits:
        misfits.remove(accuracy)
        del ways["accuracy"]
        reading = "the accuracy of each class is the overall accuracy"
        why = f"Accuracy {accuracy.value.text} is that of all classes; of {entry.name} it is {rates['accuracy']:.4f}."
        yield finding(CHECK, table.place, (accuracy,), FITS_ONLY_IF, why, reading=reading, tried=("one against all",))
    for cell in [cell for cell in misfits if _footnote(cell, table, rates.get(cell.metric))]:
        misfits.remove(cell)
        ways[cell.metric] = ROUNDED
        why = f"{cell.value.text} has a digit more than its column; the counts give {cell.printed(rates[cell.metric])}."
        yield finding(CHECK, table.place, (cell,), NOTE, why, innocent="The last digit may be a mark of a footnote.")
    if misfits:
        yield from _misfitting(table, counts, cells, misfits)
        return
    way = way_of_all(ways.values())
    if not ways or way is None:
        return
    why = f"{', '.join(ways)} follow from the counts of {entry.name}."
    fits = [cell for cell in cells if cell.metric in ways]
    if way == ROUNDED:
        yield finding(CHECK, table.place, fits, CONSISTENT, why, strength="exact")
    else:
        odd = [cell for cell in fits if ways[cell.metric] != ROUNDED]
        yield finding(CHECK, table.place, odd, FITS_ONLY_IF, why, reading=READINGS[way], tried=("rounded",))


def _way(cell: Cell, counts: Counts) -> str | None:
    """The way by which a cell is written; ratios may be of counts with 0.5 added."""
    given = [counts.rates()]
    if cell.metric in _RATIOS:
        given.append(Counts(counts.tp + 0.5, counts.fn + 0.5, counts.fp + 0.5, counts.tn + 0.5).rates())
    ways = [way_of(cell, rates[cell.metric]) for rates in given if cell.metric in rates]
    if not any(cell.metric in rates for rates in given):
        return ROUNDED
    return next((way for way in ways if way == ROUNDED), next((way for way in ways if way), None))


def _of_printed(entry: Entry, cell: Cell) -> str | None:
    """ROUNDED where a cell follows from the printed, rounded sensitivity, specificity and precision of its row."""
    s, c, p = entry.get("sensitivity"), entry.get("specificity"), entry.get("precision")
    if s is None or (c is None and p is None):
        return None
    numbers: list[float] = []
    if c is not None and cell.metric in ("balanced_accuracy", "youden"):
        total = s.number + c.number
        numbers = [total / 2 if cell.metric == "balanced_accuracy" else total - 1]
    elif c is not None and cell.metric == "lr_positive" and c.number < 1:
        numbers = [s.number / (1 - c.number)]
    elif c is not None and cell.metric == "lr_negative" and c.number > 0:
        numbers = [(1 - s.number) / c.number]
    elif p is not None and cell.metric in ("f1", "dice") and s.number + p.number > 0:
        numbers = [2 * s.number * p.number / (s.number + p.number)]
    return ROUNDED if any(way_of(cell, number) is not None for number in numbers) else None


def _footnote(cell: Cell, table: ReadTable, number: float | None) -> bool:
    """Whether a cell has one digit more than all others of its column but such cells, a 1 to 4, and fits without it."""
    values = [entry.cells[cell.metric].value for entry in table.entries if cell.metric in entry.cells]
    decimals = sorted(value.decimals for value in values)
    usual = decimals[len(decimals) // 2]
    if number is None or cell.value.decimals != usual + 1 or cell.value.text[-1] not in "1234":
        return False
    shorter = float(cell.value.text.rstrip("% ")[:-1]) / cell.scale
    return abs(shorter - number) <= 0.56 * 10**-usual / cell.scale


def _misfitting(table: ReadTable, counts: Counts, cells: Sequence[Cell], misfits: Sequence[Cell]) -> Iterator[Finding]:
    by_name = {"tp": counts.tp, "fn": counts.fn, "fp": counts.fp, "tn": counts.tn}
    for reading, order in _EXCHANGES.items():
        turned = Counts(*(by_name[name] for name in order))
        if len(cells) > 1 and all(_way(cell, turned) is not None for cell in cells):
            why = f"{listed(misfits)} do not follow from the counts as they stand."
            yield finding(CHECK, table.place, misfits, FITS_ONLY_IF, why, reading=reading, tried=_TRIED[:2])
            return
    for reading, rates in averages(counts).items():
        if all(cell.metric in rates and way_of(cell, rates[cell.metric]) is not None for cell in misfits):
            why = f"{listed(misfits)} are not of the positive class of the counts {_shown(counts)}."
            yield finding(CHECK, table.place, misfits, FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
            return
    if _are_of_folds(table, counts, cells, misfits):
        why = f"{listed(misfits)} are near to what follows from the counts {_shown(counts)} of all folds together."
        outcome = CONSISTENT if table.aggregate == MEANS else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else MEANS_OVER_FOLDS
        yield finding(CHECK, table.place, misfits, outcome, why, reading=reading, tried=_TRIED, strength="weak")
        return
    adjusted = {cell: counts.rates().get(cell.metric, 0.0) for cell in cells if cell.metric in RATES}
    of_verified = set(misfits) <= set(adjusted) and may_be_adjusted(adjusted)
    if of_verified or (len(misfits) == len(cells) and table.aggregate != SINGLE):
        why = f"{listed(misfits)} do not follow from the counts {_shown(counts)}."
        reading = ADJUSTED if of_verified else OTHER_RUN
        yield finding(CHECK, table.place, misfits, FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
        return
    for cell in misfits:
        number = _number(cell, counts)
        if number is None:
            continue
        why = f"{cell.value.text} is printed; {cell.printed(number)} follows from the counts {_shown(counts)}."
        yield finding(
            CHECK,
            table.place,
            (cell,),
            CONTRADICTION,
            why,
            tried=_TRIED,
            computed=cell.printed(number),
            size=distance(cell, number),
            innocent="One of the counts may be the misprinted number.",
        )


def _are_of_folds(table: ReadTable, counts: Counts, cells: Sequence[Cell], misfits: Sequence[Cell]) -> bool:
    """Whether rates are means over folds whose counts are added up: said, shown by ±, or shown by which do not fit.

    Of stratified folds the mean of a rate that is linear is that of all samples, and most others are not.
    """
    if table.aggregate == SINGLE or not all(_near(cell, counts) for cell in misfits):
        return False
    if table.aggregate == MEANS or all(cell.value.plus_minus for cell in misfits):
        return True
    linear = [cell for cell in cells if cell.metric in LINEAR]
    return len(misfits) > 1 and len(linear) > 1 and not any(cell in misfits for cell in linear)


def _near(cell: Cell, counts: Counts) -> bool:
    number = _number(cell, counts)
    if number is None:
        return False
    if cell.metric in _RATIOS:
        return within(cell, number * (1 - _FOLDS), number * (1 + _FOLDS))
    return within(cell, *over_folds(cell.metric, number, number))


def averages(counts: Counts) -> dict[str, dict[str, float]]:
    """Averages over both classes, by the words of the reading."""
    own, turned = counts.rates(), Counts(counts.tn, counts.fp, counts.fn, counts.tp).rates()
    share = (counts.tp + counts.fn) / counts.n
    both = [name for name in ("sensitivity", "specificity", "precision", "f1", "iou") if name in own and name in turned]
    return {
        "the numbers are macro averages over both classes": {name: (own[name] + turned[name]) / 2 for name in both},
        WEIGHTED: {name: share * own[name] + (1 - share) * turned[name] for name in both},
        "accuracy is (sensitivity + specificity)/2": {"accuracy": own.get("balanced_accuracy", math.nan)},
    }


def _number(cell: Cell, counts: Counts) -> float | None:
    return counts.rates().get(cell.metric)


def _shown(counts: Counts) -> str:
    return f"TP {counts.tp:g}, FN {counts.fn:g}, FP {counts.fp:g}, TN {counts.tn:g}"


def _of_matrix_columns(table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """Rates against a 2 × 2 table in columns such as `true0_pred1`: which class they are of is open."""
    matrix: dict[tuple[str, str], float] = {}
    for cell in entry.cells.values():
        match = re.fullmatch(r"true[ _]?(\w+?)[ _]+pred(?:icted)?[ _]?(\w+)", cell.column)
        if match:
            matrix[match[1], match[2]] = cell.number
    names = list(dict.fromkeys(truth for truth, _ in matrix))
    if len(names) != 2 or len(matrix) != 4 or {predicted for _, predicted in matrix} != set(names):
        return
    by_class = {}
    for name, turned in (names, names[::-1]):
        keys = ((name, name), (name, turned), (turned, name), (turned, turned))
        by_class[name] = Counts(*(matrix[key] for key in keys)).rates()
    cells = [cell for cell in entry.cells.values() if cell.metric in by_class[names[0]]]
    fits = {cell: [name for name in names if way_of(cell, by_class[name].get(cell.metric, -1.0))] for cell in cells}
    misfits = [cell for cell in cells if not fits[cell]]
    for cell in misfits:
        numbers = " or ".join(cell.printed(by_class[name].get(cell.metric, math.nan)) for name in names)
        why = f"{cell.value.text} is printed; {numbers} follow from the matrix."
        yield finding(CHECK, table.place, (cell,), CONTRADICTION, why, tried=_TRIED[:2], computed=numbers)
    if cells and not misfits:
        if any(all(name in fits[cell] for cell in cells) for name in names):
            yield finding(CHECK, table.place, cells, CONSISTENT, "The rates follow from the matrix.", strength="exact")
            return
        parts = [f"{cell.called} of one class ({fits[cell][0]})" for cell in cells if len(fits[cell]) == 1]
        reading = f"the rates are of different classes: {', '.join(parts)}"
        why = "No class alone gives all rates."
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("one positive class",))
