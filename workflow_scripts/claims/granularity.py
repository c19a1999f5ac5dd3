"""Whether a share can be a whole number of samples out of so many.

Apart from `tables.printed_fractions`, which has n in the row: here n follows from splits, shares and class sizes, too.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.rows import row_sets
from workflow_scripts.claims.arithmetic.ways_of_writing import MODES, ROUNDED, TWICE
from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    NOTE,
    STRONG,
    WEAK,
    Outcome,
)
from workflow_scripts.claims.printed import distance, interval, near, numerators, shown, unit_step
from workflow_scripts.claims.sizes import ROUNDED_SHARE, Sizes, measured
from workflow_scripts.claims.trainings import in_words, is_open, smallest_number
from workflow_scripts.contracts.claims import Claim, Published

NAME = "granularity"
# Of all numbers with the same digits, the share that may be some k of n; beyond it a fit says little.
_FEW_FIT = 0.2


def check(published: Published) -> Iterator[Outcome]:
    """Accuracy, sensitivity, specificity and precision must be k/n at the printed digits, rounded or cut off.

    n is printed, or follows from the total and the stated share; then each possible n counts. An accuracy that is none
    may be the balanced one, a mean over classes or over batches of the stated size; where the paper does not say that
    it is of one training, a mean of the fewest trainings whose mean it can be. A sensitivity or specificity of a class
    that is not named may be that of any class, or their mean. Reference: the GRIM test
    (there for means), N. J. L. Brown, J. A. J. Heathers, Social Psychological and Personality Science 8(4):363-369
    (2017).
    """
    sizes = Sizes(published)
    for claim in measured(published):
        if claim.metric == "precision":
            yield _precision(claim, sizes)
        elif claim.metric in ("accuracy", "sensitivity", "specificity"):
            yield _share(claim, sizes, _batch_sizes(published, claim))


def possible(claim: Claim, sizes: Sizes) -> list[int]:
    """Every n that such a claim may rest on; empty where that is unknown."""
    if claim.metric == "accuracy":
        return sizes.of(claim)
    if claim.metric == "sensitivity":
        return sizes.of_class(claim)
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    names = [claim.class_name] if claim.class_name else sizes.classes(claim.study, claim.run)
    return sorted({sum(way.values()) - way[name] for way in ways for name in names if name in way})


def _share(claim: Claim, sizes: Sizes, batches: list[int]) -> Outcome:
    totals = possible(claim, sizes)
    if not totals:
        missing = "how many samples it rests on is not printed" + (
            "" if claim.metric == "accuracy" else ", neither in all nor of its class"
        )
        return Outcome(claim.id, NAME, NOT_CHECKABLE, f"Missing: {missing}.")
    for mode in MODES:
        for n in totals:
            if fitting := numerators(claim, n, mode):
                several = f" (or {len(fitting) - 1} more)" if len(fitting) > 1 else ""
                why = f"{fitting[0]}{several} of {n}, {mode}."
                strength = STRONG if n * unit_step(claim) <= _FEW_FIT else WEAK
                return _written(Outcome(claim.id, NAME, CONSISTENT, why, strength=strength), mode)
    if claim.metric != "accuracy" and claim.class_name is None:
        return _mean(claim, sizes)
    around = "; ".join(_around(claim, n) for n in totals)
    which = " or ".join(map(str, totals))
    nearest = min((k / n for n in totals for k in _ends(claim, n)), key=lambda value: abs(value - claim.scaled))
    why = f"No whole number out of {which} gives {shown(claim)}."
    size = distance(nearest, claim)
    outcome = Outcome(claim.id, NAME, CONTRADICTION, why, around, sizes.behind(claim), size=size)
    if claim.metric != "accuracy" and sizes.behind(claim):
        return replace(outcome, outcome=NOTE, innocent=ROUNDED_SHARE)
    if reading := _of_other_size(claim, sizes):
        return replace(outcome, outcome=FITS_ONLY_IF, innocent=ROUNDED_SHARE, reading=reading)
    if reading := _of_another_kind(claim, sizes, totals) or _of_batches(claim, totals, batches):
        return replace(outcome, outcome=FITS_ONLY_IF, reading=reading)
    return _of_trainings(claim, totals, replace(outcome, innocent=_without_some(claim, totals)))


def _without_some(claim: Claim, totals: list[int]) -> str:
    """That it would fit without a few of the samples, at most a tenth; empty of a number that is not of all of them."""
    if claim.metric != "accuracy":
        return ""
    for n in totals:
        for left in range(n - 1, int(0.9 * n), -1):
            if fitting := numerators(claim, left, ROUNDED):
                return f"Some samples may have been left out of the count: {fitting[0]} of {left} would fit."
    return ""


def _of_other_size(claim: Claim, sizes: Sizes) -> str:
    """With which other number of samples an accuracy fits, where that follows from a share; empty of none."""
    for n, mode in product(sizes.of_rounded_share(claim), MODES):
        if fitting := numerators(claim, n, mode):
            return f"there are {n} samples, the stated share being a rounded one: {fitting[0]} of {n}, {mode}"
    return ""


def _of_another_kind(claim: Claim, sizes: Sizes, totals: list[int]) -> str:
    """Which other accuracy than the share of all samples it would be; empty where there is none."""
    if claim.metric != "accuracy":
        return ""
    classes = len(sizes.classes(claim.study, claim.run))
    # Each error is a false negative of one class and a false positive of another: (TP + TN) / n lacks both.
    if classes > 2 and any(numerators(claim, n * classes, mode) for n in totals for mode in MODES):
        return f"it is the mean of (TP + TN) / n over the {classes} classes, which is no share of the samples"
    ways = [way for way in sizes.by_class(claim.study, claim.subset, claim.run) if min(way.values()) > 0]
    # Of more than two classes nearly every number is a mean of their sensitivities.
    if any(len(way) > 2 or (len(way) == 2 and _of_both(claim, *way.values())) for way in ways):
        return "it is the balanced accuracy, the mean of the sensitivities"
    return ""


def _of_both(claim: Claim, n: int, m: int) -> tuple[int, int] | None:
    """Right answers of two classes whose shares have the printed number as their mean; None where none have."""
    band = interval(claim)
    for k in range(n, -1, -1):
        j = round(2 * claim.scaled * m - k * m / n)
        if 0 <= j <= m and band.contains((k / n + j / m) / 2):
            return k, j
    return None


def _batch_sizes(published: Published, claim: Claim) -> list[int]:
    """The batch sizes that the paper states for the study of a claim."""
    stated = [entry for entry in published.settings if entry.setting == "train.batch_size"]
    stated = [entry.expected for entry in stated if not entry.studies or claim.study in entry.studies]
    return [size for size in stated if isinstance(size, int) and size > 1]


def _of_batches(claim: Claim, totals: list[int], batches: list[int]) -> str:
    """That an accuracy is the mean of those of the batches, the last of them smaller; empty where it is not."""
    if claim.metric != "accuracy":
        return ""
    band = interval(claim)
    for n, batch in product(totals, batches):
        whole, rest = divmod(n, batch)
        if not (whole and rest):
            continue
        for last in range(rest + 1):
            k = round((claim.scaled * (whole + 1) - last / rest) * batch)
            if 0 <= k <= whole * batch and band.contains((k / batch + last / rest) / (whole + 1)):
                return f"it is the mean of the accuracies of batches of {batch}, of which the last has {rest}"
    return ""


def _mean(claim: Claim, sizes: Sizes) -> Outcome:
    """A mean of two classes is (k/n + j/m) / 2; of more classes nearly every number is possible."""
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    several = "of which class it is, or of which mean"
    for way in ways:
        if len(way) != 2:
            return Outcome(claim.id, NAME, NOT_CHECKABLE, f"Missing: {several}.")
        names, (n, m) = list(way), way.values()
        if claim.metric == "specificity":
            names, n, m = names[::-1], m, n
        if right := _of_both(claim, n, m):
            why = f"{right[0]} of {n} {names[0]} and {right[1]} of {m} {names[1]}, as the mean over the classes."
            return Outcome(claim.id, NAME, CONSISTENT, why)
    why = f"{shown(claim)} is no share of a class, and no mean over the classes. Missing: {several}."
    return Outcome(claim.id, NAME, NOT_CHECKABLE, why)


def _ends(claim: Claim, n: int) -> tuple[int, int]:
    """The whole numbers of n next to the printed share."""
    below = min(int(claim.scaled * n), n - 1)
    return below, below + 1


def _around(claim: Claim, n: int) -> str:
    """The two shares next to the printed one."""
    return ", ".join(f"{k}/{n} = {near(k / n, claim)}" for k in _ends(claim, n))


def _precision(claim: Claim, sizes: Sizes) -> Outcome:
    """Right answers are at most the class, wrong ones at most the rest; how many were predicted is free."""
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    names = [claim.class_name] if claim.class_name else sizes.classes(claim.study, claim.run)
    pairs = sorted({(way[name], sum(way.values()) - way[name]) for way in ways for name in names if name in way})
    if not pairs:
        return Outcome(claim.id, NAME, NOT_CHECKABLE, "Missing: how many samples each class has.")
    for mode, (inside, outside) in product(MODES, pairs):
        band = interval(claim, mode)
        if table := row_sets([Rate("precision", band.low, band.high)], inside, outside).example:
            why = f"For example {table.tp} right of {table.tp + table.fp} predicted, {mode}."
            return _written(Outcome(claim.id, NAME, CONSISTENT, why), mode)
    if claim.class_name is None:
        why = f"{shown(claim)} is the precision of no single class. Missing: of which mean over the classes it is."
        return Outcome(claim.id, NAME, NOT_CHECKABLE, why)
    right, predicted = min(
        ((right, predicted) for inside, outside in pairs for right, predicted in _precisions(claim, inside, outside)),
        key=lambda pair: abs(pair[0] / pair[1] - claim.scaled),
    )
    why = f"No number of right answers out of so many predictions gives {shown(claim)}."
    innocent, size = ROUNDED_SHARE if sizes.behind(claim) else "", distance(right / predicted, claim)
    nearest = f"{right}/{predicted} = {near(right / predicted, claim)}"
    outcome = NOTE if innocent else CONTRADICTION
    return _of_trainings(claim, [], Outcome(claim.id, NAME, outcome, why, nearest, sizes.behind(claim), innocent, size))


def _precisions(claim: Claim, inside: int, outside: int) -> Iterator[tuple[int, int]]:
    """Right answers and predictions next to a printed precision, which may be no share, for every number of those."""
    share = min(max(claim.scaled, 0.0), 1.0)
    for predicted in range(1, inside + outside + 1):
        for right in {math.floor(share * predicted), math.ceil(share * predicted)}:
            if max(0, predicted - outside) <= right <= min(inside, predicted):
                yield right, predicted


def _written(outcome: Outcome, mode: str) -> Outcome:
    """What fits only when it was rounded twice, which no paper says of itself."""
    return replace(outcome, outcome=FITS_ONLY_IF, reading="it was rounded twice") if mode == TWICE else outcome


def _of_trainings(claim: Claim, totals: list[int], outcome: Outcome) -> Outcome:
    """What no training gives, as the mean of several where the paper leaves that open."""
    if outcome.outcome != CONTRADICTION or not is_open([claim]):
        return outcome
    return replace(outcome, outcome=FITS_ONLY_IF, reading=in_words(smallest_number(claim, totals)))
