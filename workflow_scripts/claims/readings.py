"""Ways in which the metrics that are printed together may have been made of two classes, the plainest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from workflow_scripts.claims.arithmetic.averaged_values import (
    F1_OF_MEANS,
    F1_OF_ROUNDED,
    F1_OF_ROUNDED_AGAIN,
    MEAN,
    OF_CLASS,
    WEIGHTED,
    averaged,
    defined_mean,
    of_rounded,
    rounded_class_value,
)
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.two_class_metrics import Value
from workflow_scripts.claims.arithmetic.ways_of_writing import ANY
from workflow_scripts.claims.printed import interval
from workflow_scripts.claims.scores import DIGITS
from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.metric_names import CLASS_METRICS

MICRO, ALONE, ROUNDED, DEFINED, BALANCED = "micro", "alone", "rounded", "defined", "balanced"
# Which metrics F1 follows from, of one class and of means.
_PARTS = {"f1": ("precision", "sensitivity"), "macro_f1": ("macro_precision", "macro_sensitivity")}


@dataclass(frozen=True)
class Reading:
    """One way for all averages printed together.

    words: for a reader, completing "fits only if …"; positive: of ALONE, the class; digits, half_up: of ROUNDED, how
    the class values were rounded before the mean was taken, weighted: by class size; plain: nothing that a paper would
    have to say.
    """

    kind: str
    words: str = ""
    positive: int = 0
    digits: int = 0
    half_up: bool = True
    weighted: bool = False
    plain: bool = False


def readings(claims: Sequence[Claim], names: Sequence[str]) -> Iterator[Reading]:
    """The ways that are open for these claims; a class that is not named is one class for all of them.

    A mean that this project has assumed may be of one class alone.
    """
    unnamed = any(is_unnamed(claim, names) for claim in claims)
    if unnamed:
        for index, name in enumerate(names):
            yield Reading(ALONE, f"{name} is the positive class", index, plain=True)
    yield Reading(MEAN, "they are means over the classes" if unnamed else "", plain=not unnamed)
    if not (unnamed or any(claim.metric.startswith("macro_") for claim in claims)):
        yield from _accuracies(claims)
        # Class values of a class that is named are the printed ones; only an F1 of them may be of rounded ones.
        yield from _rounded() if any(claim.metric == "f1" for claim in claims) else ()
        return
    yield Reading(WEIGHTED, "the means over the classes are weighted by class size")
    yield Reading(MICRO, "all decisions are thrown together (micro averages)")
    if not unnamed and any("metric" in claim.assumed for claim in claims):
        for index, name in enumerate(names):
            yield Reading(ALONE, f"they are values of {name} alone, not means over the classes", index)
    yield Reading(DEFINED, "a class that is never predicted is left out of the means")
    yield from _accuracies(claims)
    yield from _rounded()


def _accuracies(claims: Sequence[Claim]) -> Iterator[Reading]:
    if any(claim.metric == "accuracy" for claim in claims):
        yield Reading(BALANCED, "the accuracy is the balanced one, the mean of both sensitivities")


def _rounded() -> Iterator[Reading]:
    for weighted, digits, half_up in product((False, True), DIGITS, (True, False)):
        words = f"the values of each class were rounded to {digits} digits before"
        words += ", and the means are weighted by class size" if weighted else ""
        yield Reading(ROUNDED, words, digits=digits, half_up=half_up, weighted=weighted)


def is_unnamed(claim: Claim, names: Sequence[str]) -> bool:
    """Whether it is a metric of one class, and of which one is not said."""
    return claim.metric in CLASS_METRICS and claim.class_name not in names


def rates(
    claim: Claim, reading: Reading, names: Sequence[str], together: Sequence[Claim] = (), mode: str = ANY
) -> list[Rate]:
    """What a printed number says of the table of two classes by a reading: any one of these rates holds.

    names: the classes, the positive one of the rates first; together: of the precision and sensitivity printed there
    the F1 may be; an F1 that follows from these is one whatever the table. mode: the way of writing.
    """
    band = interval(claim, mode)
    if is_of_printed(claim, together, mode):
        return [Rate("accuracy", 0.0, 1.0)]
    return [
        Rate(metric, band.low, band.high, value) for metric, value in dict.fromkeys(_metrics(claim, reading, names))
    ]


def _metrics(claim: Claim, reading: Reading, names: Sequence[str]) -> Iterator[tuple[str, Value | None]]:
    """Names of metrics of two classes, or what a number is called and how it follows from the counts."""
    if claim.metric == "accuracy":
        yield "balanced_accuracy" if reading.kind == BALANCED else "accuracy", None
        return
    name = claim.metric.removeprefix("macro_")
    if claim.class_name in names:
        yield from _of_class(name, list(names).index(str(claim.class_name)), reading)
    elif reading.kind == ALONE and (is_unnamed(claim, names) or "metric" in claim.assumed):
        yield from _of_class(name, reading.positive, reading)
    else:
        yield from _of_means(name, reading)


def _of_class(name: str, index: int, reading: Reading) -> Iterator[tuple[str, Value | None]]:
    yield OF_CLASS[name][index], None
    if name == "f1" and reading.kind == ROUNDED:
        yield "f1 of a class", rounded_class_value(name, index, reading.digits, reading.half_up, F1_OF_ROUNDED)


def _of_means(name: str, reading: Reading) -> Iterator[tuple[str, Value | None]]:
    if reading.kind == MICRO:
        yield "accuracy", None
    elif reading.kind == ROUNDED:
        for f1 in ("", F1_OF_ROUNDED, F1_OF_ROUNDED_AGAIN) if name == "f1" else ("",):
            kind = WEIGHTED if reading.weighted else MEAN
            yield f"mean {name}", of_rounded(name, reading.digits, reading.half_up, f1, kind)
    elif reading.kind == DEFINED and name in ("precision", "f1"):
        yield f"mean {name}", defined_mean(name)
    elif reading.kind == WEIGHTED and name == "sensitivity":
        yield "accuracy", None
    elif reading.kind != WEIGHTED and name in ("sensitivity", "specificity"):
        yield "balanced_accuracy", None
    else:
        kind = WEIGHTED if reading.kind == WEIGHTED else MEAN
        yield f"mean {name}", averaged(name, kind)
        if name == "f1":
            yield f"mean {name}", averaged(name, kind, F1_OF_MEANS)


def is_of_printed(claim: Claim, printed_there: Sequence[Claim], mode: str = ANY) -> bool:
    """Whether it is the F1 of a precision and a sensitivity as they are printed."""
    parts = [
        [part.scaled for part in printed_there if (part.metric, part.class_name) == (name, claim.class_name)]
        for name in _PARTS.get(claim.metric, ())
    ]
    band = interval(claim, mode)
    return bool(parts) and any(band.contains(2 * p * r / (p + r)) for p, r in product(*parts) if p + r)
