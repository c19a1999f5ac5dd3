"""F1-score against precision and sensitivity, mean sensitivity against accuracy."""

from collections.abc import Iterator

from workflow_scripts.claims.arithmetic.ways_of_writing import MODES
from workflow_scripts.claims.granularity import possible
from workflow_scripts.claims.outcome import FITS_ONLY_IF, NOTE, Outcome, shared_outcome, verdict
from workflow_scripts.claims.printed import Interval, distance, interval, numerators, shown, written
from workflow_scripts.claims.scores import COARSEST
from workflow_scripts.claims.sizes import ROUNDED_SHARE, Sizes, groups, measured, printed_together
from workflow_scripts.claims.trainings import MEDIANS, is_open
from workflow_scripts.contracts.claims import Claim, Published

F1 = "F1 from precision and sensitivity"
RECALL = "mean sensitivity from accuracy"
# As many classes a paper may have that does not say how many.
MOST_CLASSES = 20
_TRIPLES = (("precision", "sensitivity", "f1"), ("macro_precision", "macro_sensitivity", "macro_f1"))


def check_f1(published: Published) -> Iterator[Outcome]:
    """F1 = 2PR/(P+R) of one class and one training; of means a band, because the mean of F1s is not the F1 of means.

    The mean of the classes' F1 lies between P + R − 1 and 2PR/(P+R) of the mean precision P and sensitivity R: the
    harmonic mean is concave, and (1−p)(1−r) ≥ 0; whatever the weights, and for means of several trainings as well.
    Papers that print the F1 of the means print the upper end. Means of class values that were rounded to two digits
    before may be off by half a digit. Without a sensitivity, F1 may be anything up to 1. Reference: J. Opitz, S. Burst,
    Macro F1 and Macro F1, arXiv:1911.03347 (2019), who show that the F1 of means is never the smaller one.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if any(claim.metric in triple for triple in _TRIPLES)]
    for _, group in groups(claims, "study", "run", "subset", "class_name"):
        for place in dict.fromkeys(map(printed_together, group)):
            here = {claim.metric: claim for claim in group if printed_together(claim) == place}
            for triple in _TRIPLES:
                precision, recall, f1 = (here.get(metric) for metric in triple)
                if f1 and (precision or recall):
                    yield from _f1(precision, recall, f1, len(sizes.classes(f1.study, f1.run)))


def _f1(precision: Claim | None, recall: Claim | None, f1: Claim, classes: int) -> Iterator[Outcome]:
    intervals = [interval(claim) if claim else Interval(0.0, 1.0) for claim in (precision, recall)]
    top = _harmonic(*(min(end.high, 1.0) for end in intervals))
    claims = [claim for claim in (precision, recall, f1) if claim]
    single = f1.metric == "f1" and all("one_training" in claim.stated and claim.class_name for claim in claims)
    if not single:
        # Of the class values precision, sensitivity and F1 may each have been rounded.
        top = min(1.0, top + 2 * COARSEST)
        bottom = max(0.0, sum(max(end.low, 0.0) for end in intervals) - 1 - 2 * COARSEST)
    else:
        bottom = _harmonic(*(max(end.low, 0.0) for end in intervals))
    names = " and ".join(shown(claim) for claim in claims if claim is not f1)
    lines = f"{written(bottom, f1, 1)} to {written(top, f1, 1)}"
    fits = interval(f1).overlaps(Interval(bottom, top))
    word = "allow" if fits else "do not allow"
    why = f"Precision and sensitivity ({names}) {word} an F1 of {shown(f1)}."
    if not (precision and recall):
        why = f"{names} {word} an F1 of {shown(f1)}, whatever the number that is not printed."
    size = "" if fits else distance(min(max(f1.scaled, bottom), top), f1)
    reading = "" if fits or single else _left_out((intervals[0], intervals[1]), f1, classes)
    reading = reading or (MEDIANS if is_open(claims) and not fits else "")
    outcome = FITS_ONLY_IF if reading else verdict(fits)
    yield from shared_outcome(claims, F1, outcome, why, f"F1 {lines}", size=size, reading=reading)


def _left_out(parts: tuple[Interval, Interval], f1: Claim, classes: int) -> str:
    """That classes which are never predicted count in some of the means and not in others; empty where they do not.

    With u of K classes left out, whose sensitivity is 0, a mean grows by K/(K − u), and no mean sensitivity of all is
    above (K − u)/K. parts: precision and sensitivity; classes: K; 0 where it is unknown.
    """
    precision, recall = parts
    for left_out in range(1, classes or MOST_CLASSES):
        growth = (classes or MOST_CLASSES) / ((classes or MOST_CLASSES) - left_out)
        top = _harmonic(min(precision.high, 1.0), min(recall.high * growth, 1.0))
        bottom = precision.low / growth + recall.low - 1
        if recall.low * growth <= 1 and interval(f1).overlaps(Interval(bottom - 2 * COARSEST, top + 2 * COARSEST)):
            return "classes that are never predicted are left out of some of the means"
    return ""


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


def check_recall(published: Published) -> Iterator[Outcome]:
    """The mean sensitivity over classes lies between two bounds that the accuracy and the class sizes set.

    Weighted by class size it is the accuracy itself. Highest when all errors are in the largest class, lowest when they
    fill the smallest ones: then the mean of k_c/n_c with a given sum of k_c is extreme. Reference: own derivation (a
    fractional knapsack, G. B. Dantzig, Operations Research 5:266-288, 1957).
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if claim.metric in ("accuracy", "macro_sensitivity")]
    for _, group in groups(claims, "study", "run", "subset"):
        for place in dict.fromkeys(map(printed_together, group)):
            here = {claim.metric: claim for claim in group if printed_together(claim) == place}
            if len(here) == 2:
                yield from _recall(here["accuracy"], here["macro_sensitivity"], sizes)


