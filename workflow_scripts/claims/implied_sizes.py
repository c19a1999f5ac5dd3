"""What printed shares of two classes say of the class sizes: those that follow, and those that cannot be.

Apart from `tables.shared_sizes`: here printed class sizes are held against those that follow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.arithmetic.joint_sizes import joint_sizes, smallest_total
from workflow_scripts.claims.arithmetic.prevalence import implied_prevalence
from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.rows import row_sets
from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    EXACT,
    FITS_ONLY_IF,
    STRONG,
    WEAK,
    Outcome,
    shared_outcome,
)
from workflow_scripts.claims.printed import shown
from workflow_scripts.claims.readings import ALONE, MEAN, MICRO, WEIGHTED, Reading, rates
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured
from workflow_scripts.claims.trainings import MEDIANS, is_open
from workflow_scripts.claims.two_classes import excluding
from workflow_scripts.contracts.claims import Claim, Published

NAME = "class sizes that follow"
_KNOWN = ("accuracy", "precision", "sensitivity", "specificity", "f1")
# Of fewer numbers nearly every pair of class sizes would follow.
_FEWEST = 3
# The largest test set that is tried where another one than the printed one is looked for.
_LARGEST = 1000
# Numbers are of the class that they are of.
_OWN = Reading(ALONE)
# What numbers of a class that is not named may be; of weighted means the precision is left open.
_UNNAMED = (
    Reading(MEAN, "they are means over the classes"),
    Reading(WEIGHTED, "they are means weighted by class size"),
    Reading(MICRO, "they are micro averages"),
)


@dataclass(frozen=True)
class _Row:
    """Numbers of one run that are of one class, or of a class that is not named."""

    claims: tuple[Claim, ...]
    names: tuple[str, str]

    def rates(self, reading: Reading) -> list[Rate]:
        """What the numbers say of two classes, the one that they are of being positive."""
        return [rate for claim in self.claims for rate in rates(claim, reading, self.names)[:1]]

    @property
    def words(self) -> str:
        """The numbers with their metrics."""
        return ", ".join(f"{shown(claim)} ({claim.metric})" for claim in self.claims)


def check(published: Published) -> Iterator[Outcome]:
    """Shares of two classes bound the share of positives, whatever the number of samples; rows share their class sizes.

    Accuracy lies between sensitivity and specificity, and so on: by linear programming over the four cells. Where no
    class sizes are printed, those with which every row of a table has a 2x2 table are sought. Numbers of a class that
    is not named may be means over the classes. Reference: own derivation; the table of several rows as in A. Fazekas,
    G. Kovács, arXiv:2310.12527 (2023), where sizes must be known.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if claim.metric in _KNOWN]
    for (study, subset), group in groups(claims, "study", "subset"):
        for here in by_place(group):
            rows = list(_rows(here, sizes))
            possible = []
            for row in rows:
                outcomes = list(_alone(row, sizes))
                yield from outcomes
                possible += [] if outcomes else [row]
            unknown = [row for row in possible if not sizes.by_class(study, subset, row.claims[0].run)]
            if unknown:
                yield from _together(unknown, sizes)


def _rows(claims: list[Claim], sizes: Sizes) -> Iterator[_Row]:
    """The numbers of each run and class, with the accuracy of that run; of two classes."""
    for (study, run), of_run in groups(claims, "study", "run"):
        classes = sizes.classes(study, run)
        if len(classes) not in (0, 2):
            continue
        of_all = [claim for claim in of_run if claim.metric == "accuracy"]
        for (class_name,), of_class in groups([claim for claim in of_run if claim not in of_all], "class_name"):
            first = str(class_name or next(iter(classes), "one class"))
            about = first, next((name for name in classes if name != first), "the other")
            metrics = {claim.metric for claim in (*of_class, *of_all)}
            if len(metrics) >= _FEWEST and len(metrics) == len(of_class) + len(of_all):
                yield _Row((*of_class, *of_all), about)


