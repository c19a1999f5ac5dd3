"""All classes of one model, and means over them.

Ways of averaging: M. Sokolova, G. Lapalme, Information Processing & Management 45(4):427-437 (2009); J. Opitz,
S. Burst, Macro F1 and Macro F1, arXiv:1911.03347 (2019).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import harmonic_mean

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, strength_of
from workflow_scripts.claims.tables.finding import MEANS_OVER_FOLDS, Finding, finding
from workflow_scripts.claims.tables.last_digits import distance, within
from workflow_scripts.claims.tables.printed_entries import Cell, Entry, ReadTable
from workflow_scripts.claims.tables.table_words import MEANS, SINGLE

CHECK = "classes against the whole"
TRIED = (
    "plain means, weighted by class size, and of the classes that have a value",
    "F1 of the means",
    "cut off or rounded twice",
)
# Recalls that are whole numbers of their classes so well by chance are of one run.
_CHANCE = 1e-3


@dataclass(frozen=True)
class Classes:
    """All classes of one model. sizes: test samples of each, empty where unknown; accuracy: of all classes."""

    table: ReadTable
    name: str
    entries: tuple[Entry, ...]
    sizes: tuple[int, ...]
    accuracy: Cell | None = None

    @property
    def recalls(self) -> list[Cell]:
        """The sensitivity of each class."""
        return [entry.cells["sensitivity"] for entry in self.entries]

    @property
    def n(self) -> int:
        """Test samples of all classes."""
        return sum(self.sizes)

    def right(self) -> list[tuple[int, int]] | None:
        """Fewest and most right answers of each class; None where a recall is no whole number of its class."""
        ends = []
        for cell, size in zip(self.recalls, self.sizes, strict=True):
            low, high = cell.span()
            fewest, most = max(0, math.ceil(low * size - 1e-9)), min(size, math.floor(high * size + 1e-9))
            if fewest > most:
                return None
            ends.append((fewest, most))
        return ends

    @property
    def of_whole_numbers(self) -> bool:
        """Whether all recalls, or all but one, are whole numbers of their classes too well for chance.

        So are those of one run, and nearly so means over stratified folds; the accuracy then follows from them.
        """
        chances = []
        for cell, size in zip(self.recalls, self.sizes, strict=True):
            low, high = cell.span()
            if math.ceil(low * size - 1e-9) <= math.floor(high * size + 1e-9):
                # None and all are whole numbers of every class, of any fold too.
                chances.append(1.0 if low <= 0 or high >= 1 else min(1.0, (high - low) * size))
        fewest = min(len(self.entries), max(3, len(self.entries) - 1))
        return len(chances) >= fewest and math.prod(chances) < _CHANCE

    @property
    def of_one_run(self) -> bool:
        """Whether the paper says so, or all recalls are whole numbers of their classes too well for chance."""
        if self.table.aggregate == MEANS or self.right() is None:
            return False
        return self.table.aggregate == SINGLE or self.of_whole_numbers


def mean_span(cells: Sequence[Cell], sizes: Sequence[int] = ()) -> tuple[float, float]:
    """Lowest and highest mean of the numbers behind some cells, weighted where sizes are given."""
    weights = sizes or [1] * len(cells)
    pairs = [(cell.span(), weight / sum(weights)) for cell, weight in zip(cells, weights, strict=True)]
    low, high = (sum(span[end] * share for span, share in pairs) for end in (0, 1))
    return low, high


def _means(classes: Classes, metric: str) -> dict[str, list[tuple[float, float]]]:
    """What a mean of a metric over the classes is called → between which ends it may lie."""
    cells = [entry.cells[metric] for entry in classes.entries]
    means = {"macro": [mean_span(cells)]}
    if metric == "f1" and all(entry.has("precision", "sensitivity") for entry in classes.entries):
        parts = (mean_span([entry.cells[part] for entry in classes.entries]) for part in ("precision", "sensitivity"))
        low, high = (harmonic_mean([max(0.0, part) for part in ends]) for ends in zip(*parts, strict=True))
        means["macro"].append((low, high))
    if classes.sizes:
        means["weighted"] = [mean_span(cells, classes.sizes)]
    if valued := [cell for cell in cells if cell.number > 0]:
        means["of the classes that have a value"] = [mean_span(valued)]
    return means


def mean_of(classes: Classes, cell: Cell, average: str, complete: bool = False) -> Finding:
    """A mean over the classes, `macro` or `weighted`, against their values.

    complete: whether these are all classes of the same run, so that no other class and no other run may be meant.
    """
    table, means = classes.table, _means(classes, cell.metric)
    fits = [name for name, spans in means.items() if any(within(cell, *span) for span in spans)]
    low, high = means["macro"][0]
    ends = f"{cell.printed(low)} to {cell.printed(high)}"
    why = f"{cell.called} {cell.value.text} beside the rows of the classes, which have a plain mean from {ends}."
    if average in fits or average not in means:
        strength = strength_of(high - low, cell.unit)
        return finding(CHECK, table.place, (cell,), CONSISTENT, why, strength=strength)
    reading = "the average is over other classes or runs than the rows"
    if fits:
        reading = f"the average is {fits[0]}"
    elif complete:
        reading = "" if table.aggregate == SINGLE else MEANS_OVER_FOLDS
    number = min(max(cell.number, low), high)
    return finding(
        CHECK,
        table.place,
        (cell,),
        FITS_ONLY_IF if reading else CONTRADICTION,
        why,
        reading=reading,
        tried=TRIED,
        computed=cell.printed(number),
        size=distance(cell, number),
    )
