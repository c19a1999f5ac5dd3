"""More than two classes: whether one confusion matrix gives all metrics that are printed together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from workflow_scripts.claims.arithmetic.class_tables import (
    MACRO,
    MICRO,
    OF_ONE_CLASS,
    WEIGHTED,
    ClassRate,
    class_table,
    range_of,
)
from workflow_scripts.claims.matrices import Matrix, matrices
from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    Outcome,
    shared_outcome,
    strength_of,
)
from workflow_scripts.claims.premises import of_a_share
from workflow_scripts.claims.printed import distance, interval, near, shown, unit_step, written
from workflow_scripts.claims.scores import COARSEST
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured, other_rows
from workflow_scripts.claims.trainings import MEANS, MEDIANS, is_open, spread_of
from workflow_scripts.contracts.claims import Claim, Published

NAME = "one confusion matrix"
_MEANS = ("macro_sensitivity", "macro_specificity")
_OF_CLASS = ("sensitivity", "specificity", "precision", "f1")
_AVERAGES = {
    MACRO: "",
    WEIGHTED: "the means over the classes are weighted by class size",
    MICRO: "they are micro averages",
}
_ACCURACIES = {
    "accuracy": "",
    "sensitivity": "the accuracy is the balanced one, the mean of the sensitivities",
    "class_accuracy": "the accuracy is the mean of (TP + TN) / n over the classes",
}
_OWN = "each number is an average of its own"
_ROUNDED = "the values of each class were rounded to two digits before"
# Beyond this many numbers, readings of each for itself are too many.
_FEW = 6


def check(published: Published) -> Iterator[Outcome]:
    """Accuracy, sensitivities and specificities printed together for one run come from one matrix of known class sizes.

    By linear programming over its cells; means over the classes plain, weighted or pooled, of class values rounded
    before, each number in an average of its own; the accuracy that of all samples, balanced, or the mean over the
    classes. Means over trainings need no whole numbers of right answers. Reference: A. Fazekas, G. Kovács,
    arXiv:2310.12527 (2023), for linear programs of means; of several classes in one matrix: own derivation.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if claim.metric in ("accuracy", *_MEANS, *_OF_CLASS)]
    printed_matrices = matrices(published)
    for (study, run, subset), group in groups(claims, "study", "run", "subset"):
        ways = sizes.by_class(study, subset, run) or _row_sums(printed_matrices, study, subset)
        if len(ways) != 1 or len(ways[0]) < 3 or min(ways[0].values()) == 0:
            continue
        named = [claim for claim in group if claim.metric in _MEANS or claim.class_name in ways[0]]
        here = [claim for claim in group if claim.metric == "accuracy"] + named
        for together in by_place(here):
            if len({(claim.metric, claim.class_name) for claim in together}) > 1:
                outcomes = _judge(together, ways[0], other_rows(together, claims))
                yield from of_a_share(outcomes, sizes.behind(together[0]))


def _row_sums(printed: list[Matrix], study: str, subset: str | None) -> list[dict[str, int]]:
    """Class sizes by the rows of every printed matrix of the same samples, each once."""
    ways = []
    for matrix in printed:
        way = dict(zip(matrix.classes, map(int, matrix.counts.sum(1)), strict=True))
        if (matrix.study, matrix.subset) == (study, subset) and way not in ways:
            ways.append(way)
    return ways


def _judge(claims: list[Claim], way: dict[str, int], rows: list[list[Claim]]) -> Iterator[Outcome]:
    sizes, names = list(way.values()), list(way)
    words = _reading(claims, sizes, names)
    if words is None and is_open(claims):
        words = _of_several(claims, sizes, names)
    listed = ", ".join(f"{shown(claim)} ({claim.metric.removeprefix('macro_')})" for claim in claims)
    if words is None:
        yield from _contradiction(claims, way, listed)
    elif words:
        why = f"Matrices of {_in_words(way)} give {listed} by another reading alone."
        if rows and all(_fits_by(words, row, sizes, names) for row in rows):
            why += f" By this reading the other {len(rows)} rows of the table fit as well."
        yield from shared_outcome(claims, NAME, FITS_ONLY_IF, why, reading=words)
    else:
        # Values of single classes say what they are; how far the others leave them open takes long and is no news.
        for claim in (claim for claim in claims if claim.class_name is None):
            low, high = _ends(claim, claims, way) or (0.0, 1.0)
            ends = f"{written(low, claim, 1)} to {written(high, claim, 1)}"
            compared_ids = tuple(compared.id for compared in claims if compared is not claim)
            why = f"Matrices of {_in_words(way)} with the other numbers give it from {ends}."
            strength = strength_of(max(high - low, 0.0), unit_step(claim))
            yield Outcome(claim.id, NAME, CONSISTENT, why, ends, compared_ids, strength=strength)


