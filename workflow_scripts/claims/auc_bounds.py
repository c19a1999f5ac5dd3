"""The area under the curve against the sensitivity and specificity that are one point of it."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims.arithmetic.curve_area import NO_THRESHOLD, curve_area, mean_curve_area
from workflow_scripts.claims.outcome import FITS_ONLY_IF, Outcome, strength_of, verdict
from workflow_scripts.claims.printed import Interval, distance, interval, near, shown, unit_step, written
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured
from workflow_scripts.claims.trainings import MEDIANS, is_open
from workflow_scripts.contracts.claims import Claim, Published

NAME = "area and one point of its curve"
_AREAS = {"auc": ("sensitivity", "specificity"), "macro_auc": ("macro_sensitivity", "macro_specificity")}
# Of more classes the highest score decides, and not a threshold on any of them.
_MOST_CLASSES = 2


def check(published: Published) -> Iterator[Outcome]:
    """A curve through one point has the area that `arithmetic.curve_area` allows; of two classes it is that of both.

    Of more classes nothing follows. How many they are is known where samples of each are counted. Reference: own
    derivation (`arithmetic.curve_area`).
    """
    sizes = Sizes(published)
    metrics = {*_AREAS, *(metric for pair in _AREAS.values() for metric in pair)}
    claims = [claim for claim in measured(published) if claim.metric in metrics]
    for _, group in groups(claims, "study", "run", "subset"):
        for here in by_place(group):
            class_number = len(sizes.classes(here[0].study, here[0].run))
            for area in (claim for claim in here if claim.metric in _AREAS and class_number <= _MOST_CLASSES):
                for point in _points(area, here, class_number == _MOST_CLASSES):
                    yield _judge(area, point)


def _points(area: Claim, here: Sequence[Claim], two: bool) -> Iterator[tuple[Claim, Claim]]:
    """Sensitivity and specificity of the class, or mean, whose area it is; of two classes those of either."""
    for metrics in _AREAS.values() if two else (_AREAS[area.metric],):
        for sensitivity in (claim for claim in here if claim.metric == metrics[0]):
            same = [c for c in here if c.metric == metrics[1] and c.class_name == sensitivity.class_name]
            if same and (two or sensitivity.class_name == area.class_name):
                yield sensitivity, same[0]


def _judge(area: Claim, point: tuple[Claim, Claim]) -> Outcome:
    claims = (area, *point)
    about = tuple(claim.id for claim in point)
    spans = [(span.low, span.high) for span in map(interval, point)]
    single = point[0].metric == "sensitivity" and not is_open(claims)
    low, high = curve_area(*spans) if single else mean_curve_area(*spans)
    fits = interval(area).overlaps(Interval(low, high))
    word = "allow" if fits else "do not allow"
    why = f"{shown(point[0])} sensitivity and {shown(point[1])} specificity {word} an area of {shown(area)}."
    if fits:
        ends = f"{written(low, area, 1)} to {written(high, area, 1)}"
        strength = strength_of(high - low, unit_step(area))
        return Outcome(area.id, NAME, verdict(fits), why, ends, about, strength=strength)
    value = min(max(area.scaled, low), high)
    reading = MEDIANS if is_open(claims) else NO_THRESHOLD
    return Outcome(
        area.id, NAME, FITS_ONLY_IF, why, near(value, area), about, size=distance(value, area), reading=reading
    )
