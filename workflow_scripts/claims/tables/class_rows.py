"""The rates of all classes against class sizes, the accuracy, and averages printed beside them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.class_means import CHECK, Classes, mean_of, mean_span
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, Finding, finding
from workflow_scripts.claims.tables.last_digits import distance, within
from workflow_scripts.claims.tables.printed_entries import PART, Cell, Entry, ReadPaper, ReadTable, cell_beside
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE, UNSAID, takes_median
from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes

# How far the accuracy of means over stratified folds may be from that of the mean recalls: folds differ by a sample.
_STRATIFIED = 0.005
# The most folds that are usual, and by how much of a sample of its fold the median recall of a class is off its mean.
_FOLDS, _HALF_A_SAMPLE = 10, 0.5
# Spread of a class's share of a fold that is drawn by chance, in standard deviations.
_DRAWN = 4.0
# The part of n by which predicted totals may be off where they are of means over folds.
_FAR = 0.25
TRIED = ("macro recall", "one-against-all accuracy", "cut off or rounded twice", "unstratified folds")


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Right answers of all classes against the accuracy, predicted ones against n, averages beside a table."""
    for table in paper.tables:
        for classes in _all_classes(paper, table):
            if classes.accuracy is not None:
                yield accuracy_of(classes, classes.accuracy)
            if all("precision" in entry.cells for entry in classes.entries):
                yield from _predicted(classes)
            yield from _beside(classes)


def _all_classes(paper: ReadPaper, table: ReadTable) -> Iterator[Classes]:
    if not table.class_key:
        return
    groups = table.groups(table.class_key)
    for names, entries in groups.items():
        plain = tuple(entry for entry in entries if not entry.sums_up and "sensitivity" in entry.cells)
        if len(plain) < 2 or len(plain) != sum(not entry.sums_up for entry in entries) or not _of_one_matrix(plain):
            continue
        accuracy = _overall(table, names, entries, len(groups))
        yield Classes(table, ", ".join(names), plain, _sizes(paper, table, plain), accuracy)


def _of_one_matrix(entries: Sequence[Entry]) -> bool:
    """Whether rows can be all classes of one matrix: not where their counts have as many totals as there are rows."""
    counts = [[entry.count(metric) for metric in ("tp", "fp", "fn", "tn")] for entry in entries]
    totals = [sum(count for count in row if count is not None) for row in counts]
    return any(None in row for row in counts) or len(set(totals)) < len(totals)


def _overall(table: ReadTable, names: tuple[str, ...], entries: Sequence[Entry], groups: int) -> Cell | None:
    """The accuracy over all classes: beside the table, in the row of the classes, or the same in each of their rows."""
    for key, value in table.table.printed_beside.items():
        if (key == "accuracy" and groups == 1) or key in {f"accuracy ({name})" for name in names}:
            return cell_beside("all", "accuracy", value) if value.number is not None else None
    for entry in table.entries:
        if table.class_key == PART and tuple(entry.label.values()) == names and "accuracy" in entry.cells:
            return entry.cells["accuracy"]
    cells = [entry.cells["accuracy"] for entry in entries if "accuracy" in entry.cells]
    same = len(cells) == len(entries) > 2 and len({cell.value.text for cell in cells}) == 1
    return cells[0] if same else None