def _in_words(way: dict[str, int]) -> str:
    return ", ".join(f"{size} {name}" for name, size in way.items())


def _reading(claims: list[Claim], sizes: Sequence[int], names: list[str]) -> str | None:
    """The plainest reading by which a matrix gives all numbers, empty of a plain one; None where none does."""
    for (average, of_means), (accuracy, of_accuracy) in product(_AVERAGES.items(), _ACCURACIES.items()):
        if class_table(sizes, _rates(claims, names, average, accuracy)):
            return _told(of_means, of_accuracy)
    if class_table(sizes, _rates(claims, names, MACRO, "accuracy", COARSEST)):
        return _ROUNDED
    means = [claim for claim in claims if claim.metric in _MEANS]
    if len(means) > _FEW:
        return _OWN
    for accuracy, *averages in product(_ACCURACIES, *([tuple(_AVERAGES)] * len(means))):
        own = dict(zip((claim.id for claim in means), averages, strict=True))
        rates = [
            rate for claim in claims for rate in _rates([claim], names, own.get(claim.id, MACRO), accuracy, COARSEST)
        ]
        if class_table(sizes, rates):
            return _OWN
    return None


def _of_several(claims: list[Claim], sizes: Sequence[int], names: list[str]) -> str | None:
    """The reading by which the numbers are means or medians of several trainings or folds; None where there is none."""
    spread = spread_of(min(sizes))
    for words, wider in ((MEANS, 0.0), (MEDIANS, spread)):
        for average, accuracy in product(_AVERAGES, _ACCURACIES):
            rates = _rates(claims, names, average, accuracy)
            widened = [replace(rate, low=rate.low - wider, high=rate.high + wider) for rate in rates]
            if class_table(sizes, widened, whole=False):
                return words
    return None


def _fits_by(words: str, claims: list[Claim], sizes: Sequence[int], names: list[str]) -> bool:
    """Whether a reading that is the same for all numbers, told in words, fits a row; no other reading does."""
    for (average, of_means), (accuracy, of_accuracy) in product(_AVERAGES.items(), _ACCURACIES.items()):
        if words == _told(of_means, of_accuracy):
            return class_table(sizes, _rates(claims, names, average, accuracy))
    return False


def _told(of_means: str, of_accuracy: str) -> str:
    return ", and ".join(part for part in (of_means, of_accuracy) if part)


def _rates(claims: list[Claim], names: list[str], average: str, accuracy: str, wider: float = 0.0) -> list[ClassRate]:
    """What the numbers say of the matrix by a reading; wider: by so much each mean may miss it."""
    rates = []
    for claim in claims:
        band = interval(claim)
        if claim.class_name in names:
            rates.append(ClassRate(claim.metric, band.low, band.high, names.index(str(claim.class_name))))
        elif claim.metric == "accuracy":
            rates.append(ClassRate(accuracy, band.low, band.high, MACRO))
        else:
            metric = claim.metric.removeprefix("macro_")
            rates.append(ClassRate(metric, band.low - wider, band.high + wider, average))
    return rates


def _ends(claim: Claim, claims: list[Claim], way: dict[str, int]) -> tuple[float, float] | None:
    """Lowest and highest value beside the other numbers; None where that is not linear or there are none."""
    names = list(way)
    rest = [compared for compared in claims if compared is not claim]
    (wanted,) = _rates([claim], names, MACRO, "accuracy")
    if wanted.metric in OF_ONE_CLASS:
        return None
    return range_of(wanted, list(way.values()), _rates(rest, names, MACRO, "accuracy"))


def _contradiction(claims: list[Claim], way: dict[str, int], listed: str) -> Iterator[Outcome]:
    """No matrix fits by any reading: the suspects are those numbers without which one does."""
    names, sizes = list(way), list(way.values())
    without = {claim.id: [compared for compared in claims if compared is not claim] for claim in claims}
    suspects = [name for name, rest in without.items() if _reading(rest, sizes, names) is not None]
    for claim in claims:
        if suspects and claim.id not in suspects:
            why = "Missing: metrics that fit each other; a matrix is there once another number is left out."
            yield Outcome(claim.id, NAME, NOT_CHECKABLE, why)
            continue
        nearest, size = "", ""
        if ends := _ends(claim, claims, way):
            value = min(max(claim.scaled, ends[0]), ends[1])
            nearest, size = near(value, claim), distance(value, claim)
        why = f"No matrix of {_in_words(way)} gives {listed} at once, in any average."
        compared_ids = tuple(compared.id for compared in without[claim.id])
        yield Outcome(claim.id, NAME, CONTRADICTION, why, nearest, compared_ids, size=size)