def _recall(accuracy: Claim, recall: Claim, sizes: Sizes) -> Iterator[Outcome]:
    ways = sizes.by_class(accuracy.study, accuracy.subset, accuracy.run)
    ways = [way for way in ways if sum(way.values()) in possible(accuracy, sizes)]
    bands = []
    for way in ways:
        n = sum(way.values())
        right = sorted({k for mode in MODES for k in numerators(accuracy, n, mode)})
        if right:
            counts = sorted(way.values())
            bands.append(Interval(lowest(counts, right[0]) - COARSEST, highest(counts, right[-1]) + COARSEST))
    if not bands:
        return
    bands.append(interval(accuracy))
    fits = any(interval(recall).overlaps(band) for band in bands)
    low, high = min(band.low for band in bands), max(band.high for band in bands)
    ends = written(low, recall, 1), written(high, recall, 1)
    word = "allow" if fits else "do not allow"
    why = f"An accuracy of {shown(accuracy)} and the class sizes {word} a mean sensitivity of {shown(recall)}."
    size = "" if fits else distance(min(max(recall.scaled, low), high), recall)
    innocent = "" if fits else _otherwise(accuracy, sizes)
    outcome, reading = NOTE if innocent else verdict(fits), ""
    if not fits and not innocent and is_open((accuracy, recall)):
        outcome, reading = FITS_ONLY_IF, MEDIANS
    for claim, counterpart in ((accuracy, recall), (recall, accuracy)):
        about = (counterpart.id, *sizes.behind(claim)), innocent, size, reading
        yield Outcome(claim.id, RECALL, outcome, why, f"{ends[0]} to {ends[1]}", *about)


def _otherwise(accuracy: Claim, sizes: Sizes) -> str:
    """Why the accuracy may say less of the right answers than it seems to; empty where it may not."""
    if sizes.behind(accuracy):
        return ROUNDED_SHARE
    classes = len(sizes.classes(accuracy.study, accuracy.run))
    if classes > 2:
        return f"The accuracy may be the mean of (TP + TN) / n over the {classes} classes, which is the larger one."
    return ""


def highest(counts: list[int], right: int) -> float:
    """Largest mean of k_c/n_c with `right` in all: small classes, where one sample weighs most, are right first."""
    total = 0.0
    for size in sorted(counts):
        taken = min(size, right)
        total, right = total + taken / size, right - taken
    return total / len(counts)


def lowest(counts: list[int], right: int) -> float:
    """Smallest mean of k_c/n_c with `right` in all: large classes are right first."""
    total = 0.0
    for size in sorted(counts, reverse=True):
        taken = min(size, right)
        total, right = total + taken / size, right - taken
    return total / len(counts)
