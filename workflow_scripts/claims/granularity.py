"""Whether a share can be a whole number of samples out of so many."""

from collections.abc import Iterator
from itertools import product

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, NOT_CHECKABLE, NOTE, Outcome
from workflow_scripts.claims.printed import MODES, distance, interval, near, numerators, shown
from workflow_scripts.claims.sizes import ROUNDED_SHARE, Sizes, measured
from workflow_scripts.contracts.claims import Claim, Published

NAME = "granularity"


def check(published: Published) -> Iterator[Outcome]:
    """Accuracy, sensitivity, specificity and precision must be k/n at the printed digits, rounded or cut off.

    n is printed, or follows from the total and the stated share; then each possible n counts. An accuracy that is none
    may be a mean over batches of the stated size, of which the last is smaller: a note. A sensitivity or
    specificity of a class that is not named may be that of any class, or their mean. Reference: the GRIM test
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
                return Outcome(claim.id, NAME, CONSISTENT, f"{fitting[0]}{several} of {n}, {mode}.")
    if claim.metric != "accuracy" and claim.class_name is None:
        return _mean(claim, sizes)
    around = "; ".join(_around(claim, n) for n in totals)
    which = " or ".join(map(str, totals))
    nearest = min((k / n for n in totals for k in _ends(claim, n)), key=lambda value: abs(value - claim.scaled))
    why = f"No whole number out of {which} gives {shown(claim)}."
    innocent = _otherwise(claim, sizes, totals) or _of_batches(claim, totals, batches)
    outcome, size = NOTE if innocent else CONTRADICTION, distance(nearest, claim)
    return Outcome(claim.id, NAME, outcome, why, around, sizes.behind(claim), innocent, size)


def _otherwise(claim: Claim, sizes: Sizes, totals: list[int]) -> str:
    """By which other n, or other accuracy, it would fit; empty where there is none."""
    if claim.metric != "accuracy":
        return ROUNDED_SHARE if sizes.behind(claim) else ""
    for n, mode in product(sizes.of_rounded_share(claim), MODES):
        if fitting := numerators(claim, n, mode):
            return f"{ROUNDED_SHARE} {fitting[0]} of {n} would fit, {mode}."
    classes = len(sizes.classes(claim.study, claim.run))
    # Each error is a false negative of one class and a false positive of another: (TP + TN) / n lacks both.
    if classes > 2 and any(numerators(claim, n * classes, mode) for n in totals for mode in MODES):
        return f"It may be the mean of (TP + TN) / n over the {classes} classes, which is no share of the samples."
    return ""


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
                return f"It may be the mean of the accuracies of batches of {batch}, of which the last has {rest}."
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
        band = interval(claim)
        for k in range(n, -1, -1):
            j = round(2 * claim.scaled * m - k * m / n)
            if 0 <= j <= m and band.contains((k / n + j / m) / 2):
                why = f"{k} of {n} {names[0]} and {j} of {m} {names[1]}, as the mean over the classes."
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
    for inside, outside in pairs:
        for predicted in range(1, inside + outside + 1):
            for mode in MODES:
                for right in numerators(claim, predicted, mode):
                    if right <= inside and predicted - right <= outside:
                        why = f"For example {right} right of {predicted} predicted, {mode}."
                        return Outcome(claim.id, NAME, CONSISTENT, why)
    if claim.class_name is None:
        why = f"{shown(claim)} is the precision of no single class. Missing: of which mean over the classes it is."
        return Outcome(claim.id, NAME, NOT_CHECKABLE, why)
    best = min(
        (abs(right / (right + wrong) - claim.scaled), right, right + wrong)
        for inside, outside in pairs
        for right in range(inside + 1)
        for wrong in range(outside + 1)
        if right + wrong
    )
    nearest = f"{best[1]}/{best[2]} = {near(best[1] / best[2], claim)}"
    why = f"No number of right answers out of so many predictions gives {shown(claim)}."
    innocent, size = _otherwise(claim, sizes, []), distance(best[1] / best[2], claim)
    return Outcome(
        claim.id, NAME, NOTE if innocent else CONTRADICTION, why, nearest, sizes.behind(claim), innocent, size
    )
