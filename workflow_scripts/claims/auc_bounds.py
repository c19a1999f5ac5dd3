"""The area under the curve against the sensitivity and specificity that are one point of it."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, Outcome, strength_of, verdict
from workflow_scripts.claims.printed import Interval, distance, interval, near, shown, unit_step, written
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured
from workflow_scripts.claims.trainings import MEDIANS, is_open
from workflow_scripts.contracts.claims import Claim, Published

NAME = "area and one point of its curve"
_AREAS = {"auc": ("sensitivity", "specificity"), "macro_auc": ("macro_sensitivity", "macro_specificity")}


def check(published: Published) -> Iterator[Outcome]:
    """A curve through one point has an area from Se·Sp to 1 − (1 − Se)(1 − Sp).

    Of means over classes or over trainings the mean area is at least Se + Sp − 1, since each Se·Sp is; of two classes
    the area is that of both. Reference: own derivation, from the lowest and highest curve that never falls and holds
    the point.
    """
    sizes = Sizes(published)
    metrics = {*_AREAS, *(metric for pair in _AREAS.values() for metric in pair)}
    claims = [claim for claim in measured(published) if claim.metric in metrics]
    for _, group in groups(claims, "study", "run", "subset"):
        for here in by_place(group):
            two = len(sizes.classes(here[0].study, here[0].run)) == 2
            for area in (claim for claim in here if claim.metric in _AREAS):
                for point in _points(area, here, two):
                    yield from _judge(area, point)


def _points(area: Claim, here: Sequence[Claim], two: bool) -> Iterator[tuple[Claim, Claim]]:
    """Sensitivity and specificity of the class, or mean, whose area it is; of two classes those of either."""
    pairs = _AREAS.values() if two else (_AREAS[area.metric],)
    for metrics in pairs:
        for sensitivity in (claim for claim in here if claim.metric == metrics[0]):
            same = [c for c in here if c.metric == metrics[1] and c.class_name == sensitivity.class_name]
            if same and (two or sensitivity.class_name == area.class_name):
                yield sensitivity, same[0]


def _judge(area: Claim, point: tuple[Claim, Claim]) -> Iterator[Outcome]:
    claims = (area, *point)
    sensitivity, specificity = (interval(claim) for claim in point)
    single = point[0].metric == "sensitivity" and not is_open(claims)
    low, high = max(0.0, sensitivity.low + specificity.low - 1), 1.0
    if single:
        low = max(low, sensitivity.low * specificity.low)
        high = 1 - max(0.0, 1 - sensitivity.high) * max(0.0, 1 - specificity.high)
    fits = interval(area).overlaps(Interval(low, high))
    ends = f"{written(low, area, 1)} to {written(high, area, 1)}"
    word = "allow" if fits else "do not allow"
    why = f"{shown(point[0])} sensitivity and {shown(point[1])} specificity {word} an area of {shown(area)}."
    outcome = verdict(fits)
    if outcome == CONTRADICTION:
        reading = MEDIANS if is_open(claims) else ""
        value = min(max(area.scaled, low), high)
        outcome = FITS_ONLY_IF if reading else CONTRADICTION
        about = tuple(claim.id for claim in point)
        size = distance(value, area)
        yield Outcome(area.id, NAME, outcome, why, near(value, area), about, size=size, reading=reading)
    else:
        strength = strength_of(high - low, unit_step(area))
        yield Outcome(area.id, NAME, outcome, why, ends, tuple(claim.id for claim in point), strength=strength)