def _sizes(paper: ReadPaper, table: ReadTable, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Test samples of each class: supports, else those of the table, else the paper's where they can be told."""
    supports = [entry.count("support") for entry in entries]
    if all(supports):
        return tuple(support for support in supports if support)
    names = [entry.label[table.class_key].lower() for entry in entries]
    given = [table.table.class_sizes] if table.table.class_sizes else list(paper.paper.test_n_by_class)
    given = [sizes for sizes in given if sizes and len(sizes.sizes) == len(entries)]
    if len(given) > 1:
        given = [sizes for sizes in given if sizes and sizes.set_name and sizes.set_name.lower() in table.place.lower()]
    return _ordered(given[0], names) if len(given) == 1 and given[0] is not None else ()


def _ordered(sizes: ClassSizes, names: Sequence[str]) -> tuple[int, ...]:
    if not sizes.names:
        return sizes.sizes
    by_name = {name.lower(): size for name, size in zip(sizes.names, sizes.sizes, strict=True)}
    return tuple(by_name[name] for name in names) if set(names) == set(by_name) else ()


def accuracy_of(classes: Classes, accuracy: Cell) -> Finding:
    """Σ recall · size is n · accuracy; without sizes it lies between the least and the highest recall."""
    if not classes.sizes:
        return _between(classes, accuracy)
    table, right = classes.table, classes.right()
    mean = sum(c.number * size for c, size in zip(classes.recalls, classes.sizes, strict=True)) / classes.n
    if classes.of_one_run and right is not None:
        low, high = (sum(ends) / classes.n for ends in zip(*right, strict=True))
    else:
        low, high = mean_span(classes.recalls, classes.sizes)
    why = f"Recalls and sizes of {classes.name or 'all classes'} give an accuracy of {accuracy.printed(mean)}"
    if within(accuracy, low, high):
        return finding(CHECK, table.place, (accuracy,), CONSISTENT, f"{why}.", strength="exact")
    why = f"{why}; {accuracy.value.text} is printed."
    macro = sum(cell.number for cell in classes.recalls) / len(classes.recalls)
    count = len(classes.entries)
    readings = {
        "the accuracy is the macro recall": macro,
        "the accuracy is the mean of one-against-all accuracies": 1 - 2 * (1 - mean) / count,
    }
    width = (high - low) / 2
    for reading, number in readings.items():
        if within(accuracy, number - width, number + width):
            return finding(CHECK, table.place, (accuracy,), FITS_ONLY_IF, why, reading=reading, tried=TRIED[2:])
    of_one_run = classes.of_one_run or table.aggregate == SINGLE
    slack = 0.0 if of_one_run else _STRATIFIED if classes.of_whole_numbers else _fold_slack(classes)
    if table.aggregate == UNSAID and not _has_mean(classes):
        slack = max(slack, _HALF_A_SAMPLE * _FOLDS * count / classes.n)
    if within(accuracy, low - slack, high + slack) or takes_median(table.table.aggregation):
        outcome = CONSISTENT if table.aggregate == MEANS else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else MEANS_OVER_FOLDS
        return finding(CHECK, table.place, (accuracy,), outcome, why, reading=reading, tried=TRIED)
    return finding(
        CHECK,
        table.place,
        (accuracy,),
        CONTRADICTION,
        why,
        tried=TRIED,
        computed=accuracy.printed(mean),
        size=distance(accuracy, mean),
        innocent="The accuracy may be of another run, epoch or training than the rows of the classes.",
    )


def _has_mean(classes: Classes) -> bool:
    """Whether a row of the table has the mean of the recalls, plain or weighted: of medians over folds none has."""
    sums = [entry.cells["sensitivity"] for entry in classes.table.entries if entry.sums_up and entry.has("sensitivity")]
    ends = [mean_span(classes.recalls), mean_span(classes.recalls, classes.sizes)]
    return any(within(cell, *span) for cell in sums for span in ends)


def _fold_slack(classes: Classes) -> float:
    """How far a mean of accuracies over folds may be from that of the mean recalls, folds being drawn by chance.

    A median, which may be meant where nothing is stated, is as far from the mean as the accuracy is uncertain.
    """
    numbers = re.findall(r"\d+", classes.table.table.aggregation or "")
    folds = int(numbers[0]) if numbers and 1 < int(numbers[0]) <= 20 else _FOLDS
    # What is printed may be above 1, or a class larger than all: that is said elsewhere.
    middle = min(1.0, max(0.0, sum(cell.number for cell in classes.recalls) / len(classes.recalls)))
    slack, noise = 0.0, 0.0
    for size, cell in zip(classes.sizes, classes.recalls, strict=True):
        share, recall = min(1.0, size / classes.n), min(1.0, max(0.0, cell.number))
        drawn = math.sqrt(share * (1 - share) * folds / classes.n)
        slack += drawn * abs(recall - middle)
        noise += (drawn * math.sqrt(recall * (1 - recall) / max(size, 1))) ** 2
    slack += math.sqrt(noise)
    if classes.table.aggregate == UNSAID or takes_median(classes.table.table.aggregation):
        slack += math.sqrt(middle * (1 - middle) / classes.n)
    return _DRAWN * slack


def _between(classes: Classes, accuracy: Cell) -> Finding:
    """Whatever the class sizes, the accuracy lies between the least and the highest recall."""
    low = min(cell.span()[0] for cell in classes.recalls)
    high = max(cell.span()[1] for cell in classes.recalls)
    if within(accuracy, low, high):
        why = f"{accuracy.value.text} lies between the recalls of the classes."
        return finding(CHECK, classes.table.place, (accuracy,), CONSISTENT, why, strength="weak")
    why = f"{accuracy.value.text} lies outside the recalls of the classes, {low:.4f} to {high:.4f}."
    reading = "the accuracy is one-against-all, or of other samples than the classes"
    return finding(CHECK, classes.table.place, (accuracy,), FITS_ONLY_IF, why, reading=reading, tried=TRIED)


def _predicted(classes: Classes) -> Iterator[Finding]:
    """Σ right / precision is n: every sample is predicted to be of one class."""
    table = classes.table
    cells = [cell for entry in classes.entries for cell in (entry.cells["sensitivity"], entry.cells["precision"])]
    if classes.sizes:
        yield from _predicted_total(classes, cells)
        return
    ratios = []
    for entry in classes.entries:
        recall, precision = entry.cells["sensitivity"].span(ROUNDED), entry.cells["precision"].span(ROUNDED)
        ratios.append((recall[0] / max(precision[1], 1e-9), recall[1] / precision[0] if precision[0] > 0 else math.inf))
    if min(low for low, _ in ratios) < 1 < max(high for _, high in ratios) or len(classes.entries) < 3:
        return
    side = "above" if min(low for low, _ in ratios) >= 1 else "below"
    of_model = f" of {classes.name}" if classes.name else ""
    why = f"The recall of every class{of_model} is {side} its precision; of one matrix it cannot be."
    outcome_reading = MEANS_OVER_FOLDS + ", or a class is not shown"
    if table.aggregate == MEANS:
        yield finding(CHECK, table.place, cells, CONSISTENT, f"{why} Means over folds can.", strength="weak")
    else:
        yield finding(CHECK, table.place, cells, FITS_ONLY_IF, why, reading=outcome_reading, tried=("last digits",))


def _predicted_total(classes: Classes, cells: Sequence[Cell]) -> Iterator[Finding]:
    """The sum of all predictions, class sizes being printed."""
    place, right = classes.table.place, classes.right() if classes.of_one_run else None
    ends: Sequence[tuple[float, float]] = right or [
        (cell.span()[0] * size, cell.span()[1] * size)
        for cell, size in zip(classes.recalls, classes.sizes, strict=True)
    ]
    spans = [entry.cells["precision"].span() for entry in classes.entries]
    low = sum(max(0.0, fewest) / max(span[1], 1e-9) for (fewest, _), span in zip(ends, spans, strict=True))
    silent = any(most <= 0 or span[0] <= 0 for (_, most), span in zip(ends, spans, strict=True))
    high = math.inf if silent else sum(most / span[0] for (_, most), span in zip(ends, spans, strict=True))
    if low <= classes.n <= high:
        why = f"The predicted totals of the classes add to {classes.n}."
        yield finding(CHECK, place, cells, CONSISTENT, why, strength="exact" if right else "strong")
        return
    gap = max(low - classes.n, classes.n - high) / classes.n
    why = f"The predicted totals of the classes add to {low:.1f} at least and {high:.1f} at most, of {classes.n}."
    if classes.table.aggregate == MEANS:
        yield finding(CHECK, place, cells, CONSISTENT, f"{why} Means over folds can.", strength="weak")
    elif classes.accuracy is not None and gap > _FAR:
        tried = ("last digits", "means over folds")
        yield finding(CHECK, place, cells, CONTRADICTION, why, tried=tried, innocent="A row may be of another run.")
    else:
        reading = f"{MEANS_OVER_FOLDS}, or a sample may have no or several predicted classes"
        yield finding(CHECK, place, cells, FITS_ONLY_IF, why, reading=reading, tried=("last digits",))


def _beside(classes: Classes) -> Iterator[Finding]:
    """Macro and weighted averages that are printed with a table, as `macro_f1`."""
    for key, value in classes.table.table.printed_beside.items():
        # Of several classes the balanced accuracy is the mean recall.
        average, _, metric = ("macro_sensitivity" if key == "balanced_accuracy" else key).partition("_")
        printed = all(metric in entry.cells for entry in classes.entries)
        if average in ("macro", "weighted") and printed and value.number is not None:
            yield mean_of(classes, replace(cell_beside("all", key, value), metric=metric), average)
