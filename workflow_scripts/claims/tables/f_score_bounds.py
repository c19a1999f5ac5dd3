"""F scores against precision and recall, and IoU against Dice: bounds that hold whatever was averaged.

F is concave in precision and recall and is never above their (weighted) mean. So a mean of F over classes, folds or
images is at most the F of the means (J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv:1911.03347, 2019), and never
below precision + recall - 1. Without one of the two, F is at most what it is with that one at 1.
"""

from collections.abc import Iterator

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, MODES, ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, strength_of
from workflow_scripts.claims.scores import COARSEST
from workflow_scripts.claims.tables.f_score import FScore, scores_of
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, Finding, averaged_reading, finding
from workflow_scripts.claims.tables.fold_medians import MEDIANS, f_may_be_median, may_be_medians
from workflow_scripts.claims.tables.iou_and_dice import best_overlaps, of_the_same_pixels, overlaps
from workflow_scripts.claims.tables.last_digits import READINGS, distance, within
from workflow_scripts.claims.tables.mixed_averages import UNLIKE, may_be_unlike, may_be_weighted
from workflow_scripts.claims.tables.printed_entries import Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import MEANS, OVER_CLASSES, SINGLE, UNSAID, takes_median
from workflow_scripts.claims.tables.two_class_rows import samples_of