def _alone(row: _Row, sizes: Sizes) -> Iterator[Outcome]:
    """What no two classes of any size give, or none of the printed sizes."""
    claim = row.claims[0]
    if _fits_the_printed(row, sizes):
        return
    implied = implied_prevalence(row.rates(_OWN))
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    named = claim.class_name is not None
    shares = [way[name] / sum(way.values()) for way in ways for name in row.names[: 1 if named else 2] if name in way]
    if implied and (not shares or any(implied[0] - 1e-6 <= share <= implied[1] + 1e-6 for share in shares)):
        return
    unnamed = [] if named else [reading for reading in _UNNAMED if _may_be(row, reading, shares)]
    if shares and (unnamed or not excluding(list(row.claims), sizes)):
        return
    why = f"No two classes of any size give {row.words} at once."
    if implied:
        printed = " or ".join(f"{share:.0%}" for share in dict.fromkeys(shares))
        why = f"{row.words} need {implied[0]:.1%} to {implied[1]:.1%} of one class; {printed} are printed."
        if tried := excluding(list(row.claims), sizes):
            why += f" No table of {tried} gives them by other averages either."
        if smallest := smallest_total(row.rates(_OWN), _LARGEST):
            why += f" The fewest samples with which they fit are {smallest[0]} and {smallest[1]}."
    reading = next((reading.words for reading in unnamed), MEDIANS if is_open(row.claims) else "")
    outcome = FITS_ONLY_IF if reading else CONTRADICTION
    everything = {claim.id for claim in row.claims}
    for claim in _suspects(row, sizes, bool(shares)):
        compared_ids = tuple(sorted(everything - {claim.id}))
        yield Outcome(claim.id, NAME, outcome, why, compared_ids=compared_ids, reading=reading)


def _suspects(row: _Row, sizes: Sizes, sized: bool) -> list[Claim]:
    """The numbers without which the others fit; all where no single one is to blame."""
    suspects = []
    for claim in row.claims:
        rest = [compared for compared in row.claims if compared is not claim]
        fits = not excluding(rest, sizes) if sized else implied_prevalence(_Row(tuple(rest), row.names).rates(_OWN))
        suspects += [claim] if fits else []
    return suspects or list(row.claims)


def _fits_the_printed(row: _Row, sizes: Sizes) -> bool:
    """Whether a table of the printed class sizes gives the numbers, of the class that they are of."""
    claim = row.claims[0]
    wanted = row.rates(_OWN)
    ways = sizes.by_class(claim.study, claim.subset, claim.run)
    return any(
        row_sets(wanted, way[row.names[0]], way[row.names[1]]).fits for way in ways if set(row.names) == set(way)
    )


def _may_be(row: _Row, reading: Reading, shares: Sequence[float] = ()) -> bool:
    """Whether two classes of some size give the numbers as averages; shares: that the first one may have."""
    wanted = row.rates(reading)
    if reading.kind == WEIGHTED:
        wanted = [rate for rate in wanted if rate.value is None]
    if not shares:
        return implied_prevalence(wanted) is not None
    return any(implied_prevalence([*wanted, Rate("prevalence", share, share)]) is not None for share in shares)


def _together(rows: Sequence[_Row], sizes: Sizes) -> Iterator[Outcome]:
    """The class sizes that all rows can have in common; rows of which each has some, and all have none."""
    claims = [claim for row in rows for claim in row.claims]
    totals = {n for claim in claims for n in (sizes.of(claim) if claim.metric == "accuracy" else ())}
    total = next(iter(totals)) if len(totals) == 1 else None
    joint = joint_sizes([row.rates(_OWN) for row in rows], total)
    if not joint.decided:
        return
    if joint.possible:
        first, many = joint.possible[0], len(joint.possible)
        names = f"{first[0]} of {rows[0].names[0]} and {first[1]} of {rows[0].names[1]}"
        among = "" if many == 1 else f", the smallest of {many} pairs up to {joint.largest} samples"
        why = f"Class sizes that follow from {len(claims)} numbers: {names}{among}."
        strength = EXACT if many == 1 else STRONG if many <= 10 else WEAK
        yield from shared_outcome(claims, NAME, CONSISTENT, why, f"{first[0]} and {first[1]}", strength=strength)
        return
    if total is None:
        return
    why = f"No two classes of {total} samples in all give the {len(claims)} numbers of {len(rows)} rows."
    named = all(claim.class_name or claim.metric == "accuracy" for claim in claims)
    readings = [] if named else [r.words for r in _UNNAMED if all(_may_be(row, r) for row in rows)]
    reading = next(iter(readings), MEDIANS if is_open(claims) else "")
    yield from shared_outcome(claims, NAME, FITS_ONLY_IF if reading else CONTRADICTION, why, reading=reading)
