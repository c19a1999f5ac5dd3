"""F scores against precision and recall, and IoU against Dice: bounds that hold whatever was averaged.

F is concave in precision and recall and is never above their (weighted) mean. So a mean of F over classes, folds or
images is at most the F of the means, and never below precision + recall - 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, MODES, ROUNDED
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, strength_of
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
_EVERY_AVERAGE = ("cut off or rounded twice", "macro, weighted and micro averages", "means over folds or runs")


@dataclass(frozen=True)
class _FScore:
    """An F score with its precision and recall. beta: weight of recall."""

    precision: Cell
    recall: Cell
    score: Cell
    beta: float

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.score, self.precision, self.recall

    def of(self, precision: float, recall: float) -> float:
        """F of one class with these shares."""
        b = self.beta**2
        below = b * precision + recall
        return (1 + b) * precision * recall / below if below > 0 else 0.0

    def harmonic(self, way: str) -> tuple[float, float]:
        """The lowest and highest F of one class with the printed precision and recall."""
        ends = [tuple(min(1.0, max(0.0, end)) for end in cell.span(way)) for cell in (self.precision, self.recall)]
        return self.of(ends[0][0], ends[1][0]), self.of(ends[0][1], ends[1][1])

    @property
    def top(self) -> float:
        """The highest mean of F scores with this mean precision and recall."""
        weight = 1 / (1 + self.beta**2)
        return weight * self.precision.span()[1] + (1 - weight) * self.recall.span()[1]

    @property
    def bottom(self) -> float:
        """The lowest mean of F scores with this mean precision and recall."""
        return self.precision.span()[0] + self.recall.span()[0] - 1


def check(paper: ReadPaper) -> Iterator[Finding]:
    """Each F score against its precision and recall, each IoU against its Dice."""
    for table in paper.tables:
        for entry in table.entries:
            for score in _scores(entry):
                yield _judged(table, entry, score)
            yield from _overlaps(table, entry)
        yield from _best(table)


def _scores(entry: Entry) -> Iterator[_FScore]:
    precision, recall = entry.get("precision"), entry.get("sensitivity")
    if precision is None or recall is None:
        return
    for metric, cell in entry.cells.items():
        if metric == "f1":
            yield _FScore(precision, recall, cell, 1.0)
        elif metric.startswith("f_beta("):
            yield _FScore(precision, recall, cell, float(metric[7:-1]))


def _judged(table: ReadTable, entry: Entry, score: _FScore) -> Finding:
    low, high = score.score.span()
    bottom, top = score.harmonic(ANY)
    nearest = score.of(score.precision.number, score.recall.number)
    if low > score.top or high < score.bottom:
        return _impossible(table, entry, score, nearest)
    if low > top:
        return _above(table, entry, score, nearest)
    if high < bottom:
        return _below(table, entry, score, nearest)
    why = f"F of {score.precision.value.text} and {score.recall.value.text} is {score.score.printed(nearest)}"
    if entry.sums_up or not table.of_one_class:
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


def _impossible(table: ReadTable, entry: Entry, score: _FScore, nearest: float) -> Finding:
    cell, accuracy = score.score, entry.get("accuracy")
    above = cell.number > nearest
    beyond = "above the mean of" if above else "below the sum, less one, of"
    why = (
        f"F {cell.value.text} is {beyond} precision {score.precision.value.text} and recall {score.recall.value.text}; "
        "no average of F scores is."
    )
    if above and not table.of_one_class and accuracy is not None and within(cell, *accuracy.span()):
        reading = "F1 is a micro average (the accuracy) and precision and recall are not"
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=_EVERY_AVERAGE)
    excess = cell.span()[0] - score.top if above else (score.bottom - cell.span()[1]) / 2
    if not entry.sums_up and excess <= _median_excess(table, entry, score):
        reading = "the numbers are medians over folds"
        outcome = CONSISTENT if takes_median(table.table.aggregation) else FITS_ONLY_IF
        reading = "" if outcome == CONSISTENT else reading
        return finding(CHECK, table.place, score.cells, outcome, why, reading=reading, tried=_EVERY_AVERAGE)
    return _contradiction(table, score, why, nearest)


def _median_excess(table: ReadTable, entry: Entry, score: _FScore) -> float:
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
    return fixed + part * abs(score.precision.number - score.recall.number)


def _above(table: ReadTable, entry: Entry, score: _FScore, nearest: float) -> Finding:
    cell = score.score
    why = (
        f"F {cell.value.text} is above {cell.printed(nearest)}, the F of precision {score.precision.value.text} and "
        f"recall {score.recall.value.text}; means over the same classes or folds are not."
    )
    if table.of_one_class and table.aggregate == SINGLE and not entry.sums_up:
        return _contradiction(table, score, why, nearest)
    reading = "F1 is put together otherwise than precision and recall (a median, a micro average)"
    return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, why, reading=reading, tried=_EVERY_AVERAGE)


def _below(table: ReadTable, entry: Entry, score: _FScore, nearest: float) -> Finding:
    cell = score.score
    why = (
        f"F {cell.value.text} is below {cell.printed(nearest)}, the F of precision {score.precision.value.text} and "
        f"recall {score.recall.value.text}"
    )
    if entry.sums_up or table.average == OVER_CLASSES or (table.of_one_class and table.aggregate == MEANS):
        return finding(
            CHECK, table.place, score.cells, CONSISTENT, f"{why}, as means of F scores are.", strength="weak"
        )
    if not table.of_one_class:
        accuracy = entry.get("accuracy")
        same = accuracy is not None and accuracy.value.text == score.recall.value.text
        reading = WEIGHTED if same else MACRO_OR_WEIGHTED
        return finding(CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=reading, tried=("one class",))
    middle = (score.precision.number + score.recall.number) / 2
    allowed = max(_TURNED**2 / max(middle, 1e-6), _median_excess(table, entry, score) if table.class_key else 0.0)
    if table.aggregate == SINGLE or nearest - cell.span()[1] > allowed:
        return _contradiction(table, score, f"{why}.", nearest)
    return finding(
        CHECK, table.place, score.cells, FITS_ONLY_IF, f"{why}.", reading=MEANS_OVER_FOLDS, tried=("one run",)
    )


def _contradiction(table: ReadTable, score: _FScore, why: str, nearest: float) -> Finding:
    cell = score.score
    return finding(
        CHECK,
        table.place,
        (cell,),
        CONTRADICTION,
        why,
        tried=_EVERY_AVERAGE,
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