CHECK = "F scores"
# Half the difference of precision and recall, turned the other way from fold to fold, that folds may plausibly have.
_TURNED = 0.28
# Of a median of F over folds: how far it may be above the mean of the medians, and more with their difference. Seen in
# made tables: beyond it lies one in a thousand rows of more than 300 samples.
# A class may have a few samples in a fold.
_OF_FOLDS, _OF_ONE_RUN, _OF_SMALL_CLASSES = (0.03, 0.13), (0.005, 0.05), (0.2, 0.2)
# Rows, and the part of them with the F of one run, that say that a table is of one run: more of classes, whose medians
# may all be of one small fold.
_FEWEST, _FEWEST_OF_CLASSES, _MOST_ROWS = 7, 10, 0.8
_FINE = 0.005
# Rows whose F is no average of any kind, before they say that a table averages each number in its own way.
_FEWEST_ODD = 2
# Of class values precision, recall and F may each have been rounded to two digits before the mean was taken.
_ROUNDED_BEFORE = 2 * COARSEST
# As many classes there may be where no number of them is printed.
_MOST_CLASSES = 20
EVERY_AVERAGE = ("cut off or rounded twice", "macro, weighted and micro averages", "means over folds or runs")
OF_CLASS_VALUES = ("class values that were rounded before", "classes that are never predicted left out")


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each F score against its precision and recall, each IoU against its Dice."""
    for table in paper.tables:
        for entry in table.entries:
            for score in scores_of(entry):
                yield judged(table, entry, score, samples_of(paper, table, entry)[0])
            yield from overlaps(CHECK, table, entry)
            yield from of_the_same_pixels(CHECK, table, entry)
        yield from best_overlaps(CHECK, table)


def judged(table: ReadTable, entry: Entry, score: FScore, total: int | None = None) -> Finding:
    """What is to be said of an F score of an entry; total: its samples, None where that is not known."""
    low, high = score.score.span()
    bottom, top = score.harmonic(ANY)
    nearest = score.nearest
    over_classes = entry.sums_up or table.average == OVER_CLASSES
    room = _ROUNDED_BEFORE if over_classes else 0.0
    if low > score.top + room or high < score.bottom - room:
        return _impossible(table, entry, score, total)
    if low > top + room:
        return _above(table, entry, score)
    if high < bottom:
        return _below(table, entry, score, total)
    least = "" if len(score.cells) == 3 else "at most "
    why = f"F of {score.parts} is {least}{score.score.printed(nearest)}; {score.score.value.text} is printed"
    if over_classes or not table.of_one_class:
        return finding(CHECK, table.place, score.cells, CONSISTENT, f"{why}.", strength="weak")
    for way in MODES:
        if within(score.score, *score.harmonic(way), way):
            break
    else:
        way = ANY
    if way != ROUNDED:
        reading = READINGS[way]
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=reading, tried=("rounded",))
    width = score.harmonic(ROUNDED)[1] - score.harmonic(ROUNDED)[0] + score.score.unit
    strength = strength_of(width, score.score.unit)
    return finding(CHECK, table.place, score.cells, CONSISTENT, f"{why}.", strength=strength)


def _impossible(table: ReadTable, entry: Entry, score: FScore, total: int | None) -> Finding:
    cell, accuracy = score.score, entry.get("accuracy")
    above = cell.number > score.nearest
    beyond = "above the mean of" if above else "below the sum, less one, of"
    why = f"F {cell.value.text} is {beyond} {score.parts}; no average of F scores is."
    if above and not table.of_one_class and accuracy is not None and within(cell, *accuracy.span()):
        reading = "F1 is a micro average (the accuracy) and precision and recall are not"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    if above and not table.of_one_class and accuracy is not None and may_be_weighted(cell, accuracy):
        reading = "F1 is a support-weighted average, and precision and recall are plain means"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    is_open = table.average == UNSAID and not entry.sums_up
    if is_open and may_be_unlike(score, accuracy, table.table.n_classes, _of_no_average(table)):
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=UNLIKE, tried=EVERY_AVERAGE)
    if table.average == OVER_CLASSES and _left_out(score, table.table.n_classes or _MOST_CLASSES):
        reading = "classes that are never predicted are left out of some of the means"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    excess = cell.span()[0] - score.top if above else (score.bottom - cell.span()[1]) / 2
    if not entry.sums_up and excess <= _median_excess(table, entry, score, total):
        reading = MEDIANS
        outcome = CONSISTENT if takes_median(table.table.aggregation) else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else reading
        return finding(CHECK, table.place, score.cells, outcome, why, reading=reading, tried=EVERY_AVERAGE)
    return _contradiction(table, score, why)


def _of_no_average(table: ReadTable) -> bool:
    """Whether the F scores of half of the rows, and of two at least, are no average of any kind."""
    scores = [score for entry in table.plain_entries() for score in scores_of(entry)]
    odd = [s for s in scores if s.score.span()[0] > s.top or s.score.span()[1] < s.bottom]
    return len(odd) >= _FEWEST_ODD and 2 * len(odd) >= len(scores)


def _left_out(score: FScore, classes: int) -> bool:
    """Whether classes that are never predicted may count in some of the means and not in others.

    With u of K classes left out, whose recall is 0, a mean grows by K/(K − u), and no mean recall of all is above
    (K − u)/K.
    """
    (p_low, r_low), (p_high, r_high) = score.ends()
    low, high = score.score.span()
    for growth in (classes / (classes - left_out) for left_out in range(1, classes)):
        top = score.of(min(p_high, 1.0), min(r_high * growth, 1.0)) + _ROUNDED_BEFORE
        bottom = p_low / growth + r_low - 1 - _ROUNDED_BEFORE
        if r_low * growth <= 1 and low <= top and high >= bottom:
            return True
    return False


def _median_excess(table: ReadTable, entry: Entry, score: FScore, total: int | None) -> float:
    """How far a median of F over folds may plausibly be from the mean of the medians of precision and recall.

    Little where nearly all other rows have the F of one run; nothing where one run or means are stated.
    """
    if takes_median(table.table.aggregation):
        return 1.0
    if table.aggregate != UNSAID:
        return 0.0
    scores = [compared for row in table.plain_entries() if row is not entry for compared in scores_of(row)]
    harmonic = sum(within(compared.score, *compared.harmonic(ANY)) for compared in scores)
    fewest = _FEWEST_OF_CLASSES if table.class_key else _FEWEST
    telling = not table.class_key or score.score.unit < _FINE
    of_one_run = telling and len(scores) >= fewest and harmonic >= _MOST_ROWS * len(scores)
    if not of_one_run and may_be_medians(table, score.cells, total) and f_may_be_median(score):
        return 1.0
    fixed, part = _OF_ONE_RUN if of_one_run else _OF_SMALL_CLASSES if table.class_key else _OF_FOLDS
    return fixed + part * abs(score.numbers[0] - score.numbers[1])


def _above(table: ReadTable, entry: Entry, score: FScore) -> Finding:
    cell = score.score
    why = f"F {cell.value.text} is above {cell.printed(score.nearest)}, the F of {score.parts}; "
    why += "means over the same classes or folds are not."
    if table.of_one_class and table.aggregate == SINGLE and not entry.sums_up:
        return _contradiction(table, score, why)
    reading = "F1 is put together otherwise than precision and recall (a median, a micro average)"
    return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)


def _below(table: ReadTable, entry: Entry, score: FScore, total: int | None) -> Finding:
    cell = score.score
    why = f"F {cell.value.text} is below {cell.printed(score.nearest)}, the F of {score.parts}"
    if entry.sums_up or table.average == OVER_CLASSES or (table.of_one_class and table.aggregate == MEANS):
        return finding(
            CHECK, table.place, score.cells, CONSISTENT, f"{why}, as means of F scores are.", strength="weak"
        )
    if not table.of_one_class:
        accuracy = entry.get("accuracy")
        same = accuracy and score.recall and accuracy.value.text == score.recall.value.text
        reading = averaged_reading(entry, bool(same))
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=reading, tried=("one class",))
    middle = sum(score.numbers) / 2
    missing = score.nearest - cell.span()[1]
    if table.aggregate != SINGLE and missing <= _TURNED**2 / max(middle, 1e-6):
        reading = MEANS_OVER_FOLDS
    elif missing <= _median_excess(table, entry, score, total):
        reading = MEDIANS
    else:
        return _contradiction(table, score, f"{why}.")
    return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=reading, tried=("one run",))


def _contradiction(table: ReadTable, score: FScore, why: str) -> Finding:
    cell, nearest = score.score, score.nearest
    return finding(
        CHECK,
        table.place,
        (cell,),
        CONTRADICTION,
        why,
        tried=(*EVERY_AVERAGE, *(OF_CLASS_VALUES if table.average == OVER_CLASSES else ())),
        computed=cell.printed(nearest),
        size=distance(cell, nearest),
        innocent="Precision or recall may be the misprinted number"
        + (", or each may be averaged in a way of its own." if table.average == UNSAID else "."),
    )
