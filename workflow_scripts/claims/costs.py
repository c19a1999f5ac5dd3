"""Times and sizes that follow from each other."""

from collections.abc import Iterator

from workflow_scripts.claims.outcome import CONSISTENT, NOTE, Outcome, shared_outcome
from workflow_scripts.claims.printed import Interval, interval, shown
from workflow_scripts.claims.sizes import Sizes
from workflow_scripts.contracts.claims import Claim, Published

NAME = "times and sizes"


def check(published: Published) -> Iterator[Outcome]:
    """Epochs times seconds are the training time, images times seconds the test time; size goes with bits a weight.

    What is left over is worth a note: totals may include more than the parts, and not all weights need be compressed.
    Reference: Nature 577:167-169 (2020), see totals.py: calculations from printed numbers.
    """
    sizes = Sizes(published)
    for claim in published.claims:
        unit_time, epochs = _same(published, claim, "epoch_time"), _epochs(published, claim)
        if claim.metric == "training_time" and unit_time and epochs:
            yield from _product(claim, unit_time, epochs, "epochs")
        if claim.metric == "test_time" and (unit_time := _same(published, claim, "time_per_sample")):
            for n in sizes.of(claim)[:1]:
                yield from _product(claim, unit_time, n, "samples")
        if claim.metric == "parameter_size":
            yield from _compressed(published, claim)


def _same(published: Published, claim: Claim, metric: str, run: str | None = None) -> Claim | None:
    wanted = (metric, claim.study, run or claim.run)
    return next((c for c in published.claims if (c.metric, c.study, c.run) == wanted and not c.against), None)


def _epochs(published: Published, claim: Claim) -> int | None:
    """The stated number of epochs of a run, of the study if none is stated for the run alone."""
    for path in (f"runs.{claim.run}.train.epochs", "train.epochs"):
        for entry in published.settings:
            if entry.setting == path and entry.value is not None and claim.study in (entry.studies or (claim.study,)):
                return int(entry.value)
    return None


def _product(total: Claim, unit_cost: Claim, times: int, what: str) -> Iterator[Outcome]:
    band = interval(unit_cost)
    seconds = times * unit_cost.scaled
    fits = interval(total).overlaps(Interval(times * band.low, times * band.high))
    why = (
        f"{times} {what} of {shown(unit_cost)} are {seconds:.1f} s, {seconds / 3600:.2f} h; {shown(total)} is printed."
    )
    innocent = "" if fits else "The total may include loading and validation, or the training may have ended early."
    yield from shared_outcome((total, unit_cost), NAME, CONSISTENT if fits else NOTE, why, f"{seconds:.1f} s", innocent)


def _compressed(published: Published, size: Claim) -> Iterator[Outcome]:
    """Each other run of the same study with its size and bits."""
    bits = _same(published, size, "bits")
    for smaller in published.claims:
        if (smaller.metric, smaller.study) != ("parameter_size", size.study) or smaller.run == size.run or not bits:
            continue
        fewer = _same(published, smaller, "bits")
        if not fewer or fewer.value >= bits.value:
            continue
        factor = fewer.value / bits.value
        band = interval(size)
        fits = interval(smaller).overlaps(Interval(factor * band.low, factor * band.high))
        why = f"{fewer.printed} instead of {bits.printed} bits make {shown(size)} to {factor * size.scaled:g} MB."
        innocent = "" if fits else "Not all weights may have been compressed, or a file may hold more than weights."
        outcome, near = CONSISTENT if fits else NOTE, f"{factor * size.scaled:g} MB"
        yield from shared_outcome((size, smaller, bits, fewer), NAME, outcome, why, near, innocent)
