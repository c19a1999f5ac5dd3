"""F scores against precision and recall, and IoU against Dice: bounds that hold whatever was averaged.

F is concave in precision and recall and is never above their (weighted) mean. So a mean of F over classes, folds or
images is at most the F of the means (J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv:1911.03347, 2019), and never
below precision + recall - 1. Without one of the two, F is at most what it is with that one at 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, MODES, ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, strength_of
from workflow_scripts.claims.scores import COARSEST
from workflow_scripts.claims.tables.finding import MACRO_OR_WEIGHTED, MEANS_OVER_FOLDS, WEIGHTED, Finding, finding
from workflow_scripts.claims.tables.last_digits import READINGS, distance, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadPaper, ReadTable
from workflow_scripts.claims.tables.table_words import MEANS, OVER_CLASSES, SINGLE, UNSAID, takes_median

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
# Of class values precision, recall and F may each have been rounded to two digits before the mean was taken.
_ROUNDED_BEFORE = 2 * COARSEST
# As many classes there may be where no number of them is printed.
_MOST_CLASSES = 20
# A support-weighted F score lies below the accuracy, or above it, by at most these parts of the wrong answers: so do 99
# of 100 of made matrices whose F is above the plain means of precision and recall.
_BELOW_ACCURACY, _ABOVE_ACCURACY = 0.1, 0.4
EVERY_AVERAGE = ("cut off or rounded twice", "macro, weighted and micro averages", "means over folds or runs")
OF_CLASS_VALUES = ("class values that were rounded before", "classes that are never predicted left out")


@dataclass(frozen=True)
class FScore:
    """An F score with its precision and recall, None where one is not printed. beta: weight of recall."""

    precision: Cell | None
    recall: Cell | None
    score: Cell
    beta: float = 1.0

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The score and what it follows from."""
        return self.score, *(part for part in (self.precision, self.recall) if part is not None)

    @property
    def parts(self) -> str:
        """Precision and recall as printed, in words."""
        named = (("precision", self.precision), ("recall", self.recall))
        return " and ".join(f"{name} {part.value.text}" for name, part in named if part is not None)

    @property
    def numbers(self) -> tuple[float, float]:
        """Precision and recall, 1 where one is not printed."""
        precision, recall = (part.number if part is not None else 1.0 for part in (self.precision, self.recall))
        return precision, recall

    def ends(self, way: str = ANY) -> tuple[tuple[float, float], tuple[float, float]]:
        """The lowest precision and recall, and the highest."""
        spans = [part.span(way) if part is not None else (0.0, 1.0) for part in (self.precision, self.recall)]
        (p_low, p_high), (r_low, r_high) = spans
        return (p_low, r_low), (p_high, r_high)

    def of(self, precision: float, recall: float) -> float:
        """F of one class with these shares."""
        b = self.beta**2
        below = b * precision + recall
        return (1 + b) * precision * recall / below if below > 0 else 0.0

    def harmonic(self, way: str) -> tuple[float, float]:
        """The lowest and highest F of one class with the printed precision and recall."""
        low, high = (self.of(*(min(1.0, max(0.0, part)) for part in parts)) for parts in self.ends(way))
        return low, high

    @property
    def nearest(self) -> float:
        """F of the printed precision and recall."""
        return self.of(*self.numbers)

    @property
    def top(self) -> float:
        """The highest mean of F scores with this mean precision and recall."""
        weight = 1 / (1 + self.beta**2)
        precision, recall = self.ends()[1]
        return weight * precision + (1 - weight) * recall

    @property
    def bottom(self) -> float:
        """The lowest mean of F scores with this mean precision and recall."""
        return sum(self.ends()[0]) - 1


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each F score against its precision and recall, each IoU against its Dice."""
    for table in paper.tables:
        for entry in table.entries:
            for score in _scores(entry):
                yield judged(table, entry, score)
            yield from _overlaps(table, entry)
        yield from _best(table)


def _scores(entry: Entry) -> Iterator[FScore]:
    precision, recall = entry.get("precision"), entry.get("sensitivity")
    if precision is None and recall is None:
        return
    for metric, cell in entry.cells.items():
        if metric == "f1":
            yield FScore(precision, recall, cell)
        elif metric.startswith("f_beta("):
            yield FScore(precision, recall, cell, float(metric[7:-1]))


def judged(table: ReadTable, entry: Entry, score: FScore) -> Finding:
    """What is to be said of an F score of an entry."""
    low, high = score.score.span()
    bottom, top = score.harmonic(ANY)
    nearest = score.nearest
    over_classes = entry.sums_up or table.average == OVER_CLASSES
    room = _ROUNDED_BEFORE if over_classes else 0.0
    if low > score.top + room or high < score.bottom - room:
        return _impossible(table, entry, score, nearest)
    if low > top + room:
        return _above(table, entry, score, nearest)
    if high < bottom:
        return _below(table, entry, score, nearest)
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


def _impossible(table: ReadTable, entry: Entry, score: FScore, nearest: float) -> Finding:
    cell, accuracy = score.score, entry.get("accuracy")
    above = cell.number > nearest
    beyond = "above the mean of" if above else "below the sum, less one, of"
    why = f"F {cell.value.text} is {beyond} {score.parts}; no average of F scores is."
    if above and not table.of_one_class and accuracy is not None and within(cell, *accuracy.span()):
        reading = "F1 is a micro average (the accuracy) and precision and recall are not"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    if above and not table.of_one_class and accuracy is not None and _may_be_weighted(cell, accuracy):
        reading = "F1 is a support-weighted average, and precision and recall are plain means"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    if table.average == OVER_CLASSES and _left_out(score, table.table.n_classes or _MOST_CLASSES):
        reading = "classes that are never predicted are left out of some of the means"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)
    excess = cell.span()[0] - score.top if above else (score.bottom - cell.span()[1]) / 2
    if not entry.sums_up and excess <= _median_excess(table, entry, score):
        reading = "the numbers are medians over folds"
        outcome = CONSISTENT if takes_median(table.table.aggregation) else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else reading
        return finding(CHECK, table.place, score.cells, outcome, why, reading=reading, tried=EVERY_AVERAGE)
    return _contradiction(table, score, why, nearest)


def _may_be_weighted(score: Cell, accuracy: Cell) -> bool:
    """Whether an F score is as near to the accuracy as support-weighted ones are: that recall is the accuracy."""
    low, high = accuracy.span()
    return within(score, low - _BELOW_ACCURACY * (1 - low), high + _ABOVE_ACCURACY * max(0.0, 1 - high))


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


def _median_excess(table: ReadTable, entry: Entry, score: FScore) -> float:
    """How far a median of F over folds may plausibly be above the mean of the medians of precision and recall.

    Little where nearly all other rows have the F of one run; nothing where one run or means are stated.
    """
    if takes_median(table.table.aggregation):
        return 1.0
    if table.aggregate != UNSAID:
        return 0.0
    scores = [compared for row in table.plain_entries() if row is not entry for compared in _scores(row)]
    harmonic = sum(within(compared.score, *compared.harmonic(ANY)) for compared in scores)
    fewest = _FEWEST_OF_CLASSES if table.class_key else _FEWEST
    telling = not table.class_key or score.score.unit < _FINE
    of_one_run = telling and len(scores) >= fewest and harmonic >= _MOST_ROWS * len(scores)
    fixed, part = _OF_ONE_RUN if of_one_run else _OF_SMALL_CLASSES if table.class_key else _OF_FOLDS
    return fixed + part * abs(score.numbers[0] - score.numbers[1])


def _above(table: ReadTable, entry: Entry, score: FScore, nearest: float) -> Finding:
    cell = score.score
    why = f"F {cell.value.text} is above {cell.printed(nearest)}, the F of {score.parts}; "
    why += "means over the same classes or folds are not."
    if table.of_one_class and table.aggregate == SINGLE and not entry.sums_up:
        return _contradiction(table, score, why, nearest)
    reading = "F1 is put together otherwise than precision and recall (a median, a micro average)"
    return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=EVERY_AVERAGE)


def _below(table: ReadTable, entry: Entry, score: FScore, nearest: float) -> Finding:
    cell = score.score
    why = f"F {cell.value.text} is below {cell.printed(nearest)}, the F of {score.parts}"
    if entry.sums_up or table.average == OVER_CLASSES or (table.of_one_class and table.aggregate == MEANS):
        return finding(
            CHECK, table.place, score.cells, CONSISTENT, f"{why}, as means of F scores are.", strength="weak"
        )
    if not table.of_one_class:
        accuracy = entry.get("accuracy")
        same = accuracy and score.recall and accuracy.value.text == score.recall.value.text
        reading = WEIGHTED if same else MACRO_OR_WEIGHTED
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=reading, tried=("one class",))
    middle = sum(score.numbers) / 2
    allowed = max(_TURNED**2 / max(middle, 1e-6), _median_excess(table, entry, score) if table.class_key else 0.0)
    if table.aggregate == SINGLE or nearest - cell.span()[1] > allowed:
        return _contradiction(table, score, f"{why}.", nearest)
    return finding(
        CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=MEANS_OVER_FOLDS, tried=("one run",)
    )


def _contradiction(table: ReadTable, score: FScore, why: str, nearest: float) -> Finding:
    cell = score.score
    return finding(
        CHECK,
        table.place,
        (cell,),
        CONTRADICTION,
        why,
        tried=(*EVERY_AVERAGE, *(OF_CLASS_VALUES if table.average == OVER_CLASSES else ())),
        computed=cell.printed(nearest),
        size=distance(cell, nearest),
        innocent="Precision or recall may be the misprinted number.",
    )


def _overlaps(table: ReadTable, entry: Entry) -> Iterator[Finding]:
    """IoU is at most Dice, and a mean of Dice at most 2 IoU / (1 + IoU), over the same images."""
    iou, dice = entry.get("iou"), entry.get("dice")
    if iou is None or dice is None:
        return
    low, high = (2 * end / (1 + end) for end in iou.span())
    why = f"IoU {iou.value.text} and Dice {dice.value.text}"
    if iou.span()[0] > dice.span()[1] or dice.span()[0] > high:
        beyond = "IoU is never above Dice" if iou.number > dice.number else "Dice is at most 2 IoU / (1 + IoU)"
        reading = "IoU and Dice are averaged over different things (images, classes, pixels)"
        yield finding(
            CHECK, table.place, (iou, dice), FITS_ONLY_IF, f"{why}: over the same images {beyond}.", reading=reading
        )
    else:
        strength = "exact" if within(dice, low, high) else "weak"
        yield finding(
            CHECK, table.place, (iou, dice), CONSISTENT, f"{why} can be of the same images.", strength=strength
        )


def _best(table: ReadTable) -> Iterator[Finding]:
    """Where a row is said to be the best, no other row's IoU is above its Dice."""
    stated = " ".join((table.table.stated or "", *table.table.notes))
    for best in table.entries:
        dice = best.get("dice")
        if dice is None or f"{best.name} is the best" not in stated:
            continue
        for entry in table.entries:
            iou = entry.get("iou")
            if iou is not None and entry is not best and iou.span()[0] > dice.span()[1]:
                why = (
                    f"IoU {iou.value.text} of {entry.name} is above Dice {dice.value.text} of {best.name}, which is "
                    "said to be the best; its own Dice is at least its IoU."
                )
                computed = f"at most {dice.value.text}"
                yield finding(CHECK, table.place, (iou,), CONTRADICTION, why, computed=computed)
