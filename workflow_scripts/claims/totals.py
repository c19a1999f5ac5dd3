"""Totals against their parts: classes, subsets, sources, copies, patients, ratios.

Apart from `tables.count_totals`, which goes by rows and columns: here parts are known by class, subset and source.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    Outcome,
    shared_outcome,
    verdict,
)
from workflow_scripts.claims.printed import interval, shown
from workflow_scripts.claims.sizes import PARTS, Sizes, groups
from workflow_scripts.contracts.claims import Claim, Published

SUMS = "totals and parts"
COPIES = "counts with copies"
CLASSES = "number of classes"
PATIENTS = "patients and images"
RATIO = "ratio of counts"
_LEFT_OVER = "Programs that divide a list cut off; what is left over is then in no subset."
_CUT = "each subset is its stated share, cut off to a whole number, and what is left over is in none of them"
_MISCOUNTED = "One of the counts may be a misprint, or some samples may have been left out without a word."
_COUNTED = ("samples", "patients", "units", "cells", "classes", "models", "features")


@dataclass(frozen=True)
class Sum:
    """A total that is printed, and its parts; `by`: what the parts are."""

    total: Claim
    parts: tuple[Claim, ...]
    by: str

    @property
    def members(self) -> tuple[Claim, ...]:
        return (self.total, *self.parts)

    @property
    def sum_of_parts(self) -> int:
        return sum(int(part.value) for part in self.parts)

    @property
    def fits(self) -> bool:
        return self.sum_of_parts == int(self.total.value)


def check_sums(published: Published) -> Iterator[Outcome]:
    """A printed total is the sum of its printed parts: classes, subsets, sources.

    Of a sum that does not fit, those numbers are named that stand in most sums that do not fit. Where every subset is
    its stated share of the total, cut off, the sum may lack a few: it fits only if so. Reference: A. Grey,
    M. J. Bolland, A. Avenell, A. A. Klein, C. K. Gunsalus, Check for publication integrity before misconduct, Nature
    577:167-169 (2020), section Errors.
    """
    sums, duplicates = printed_sums(published), _duplicates(published)
    failing = Counter(claim.id for printed_sum in sums if not printed_sum.fits for claim in printed_sum.members)
    for printed_sum in sums:
        parts = " + ".join(f"{int(part.value)}" for part in printed_sum.parts)
        equation = f"{parts} ({printed_sum.by}) = {printed_sum.sum_of_parts}"
        if printed_sum.fits:
            members = [duplicate for claim in printed_sum.members for duplicate in duplicates[claim.id]]
            yield from shared_outcome(members, SUMS, CONSISTENT, f"{equation}, as printed.")
            continue
        worst = max(failing[claim.id] for claim in printed_sum.members)
        cut = _cut_off(published, printed_sum)
        why = f"{equation}, but {int(printed_sum.total.value)} are printed.{cut}"
        outcome = FITS_ONLY_IF if cut else CONTRADICTION
        innocent, reading = (_LEFT_OVER, _CUT) if cut else (_MISCOUNTED, "")
        for claim in printed_sum.members:
            if failing[claim.id] == worst:
                rest = int(printed_sum.total.value) - printed_sum.sum_of_parts + int(claim.value)
                nearest = printed_sum.sum_of_parts if claim is printed_sum.total else rest
                size = (
                    f"{abs(printed_sum.sum_of_parts - int(printed_sum.total.value))} of {int(printed_sum.total.value)}"
                )
                compared_ids = tuple(member.id for member in printed_sum.members)
                for duplicate in duplicates[claim.id]:
                    rest_of = tuple(name for name in compared_ids if name != duplicate.id)
                    yield Outcome(duplicate.id, SUMS, outcome, why, str(nearest), rest_of, innocent, size, reading)


def _cut_off(published: Published, printed_sum: Sum) -> str:
    """That every part is its stated share of the total, cut off; empty where it is not."""
    shares = {
        claim.subset: claim
        for claim in published.claims
        if (claim.metric, claim.study) == ("share", printed_sum.total.study)
    }
    if printed_sum.by != "subsets" or not all(part.subset in shares for part in printed_sum.parts):
        return ""
    exact = [shares[part.subset].scaled * printed_sum.total.value for part in printed_sum.parts]
    if any(math.floor(value + 1e-9) != int(part.value) for value, part in zip(exact, printed_sum.parts, strict=True)):
        return ""
    shares_in_words = " and ".join(f"{shown(shares[part.subset])}" for part in printed_sum.parts)
    values = " and ".join(f"{value:.1f}" for value in exact)
    return f" {shares_in_words} of {int(printed_sum.total.value)} are {values}: each was cut off."


def _duplicates(published: Published) -> dict[str, list[Claim]]:
    """Claim → the claims that print the same number of the same thing, itself among them."""
    same = ("study", "metric", "run", "class_name", "subset", "source", "predicted", "value")
    return {claim.id: group for _, group in groups(list(published.claims), *same) for claim in group}


def printed_sums(published: Published) -> list[Sum]:
    """Every total with parts; a number that is printed twice is taken once, from a table if it stands in one."""
    sums = []
    counts = [claim for claim in published.claims if claim.metric in _COUNTED and claim.relation == "equal"]
    counts.sort(key=lambda claim: claim.cell is None)
    source_of_class: dict[tuple[str, str | None], str | None]
    source_of_class = {(claim.study, claim.class_name): claim.source for claim in published.public if claim.class_name}
    for (_, metric, _), group in groups(counts, "study", "metric", "run"):
        first: dict[tuple[str | None, str | None, str | None], Claim] = {}
        for claim in group:
            first.setdefault((claim.class_name, claim.subset, claim.source), claim)
        classes = _stated_classes(published, group[0].study) if metric == "samples" else None
        for (class_name, subset, source), total in first.items():
            if class_name is None:
                parts = [c for (name, s, _), c in first.items() if name and s == subset]
                parts = [c for c in parts if source == (_owning_source(c, source_of_class) if source else c.source)]
                if len(parts) > 1 and (source or classes in (None, len(parts))):
                    sums.append(Sum(total, tuple(parts), "classes"))
            if subset == "all":
                parts = [c for (name, s, o), c in first.items() if (name, o) == (class_name, source) and s in PARTS]
                if {"train", "test"} <= {part.subset for part in parts}:
                    sums.append(Sum(total, tuple(parts), "subsets"))
            if source is None and class_name is None:
                parts = [c for (name, s, o), c in first.items() if name is None and s == subset and o]
                if len(parts) > 1:
                    sums.append(Sum(total, tuple(parts), "sources"))
    return sums


def _owning_source(claim: Claim, source_of_class: dict[tuple[str, str | None], str | None]) -> str | None:
    return claim.source or source_of_class.get((claim.study, claim.class_name))


def _stated_classes(published: Published, study: str) -> int | None:
    stated = {int(c.value) for c in published.claims if (c.metric, c.study, c.source) == ("classes", study, None)}
    return stated.pop() if len(stated) == 1 else None


def check_copies(published: Published) -> Iterator[Outcome]:
    """Without its copies, what a run was trained and tested on are the samples of the study.

    Reference: as for sums.
    """
    sizes = Sizes(published)
    for claim in published.claims:
        if claim.metric != "copies":
            continue
        counted = sizes.count(claim.study, "all", None, claim.run)
        trained = [c for c in published.claims if (c.metric, c.study, c.run) == ("samples", claim.study, claim.run)]
        trained = [c for c in trained if c.subset == "train"]
        plain = sizes.count(claim.study, "all")
        if not trained or counted is None or plain is None:
            continue
        whole = all(int(c.value) % int(claim.value) == 0 for c in trained)
        members = (claim, *trained, *(c for c in published.claims if _is_total(c, claim.study)))
        why = f"Training counts are {'' if whole else 'not all '}multiples of {int(claim.value)}; "
        why += f"without copies {counted} samples are left, {plain} are printed."
        yield from shared_outcome(members, COPIES, verdict(whole and counted == plain), why, str(counted))


def _is_total(claim: Claim, study: str) -> bool:
    return (claim.metric, claim.study, claim.subset) == ("samples", study, "all") and not (
        claim.class_name or claim.run or claim.source
    )


def check_patients(published: Published) -> Iterator[Outcome]:
    """There are at least as many images as patients; as many of both means one image of each.

    Reference: as for sums.
    """
    for patients in published.claims:
        if patients.metric != "patients":
            continue
        for images in published.claims:
            if (images.metric, images.study, images.class_name) != ("samples", patients.study, None):
                continue
            if images.subset == patients.subset and images.value < patients.value:
                why = f"{shown(images)} images cannot be of {shown(patients)} patients."
                yield from shared_outcome((patients, images), PATIENTS, CONTRADICTION, why)
            elif images.subset == patients.subset:
                same = images.value == patients.value
                why = f"{shown(patients)} patients and {shown(images)} images: "
                why += (
                    "only with one image of each. Missing: that there is only one, and which." if same else "possible."
                )
                yield from shared_outcome((patients, images), PATIENTS, NOT_CHECKABLE if same else CONSISTENT, why)


def check_classes(published: Published) -> Iterator[Outcome]:
    """As many classes are counted in tables, or stand in a confusion matrix, as the paper says that there are.

    Reference: as for sums.
    """
    for claim in published.claims:
        if claim.metric != "classes" or claim.source:
            continue
        tables = [c for c in published.claims if c.study == claim.study and c.class_name and c.cell]
        tables += [c for c in published.claims if (c.study, c.metric) == (claim.study, "samples") and c.class_name]
        counted = len({c.class_name for c in tables})
        if counted:
            why = f"{counted} classes are counted, {int(claim.value)} are named."
            yield Outcome(claim.id, CLASSES, verdict(counted == claim.value), why, str(counted))


def check_ratio(published: Published) -> Iterator[Outcome]:
    """A printed ratio of two class counts is their quotient at the printed digits.

    Reference: as for sums.
    """
    sizes = Sizes(published)
    for claim in published.claims:
        if claim.metric != "class_ratio":
            continue
        top = sizes.count(claim.study, claim.subset or "all", claim.class_name)
        bottom = sizes.count(claim.study, claim.subset or "all", claim.against.get("class_name"))
        if top is None or not bottom:
            continue
        why = f"{top}/{bottom} = {top / bottom:.4f}."
        yield Outcome(claim.id, RATIO, verdict(interval(claim).contains(top / bottom)), why, f"{top / bottom:.4f}")
