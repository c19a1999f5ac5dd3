"""Rates of one row: whether any two classes, of any size, give all of them.

Accuracy lies between sensitivity and specificity, and each of accuracy, predictive values and F1 implies which share of
the samples is positive.
"""

import math
from collections.abc import Iterator, Mapping

from workflow_scripts.claims.arithmetic.rows import row_sets
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.entry_rates import (
    BALANCED,
    counted,
    fits_beside,
    fits_two_classes,
    implied,
    one_class_entries,
    rates_of,
    read_columns,
    repeats_accuracy,
    usable,
)
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, Finding, averaged_reading, finding
from workflow_scripts.claims.tables.fold_medians import MEDIANS, may_be_medians
from workflow_scripts.claims.tables.last_digits import within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable, listed, renamed
from workflow_scripts.claims.tables.table_words import MEANS, PER_CLASS, SINGLE, UNSAID, takes_median

CHECK = "rates of two classes"
_TRIED = (
    "cut off or rounded twice",
    "columns exchanged",
    "accuracy as (sensitivity + specificity)/2",
    "means over folds",
)
# What is 0/0, and is often printed as part of a mean as 0, in a fold without a class or without answers for it.
_OF_BOTH = ("youden", "balanced_accuracy", "kappa", "mcc")
_OF_ONE_CLASS = (("specificity", "npv", *_OF_BOTH), ("sensitivity", "precision", "f1", *_OF_BOTH))
# The part of the folds that may lack a class where nothing else says that numbers are of folds.
_LACKING = 0.4
# Of fewer samples, folds are of a handful, and a median of them may be anything.
_TINY = 60
# Of more samples, each fold has both classes.
_SMALL = 300
_PREDICTIVE = ("precision", "npv")
# A population in which what is looked for is rarer than in the samples of a study.
_RARE = 0.2
# Rows of classes, and the part of them, whose accuracy is against the rest before that of another row must be.
_FEWEST, _MOST = 3, 0.75
# A share of positives that is known this well says that the rates are tied to each other.
_NARROW = 0.05
# Rates such as the balanced accuracy beside its two parts fit every share of positives.
_ANY = 0.99
# Totals beyond this many samples leave nothing to find.
_LARGEST = 5_000


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each row whose rates are of one class, with the columns as they stand or as they must be read."""
    for table in paper.tables:
        reading = read_columns(table)
        if reading.words:
            cells = [cell for entry in reading.wrong for m, cell in entry.cells.items() if m in reading.metrics]
            why = f"{len(reading.wrong)} rows fit no two classes as their columns are named; read so, all rows fit."
            tried = ("columns as they are named", "means over folds")
            yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading.words, tried=tried)
        yield from _balanced(paper, table)
        for entry in one_class_entries(table):
            if not counted(entry):
                yield from _of_row(paper, table, renamed(entry, reading.metrics))


def _of_row(paper: ReadPaper, table: ReadTable, entry: Entry) -> Iterator[Finding]:
    cells = [cell for cell in entry.cells.values() if usable(cell)]
    prevalence = implied(rates_of(entry))
    if prevalence is not None:
        low, high = prevalence
        shares = f"A share of positives of {low:.3f} to {high:.3f}" if high - low < _ANY else "Any share of positives"
        why = f"{shares} gives all rates of {entry.name}."
        strength = "strong" if high - low < _NARROW else "weak"
        yield finding(CHECK, table.place, cells, CONSISTENT, why, strength=strength)
        yield from _of_total(paper, table, entry, cells)
        return
    why = f"No two classes, of whatever sizes, give all rates of {entry.name}: {listed(cells)}."
    if (share := _of_another_share(paper, table, entry)) is not None:
        reading = (
            f"PPV and NPV are for a share of positives of {share:.3f}, as of a population, and not of these samples"
        )
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=("one share of positives",))
        return
    if table.average == PER_CLASS and _accuracy_of_all(table, entry):
        reading = "the accuracy of each class is not that of the class against the rest"
        yield finding(CHECK, table.place, (entry.cells["accuracy"],), FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
        return
    if table.average == UNSAID and not _of_two_classes(paper, table, entry):
        weighted = entry.has("accuracy", "sensitivity") and within(
            entry.cells["accuracy"], *entry.cells["sensitivity"].span()
        )
        reading = averaged_reading(entry, weighted)
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=_TRIED)
        return
    if table.aggregate != SINGLE and _fits_folds(paper, table, entry):
        outcome = CONSISTENT if table.aggregate == MEANS else FITS_ONLY_IF
        reading = MEANS_OVER_FOLDS if outcome == FITS_ONLY_IF else ""
        yield finding(CHECK, table.place, cells, outcome, why, reading=reading, tried=_TRIED[:3], strength="weak")
        return
    total, _ = samples_of(paper, table, entry)
    if fits_beside(table, entry) is None and may_be_medians(table, cells, total):
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=MEDIANS, tried=_TRIED, strength="weak")
        return
    suspected = [cell for cell in cells if fits_two_classes(entry, leave_out=(cell.metric,))]
    computed = "; ".join(f"{cell.called} {_implied(entry, cell)}" for cell in suspected)
    yield finding(CHECK, table.place, suspected or cells, CONTRADICTION, why, tried=_TRIED, computed=computed)


def _of_another_share(paper: ReadPaper, table: ReadTable, entry: Entry) -> float | None:
    """The share of positives for which the predictive values are, where that is another one than that of the samples.

    Both follow from one share with the sensitivity and specificity, and the rest from another: a larger one by far, or
    the one that is printed. Each of the two must speak against that of the samples: one wrong number does not.
    """
    if not entry.has("sensitivity", "specificity", *_PREDICTIVE):
        return None
    ties = [metric for metric in entry.cells if metric not in ("sensitivity", "specificity", *_PREDICTIVE)]
    of_values = implied(rates_of(entry, leave_out=ties))
    of_samples = implied(rates_of(entry, leave_out=_PREDICTIVE))
    alone = [implied(rates_of(entry, leave_out=(metric,))) for metric in _PREDICTIVE]
    if of_values is None or of_samples is None or any(alone):
        return None
    sizes = [table.table.class_sizes] if table.table.class_sizes else paper.paper.test_n_by_class
    shares = [given.sizes[0] / given.total for given in sizes if len(given.sizes) == 2 and given.total]
    printed = any(of_samples[0] <= share <= of_samples[1] for share in shares)
    is_rarer = of_values[1] < min(_RARE, of_samples[0] / 2)
    return sum(of_values) / 2 if printed or is_rarer else None


def _of_two_classes(paper: ReadPaper, table: ReadTable, entry: Entry) -> bool:
    """Whether rates are of one of two classes, though no average is stated: by the number of classes and an NPV.

    Over two classes a macro sensitivity is the macro specificity, and a weighted one is the accuracy.
    """
    if not entry.has("sensitivity", "specificity", "npv", "accuracy") or repeats_accuracy(entry):
        return False
    if entry.cells["sensitivity"].value.text == entry.cells["specificity"].value.text:
        return False
    numbers = paper.class_numbers(table)
    positives = paper.paper.positives is not None or bool(table.table.positives)
    return numbers == {2} or (positives and not numbers)


def _fits_folds(paper: ReadPaper, table: ReadTable, entry: Entry) -> bool:
    """Whether means over folds give the rates: of small folds also such in which some rates are 0/0."""
    if takes_median(table.table.aggregation):
        return True
    if (fits := fits_beside(table, entry)) is not None and table.aggregate != MEANS:
        return fits
    if fits_two_classes(entry, slack=True):
        return True
    total, _ = samples_of(paper, table, entry)
    if (total is not None and total <= _TINY) or _smallest_class(paper, table, entry) <= _TINY / 2:
        return True
    if total is not None and total > _SMALL and table.aggregate != MEANS:
        return False
    misfits = sum(not fits_two_classes(row) for row in one_class_entries(table) if not counted(row))
    lacking = 1.0 if table.aggregate == MEANS or misfits > 1 else _LACKING
    return any(fits_two_classes(entry, slack=True, raised=names, lacking=lacking) for names in _OF_ONE_CLASS)


def _smallest_class(paper: ReadPaper, table: ReadTable, entry: Entry) -> float:
    """Samples of the smallest class of which the size is printed; infinite where none is."""
    given = [table.table.class_sizes] if table.table.class_sizes else paper.paper.test_n_by_class
    sizes = [float(size) for class_sizes in given for size in class_sizes.sizes]
    return min([*sizes, float(entry.count("support") or math.inf)], default=math.inf)


def _accuracy_of_all(table: ReadTable, entry: Entry) -> bool:
    """Whether the accuracy in the row of a class may be another than that of the class against the rest."""
    if "accuracy" not in entry.cells or not fits_two_classes(entry, leave_out=("accuracy",)):
        return False
    compared = [row for row in one_class_entries(table) if row.name != entry.name and "accuracy" in row.cells]
    return len(compared) < _FEWEST or sum(fits_two_classes(row) for row in compared) < _MOST * len(compared)


def _implied(entry: Entry, cell: Cell) -> str:
    """What a rate would be, the others being right: of sensitivity, specificity and the share of positives."""
    low_high = implied(rates_of(entry, leave_out=(cell.metric,)))
    sensitivity, specificity = entry.get("sensitivity"), entry.get("specificity")
    if low_high is None or sensitivity is None or specificity is None:
        return "another value"
    share, s, c = sum(low_high) / 2, sensitivity.number, specificity.number
    values = {
        "accuracy": share * s + (1 - share) * c,
        "precision": share * s / max(share * s + (1 - share) * (1 - c), 1e-12),
        "npv": (1 - share) * c / max((1 - share) * c + share * (1 - s), 1e-12),
        "f1": 2 * share * s / max(share * s + share + (1 - share) * (1 - c), 1e-12),
    }
    return f"about {cell.printed(values[cell.metric])}" if cell.metric in values else "another value"


def _of_total(paper: ReadPaper, table: ReadTable, entry: Entry, cells: list[Cell]) -> Iterator[Finding]:
    """Whether the rates are those of whole numbers of a printed n; n printed in the row or for its set counts."""
    total, own = samples_of(paper, table, entry)
    if total is None or total > _LARGEST or table.average == UNSAID or table.aggregate == MEANS:
        return
    solution = row_sets(rates_of(entry), total=total)
    if solution.fits:
        return
    why = f"No table of {total} samples gives all rates of {entry.name}: {listed(cells)}."
    if own and table.aggregate == SINGLE:
        yield finding(CHECK, table.place, cells, CONTRADICTION, why, tried=_TRIED)
    else:
        reading = f"{MEANS_OVER_FOLDS}, or of another number of samples than {total}"
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading, tried=_TRIED[:1])


def samples_of(paper: ReadPaper, table: ReadTable, entry: Entry) -> tuple[int | None, bool]:
    """Samples of an entry where they are printed, and whether that is in its row or for its table."""
    if entry.count("n"):
        return entry.count("n"), True
    for name in entry.label.values():
        if name in table.table.n_by_set:
            return table.table.n_by_set[name], True
    if table.table.n:
        return table.table.n, True
    test_n = paper.paper.test_n
    if isinstance(test_n, Mapping):
        return next((test_n[name] for name in entry.label.values() if name in test_n), None), False
    return test_n, False


def _balanced(paper: ReadPaper, table: ReadTable) -> Iterator[Finding]:
    """Accuracies that are all (sensitivity + specificity)/2, where nothing says that both classes are of one size."""
    entries = [entry for entry in one_class_entries(table) if entry.has("accuracy", "sensitivity", "specificity")]
    apart = [
        entry for entry in entries if abs(entry.cells["sensitivity"].number - entry.cells["specificity"].number) > 0.02
    ]
    if (
        len(apart) < 4
        or len(entries) < len(table.plain_entries())
        or paper.paper.test_n_by_class
        or table.table.class_sizes
    ):
        return
    if "balanced" in " ".join(entry.name for entry in table.entries).lower():
        return
    for entry in entries:
        middle = (entry.cells["sensitivity"].number + entry.cells["specificity"].number) / 2
        if (
            any(m in entry.cells for m in ("precision", "npv", "f1"))
            or abs(entry.cells["accuracy"].number - middle) > 1e-9
        ):
            return
    cells = [entry.cells["accuracy"] for entry in entries]
    why = f"All {len(entries)} accuracies are the mean of sensitivity and specificity to the last digit."
    reading = f"{BALANCED}, or both classes are of one size"
    yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=reading)
