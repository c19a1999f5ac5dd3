"""Values of the single classes against the mean and the accuracy that are printed beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, ANY_IN_WORDS, PLAIN
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, Outcome, strength_of
from workflow_scripts.claims.printed import Interval, distance, interval, shown, unit_step, written
from workflow_scripts.claims.sizes import Sizes, groups, measured
from workflow_scripts.claims.trainings import MEDIANS, is_open
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS

MEANS = "means of the class values"
ACCURACY = "accuracy from the classes"


@dataclass(frozen=True)
class Candidate:
    """What a number may be: between two ends; words: what a paper would have to say, empty of the plain reading."""

    band: Interval
    words: str = ""


def check_means(published: Published) -> Iterator[Outcome]:
    """A mean over classes is the mean of the values that are printed for all of them.

    Plain, weighted by class size, of the classes that are not 0; F1 also of the means of precision and sensitivity.
    Reference: J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv:1911.03347 (2019), for the ways.
    """
    sizes = Sizes(published)
    for claim, values in _beside(published, sizes, _MACROS):
        name = claim.metric.removeprefix("macro_")
        if name not in values:
            continue
        weights = _weights(sizes, claim, list(values[name]))
        candidates = []
        for way, written_before in ((PLAIN, ""), (ANY, ANY_IN_WORDS)):
            bands = [interval(value, way) for value in values[name].values()]
            candidates += [
                Candidate(_mean(bands), written_before),
                *([Candidate(band) for band in _f1_of_means(values, way)] if name == "f1" else ()),
                *([Candidate(_mean(bands, weights), "it is weighted by class size")] if weights else ()),
                Candidate(
                    _mean([band for band in bands if band.high > 0.01]),
                    "classes of which it is 0 or undefined are left out",
                ),
            ]
        yield _judged(claim, list(values[name].values()), candidates, MEANS)


def check_accuracy(published: Published) -> Iterator[Outcome]:
    """The accuracy is the mean of the printed class sensitivities, weighted by class size.

    Or, by another name, their plain mean, or the mean of (TP + TN) / n over the classes. Reference: M. Sokolova,
    G. Lapalme, Information Processing & Management 45(4):427-437 (2009).
    """
    sizes = Sizes(published)
    for claim, values in _beside(published, sizes, ("accuracy",)):
        recalls = values.get("sensitivity")
        weights = _weights(sizes, claim, list(recalls)) if recalls else None
        if not (recalls and weights):
            continue
        candidates = []
        for way, words in ((PLAIN, ""), (ANY, ANY_IN_WORDS)):
            bands = [interval(value, way) for value in recalls.values()]
            share, factor = _mean(bands, weights), 2 / len(bands)
            over_classes = Interval(*(1 - factor * (1 - end) for end in (share.low, share.high)))
            candidates += [
                Candidate(share, words),
                Candidate(_mean(bands), "it is the balanced accuracy, the mean of the sensitivities"),
                Candidate(over_classes, "it is the mean of (TP + TN) / n over the classes"),
            ]
        yield _judged(claim, list(recalls.values()), candidates, ACCURACY)


_MACROS = tuple(f"macro_{name}" for name in CLASS_METRICS if name != "auc")
_Values = dict[str, dict[str, Claim]]


def _beside(published: Published, sizes: Sizes, metrics: Sequence[str]) -> Iterator[tuple[Claim, _Values]]:
    """Every number of these metrics, with metric → class → claim of the same run and subset, where all are printed."""
    for (study, run, _subset, _), group in groups(measured(published), "study", "run", "subset", "source"):
        classes = sizes.classes(study, run)
        by_metric: _Values = {}
        for claim in group:
            if claim.class_name in classes:
                by_metric.setdefault(claim.metric, {}).setdefault(str(claim.class_name), claim)
        whole = {metric: values for metric, values in by_metric.items() if classes and len(values) == len(classes)}
        for claim in group:
            if claim.metric in metrics and claim.class_name is None and whole:
                yield claim, whole


def _weights(sizes: Sizes, claim: Claim, names: list[str]) -> list[float] | None:
    """Shares of the classes; None where their sizes are unknown or left open."""
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    if len(ways) != 1 or set(names) != set(ways[0]):
        return None
    total = sum(ways[0].values())
    return [ways[0][name] / total for name in names] if total else None


def _mean(bands: list[Interval], weights: Sequence[float] | None = None) -> Interval:
    weights = weights or [1 / max(len(bands), 1)] * len(bands)
    return Interval(
        sum(weight * band.low for weight, band in zip(weights, bands, strict=True)),
        sum(weight * band.high for weight, band in zip(weights, bands, strict=True)),
    )


def _f1_of_means(values: _Values, way: str) -> list[Interval]:
    if "precision" not in values or "sensitivity" not in values:
        return []
    p, r = (_mean([interval(value, way) for value in values[name].values()]) for name in ("precision", "sensitivity"))
    return [Interval(_harmonic(p.low, r.low), _harmonic(p.high, r.high))]


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b > 0 else 0.0


def _judged(claim: Claim, values: list[Claim], candidates: list[Candidate], check: str) -> Outcome:
    """The first candidate that the printed number may be; the plain ones of either way of writing come first."""
    compared_ids = tuple(value.id for value in values)
    plain = candidates[0].band
    ends = f"{written(plain.low, claim, 1)} to {written(plain.high, claim, 1)}"
    for candidate in sorted(candidates, key=lambda candidate: candidate.words not in ("", ANY_IN_WORDS)):
        band = interval(claim, PLAIN if candidate.words != ANY_IN_WORDS else ANY)
        if candidate.band.overlaps(band):
            outcome = FITS_ONLY_IF if candidate.words else CONSISTENT
            why = f"{shown(claim)} beside {len(values)} values of classes, which give {ends}."
            strength = "" if candidate.words else strength_of(plain.high - plain.low, unit_step(claim))
            return Outcome(
                claim.id, check, outcome, why, ends, compared_ids, reading=candidate.words, strength=strength
            )
    nearest = min(max(claim.scaled, plain.low), plain.high)
    why = f"{shown(claim)} beside {len(values)} values of classes, which give {ends}."
    outcome, reading = (FITS_ONLY_IF, MEDIANS) if is_open([claim, *values]) else (CONTRADICTION, "")
    return Outcome(claim.id, check, outcome, why, ends, compared_ids, size=distance(nearest, claim), reading=reading)
