"""Ways in which the metrics that are printed together may have been averaged over two classes, the plainest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.claims.scores import harmonic, scores
from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.metric_names import CLASS_METRICS

if TYPE_CHECKING:
    import numpy as np

MEAN, WEIGHTED, MICRO, ALONE, ROUNDED = "mean", "weighted", "micro", "alone", "rounded"
# Digits after the point that class values may have had before the mean was taken, of a share in [0, 1].
DIGITS = (3, 2, 4)


@dataclass(frozen=True)
class Reading:
    """One way for all averages printed together. words: for a reader, empty of the plainest; positive: of ALONE, the
    class; digits, half_up: of ROUNDED, how the class values were rounded before the mean was taken."""

    kind: str
    words: str = ""
    positive: int = 0
    digits: int = 0
    half_up: bool = True


def readings(claims: list[Claim], names: list[str]) -> Iterator[Reading]:
    """The ways that are open for these claims; a class that is not named is one class for all of them.

    A mean that this project has assumed may be of one class alone.
    """
    unnamed = any(is_unnamed(claim, names) for claim in claims)
    alone = [Reading(ALONE, f"{name} being positive", index) for index, name in enumerate(names)]
    if unnamed:
        yield from alone
    yield Reading(MEAN, "as means over the classes" if unnamed else "")
    yield Reading(WEIGHTED, "as means weighted by class size")
    yield Reading(MICRO, "as shares of all decisions thrown together")
    if not unnamed and any("metric" in claim.assumed for claim in claims):
        yield from alone
    for digits in DIGITS:
        for half_up in (True, False):
            words = f"as means of class values that were rounded to {digits} digits before"
            yield Reading(ROUNDED, words, digits=digits, half_up=half_up)


def is_unnamed(claim: Claim, names: list[str]) -> bool:
    """Whether it is a metric of one class, and of which one is not said."""
    return claim.metric in CLASS_METRICS and claim.class_name not in names


class Values:
    """What every 2x2 table with certain class sizes gives for a claim; one set of tables, many claims and readings."""

    def __init__(self, tables: "np.ndarray", way: dict[str, int]) -> None:
        self.names, self.sizes = list(way), list(way.values())
        self.exact = scores(tables)
        self._rounded: dict[tuple[int, bool], dict[str, np.ndarray]] = {}

    def of(self, claim: Claim, reading: Reading) -> "list[np.ndarray]":
        """The claim's metric by a reading, each a value a table: several where F1 can be taken in several ways."""
        if claim.metric == "accuracy":
            return [self.exact["accuracy"]]
        name = claim.metric.removeprefix("macro_")
        if claim.class_name in self.names:
            return self._of_class(name, self.names.index(claim.class_name), reading)
        forced = is_unnamed(claim, self.names) or "metric" in claim.assumed
        if reading.kind == ALONE and forced:
            return self._of_class(name, reading.positive, reading)
        return self._means(name, reading)

    def _of_class(self, name: str, index: int, reading: Reading) -> "list[np.ndarray]":
        values = [self.exact[name][..., index]]
        if name == "f1" and reading.kind == ROUNDED:
            values.append(self._round(reading)["f1_of_rounded"][..., index])
        return values

    def _means(self, name: str, reading: Reading) -> "list[np.ndarray]":
        import numpy as np

        if reading.kind == MICRO:
            return [self.exact["accuracy"]]
        weights = np.array(self.sizes) / sum(self.sizes) if reading.kind == WEIGHTED else np.full(2, 0.5)
        if reading.kind != ROUNDED:
            means = [self.exact[name] @ weights]
            if name == "f1":
                means.append(harmonic(self.exact["precision"] @ weights, self.exact["sensitivity"] @ weights))
            return means
        rounded = self._round(reading)
        return [rounded[kind] @ weights for kind in of_rounded(name)]

    def _round(self, reading: Reading) -> "dict[str, np.ndarray]":
        key = reading.digits, reading.half_up
        if key not in self._rounded:
            self._rounded[key] = rounded_scores(self.exact, *key)
        return self._rounded[key]


def of_rounded(name: str) -> tuple[str, ...]:
    """Which of `rounded_scores` a metric may be."""
    return ("f1", "f1_of_rounded", "f1_of_rounded_again") if name == "f1" else (name,)


def rounded_scores(exact: "dict[str, np.ndarray]", digits: int, half_up: bool) -> "dict[str, np.ndarray]":
    """Class values with so many digits after the point, ties up or to the even digit.

    f1_of_rounded, f1_of_rounded_again: from the rounded precision and sensitivity, and that rounded once more.
    """
    import numpy as np

    unit = 10.0**digits

    def rounded(values: "np.ndarray") -> "np.ndarray":
        # Floating point is cut away first, so that a tie is one.
        scaled = np.round(values * unit, 9)
        return (np.floor(scaled + 0.5) if half_up else np.rint(scaled)) / unit

    by_metric = {name: rounded(values) for name, values in exact.items() if name != "accuracy"}
    by_metric["f1_of_rounded"] = harmonic(by_metric["precision"], by_metric["sensitivity"])
    by_metric["f1_of_rounded_again"] = rounded(by_metric["f1_of_rounded"])
    return by_metric
