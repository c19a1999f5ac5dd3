"""An F score with the precision and recall that are printed with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY
from workflow_scripts.claims.tables.printed_entries import Cell, Entry


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


def scores_of(entry: Entry) -> Iterator[FScore]:
    """Each F score of an entry that has a precision or a recall."""
    precision, recall = entry.get("precision"), entry.get("sensitivity")
    if precision is None and recall is None:
        return
    for metric, cell in entry.cells.items():
        if metric == "f1":
            yield FScore(precision, recall, cell)
        elif metric.startswith("f_beta("):
            yield FScore(precision, recall, cell, float(metric[7:-1]))
