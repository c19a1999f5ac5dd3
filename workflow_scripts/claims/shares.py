"""Counts of a split against its stated shares, and of a study against the public set that it uses.

Apart from `tables.count_shares`, which looks for the rule of a column: here it is known what a share is of.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.claims.arithmetic.ways_of_writing import PLAIN, SLACK
from workflow_scripts.claims.outcome import CONSISTENT, EXACT, FITS_ONLY_IF, WEAK, Outcome, shared_outcome, verdict
from workflow_scripts.claims.printed import interval, shown
from workflow_scripts.claims.sizes import PARTS, Sizes, complete_sum, groups
from workflow_scripts.contracts.claims import Claim, Published

SPLIT = "stated shares"
PUBLIC = "public set"
_PLANNED = "The shares may be those that were planned, and the counts those that were left."


def check_split(published: Published) -> Iterator[Outcome]:
    """Each class (or the whole) is divided as stated, up to one sample or the rounding of the share.

    A share of training or validation may be one of what is left after the test subset. Where all shares told together
    are whole tens (or fives) of percent, one may fit only if it is rounded to these. Where the counts of classes are
    printed each is judged, otherwise the total. Reference: A. Grey, M. J. Bolland, A. Avenell, A. A. Klein, C. K.
    Gunsalus, Check for publication integrity before misconduct, Nature 577:167-169 (2020), section Errors: percentages
    against counts.
    """
    sizes = Sizes(published)
    for share in published.claims:
        if share.metric != "share":
            continue
        runs = dict.fromkeys(c.run for c in published.claims if (c.metric, c.study) == ("samples", share.study))
        for run in runs:
            class_names: list[str | None] = [*sizes.classes(share.study, run)]
            for class_name in class_names or [None]:
                yield from _divided(published, sizes, share, run, class_name)


def _divided(
    published: Published, sizes: Sizes, share: Claim, run: str | None, class_name: str | None
) -> Iterator[Outcome]:
    whole = sizes.count(share.study, "all", class_name, run)
    part = sizes.count(share.study, share.subset, class_name, run)
    if whole is None:
        parts = [sizes.count(share.study, name, class_name, run) for name in PARTS]
        whole = complete_sum(parts)
    if whole is None or part is None:
        return
    what = f"{class_name}: " if class_name else ""
    test = sizes.count(share.study, "test", class_name, run)
    rest = whole - test if test is not None and share.subset in ("train", "validation") else None
    wholes = [whole] if rest is None else [whole, rest]
    fitting = [total for total in wholes if _is(part, share, total)]
    total = fitting[0] if fitting else whole
    wanted = share.scaled * total
    of = f"of the {total} that are left after the test" if fitting and total == rest else f"of {total}"
    why = f"{what}{shown(share)} {of} are {wanted:.1f}; {part} are {100 * part / total:.1f} %."
    low, high = math.floor(wanted + 1e-9), math.ceil(wanted - 1e-9)
    nearest = f"{low}" if low == high else f"{low} or {high}"
    counts = [c for c in published.claims if (c.metric, c.study, c.run) == ("samples", share.study, run)]
    counts = [c for c in counts if (c.subset, c.class_name, c.source) == (share.subset, class_name, None)]
    points = abs(100 * (part / total - share.scaled))
    size = "" if fitting else f"{points:.1f} points, {abs(part - round(wanted))} of {total}"
    reading = "" if fitting else _in_round_numbers(published, share, points)
    outcome = FITS_ONLY_IF if reading else verdict(bool(fitting))
    innocent = "" if fitting else "A planned split is often told in round numbers." if reading else _PLANNED
    yield from shared_outcome((share, *counts), SPLIT, outcome, why, nearest, innocent, size, reading)


def _in_round_numbers(published: Published, share: Claim, points: float) -> str:
    """That the shares told together are whole tens or fives of percent, and this one rounds to its own; else empty."""
    together = [c for c in published.claims if (c.metric, c.study, c.place) == ("share", share.study, share.place)]
    percents = [100 * claim.scaled for claim in together]
    for grain, name in ((10, "tens"), (5, "fives")):
        if points <= grain / 2 and all(abs(value / grain - round(value / grain)) < SLACK for value in percents):
            return f"the shares are told in whole {name} of percent, to which this one is rounded"
    return ""


def _is(part: int, share: Claim, total: int) -> bool:
    """Whether a part is the share of a total up to one sample, or is written as that share."""
    return abs(part - share.scaled * total) < 1 + 1e-9 or interval(share, PLAIN).contains(part / total)


def check_public(published: Published) -> Iterator[Outcome]:
    """Whether a study has more samples of a class than the public set that they are from; totals of the set are equal.

    More of them fits only if several crops or copies of one object are samples as well.

    Reference: the sources named under `public` in published.yaml; the way of checking as for the shares.
    """
    sizes = Sizes(published)
    for _, group in groups(list(published.public), "study", "source"):
        outcomes = [
            _against(claim, public_claim, sizes)
            for public_claim in group
            for claim in published.claims
            if _is_about(claim, public_claim)
        ]
        more = [outcome.claim for outcome in outcomes if outcome.outcome == FITS_ONLY_IF]
        for outcome in outcomes:
            compared_ids = (
                tuple(name for name in more if name != outcome.claim) if outcome.outcome == FITS_ONLY_IF else ()
            )
            yield replace(outcome, compared_ids=compared_ids)


def _is_about(claim: Claim, public_claim: Claim) -> bool:
    about = (claim.study, claim.metric, claim.subset, claim.class_name)
    if (
        about != (public_claim.study, public_claim.metric, public_claim.subset, public_claim.class_name)
        or claim.relation != "equal"
    ):
        return False
    return claim.source in (public_claim.source, None if public_claim.class_name else public_claim.source)


def _against(claim: Claim, public_claim: Claim, sizes: Sizes) -> Outcome:
    value, there = int(claim.value), int(public_claim.value)
    counted = f"{value} are printed"
    if sizes.copies(claim.study, claim.run) != 1:
        value = sizes.count(claim.study, claim.subset, claim.class_name, claim.run) or value
        counted = f"{value} are left without the copies"
    if value > there:
        of = f" of {claim.class_name}" if claim.class_name else ""
        why = f"{counted}{of}; the public set has {there} ({public_claim.place})."
        reading = "several crops or copies of one object are counted, for example of an augmented set of a reference"
        innocent = "Copies are samples as well; copies of one object may then lie on both sides of the split."
        size = f"{value - there} more"
        return Outcome(claim.id, PUBLIC, FITS_ONLY_IF, why, f"at most {there}", (), innocent, size, reading)
    of_the_set = public_claim.metric != "samples"
    why = f"{counted} of {there} in the public set ({public_claim.place})."
    if of_the_set and value != there:
        innocent, reading = "Public sets are released again with mends.", "another release of the set was used"
        return Outcome(claim.id, PUBLIC, FITS_ONLY_IF, why, str(there), (), innocent, f"{abs(value - there)}", reading)
    return Outcome(claim.id, PUBLIC, CONSISTENT, why, str(there), strength=EXACT if value == there else WEAK)
