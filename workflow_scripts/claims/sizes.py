"""How many samples a number rests on: printed, or from the total and the stated share of a split."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from workflow_scripts.claims.arithmetic.ways_of_writing import PLAIN
from workflow_scripts.claims.printed import interval
from workflow_scripts.contracts.claims import Claim, Published

PARTS = ("train", "validation", "test")
# Under which reading a number of samples that follows from a share is another one.
ROUNDED_SHARE = "How many samples there are follows from a stated share, which may be a rounded one."
# Rounding a share down or up class by class gives 2^classes ways; beyond this many only the printed counts are used.
MOST_CLASSES = 4


class Sizes:
    """Counts that a paper prints, and what follows from them; all answers are of one study."""

    def __init__(self, published: Published) -> None:
        self._counts: dict[tuple[str, str | None, str | None, str | None], int] = {}
        self._shares: dict[tuple[str, str | None], set[float]] = {}
        self._share_claims: dict[tuple[str, str | None], list[Claim]] = {}
        self._copies: dict[tuple[str, str | None], int] = {}
        self._classes: dict[tuple[str, str | None], list[str]] = {}
        self._ways: dict[tuple[str, str | None, str | None], list[dict[str, int]]] = {}
        for claim in published.claims:
            if claim.metric == "samples" and claim.source is None:
                about = (claim.study, claim.subset, claim.class_name, claim.run)
                self._counts.setdefault(about, int(claim.value))
                if claim.class_name:
                    names = self._classes.setdefault((claim.study, claim.run), [])
                    names += [] if claim.class_name in names else [claim.class_name]
            if claim.metric == "share":
                self._shares.setdefault((claim.study, claim.subset), set()).add(round(claim.scaled, 9))
                self._share_claims.setdefault((claim.study, claim.subset), []).append(claim)
            if claim.metric == "copies":
                self._copies.setdefault((claim.study, claim.run), int(claim.value))

    def count(
        self, study: str, subset: str | None, class_name: str | None = None, run: str | None = None
    ) -> int | None:
        """Samples printed for a subset and class, those of a run before the general ones; copies are not counted.

        None where none is printed.
        """
        for wanted in dict.fromkeys((run, None)):
            printed = self._printed(study, subset, class_name, wanted)
            if printed is not None:
                return printed
        return None

    def _printed(self, study: str, subset: str | None, class_name: str | None, run: str | None) -> int | None:
        copies = self.copies(study, run) if run else 1
        if subset == "all" and copies != 1:
            parts = [self._printed(study, part, class_name, run) for part in PARTS]
            return complete_sum(parts)
        value = self._counts.get((study, subset, class_name, run))
        return value // copies if value is not None and subset == "train" and value % copies == 0 else value

    def copies(self, study: str, run: str | None) -> int:
        """How many of each training image a run learned from, 1 unless said otherwise."""
        return self._copies.get((study, run), 1)

    def classes(self, study: str, run: str | None = None) -> list[str]:
        """Classes of which samples are counted, in the order of the paper."""
        general = self._classes.get((study, None), [])
        return list(dict.fromkeys([*self._classes.get((study, run), []), *general]))

    def by_class(self, study: str, subset: str | None, run: str | None = None) -> list[dict[str, int]]:
        """Every way in which the samples of a subset may fall into classes; empty where that is unknown.

        Printed counts are one way; otherwise the stated share of each class, rounded down or up.
        """
        key = study, subset, run
        if key not in self._ways:
            self._ways[key] = list(self._divisions(*key))
        return self._ways[key]

    def _divisions(self, study: str, subset: str | None, run: str | None) -> Iterator[dict[str, int]]:
        names = self.classes(study, run)
        counts = {name: self.count(study, subset, name, run) for name in names}
        printed = {name: count for name, count in counts.items() if count is not None}
        if names and len(printed) == len(names):
            yield printed
            return
        share = self.share(study, subset)
        counts_of_all = [self.count(study, "all", name, run) for name in names]
        totals = [count for count in counts_of_all if count is not None]
        if share is None or not names or len(totals) < len(names) or len(names) > MOST_CLASSES:
            return
        choices = [sorted({math.floor(share * total), math.ceil(share * total)}) for total in totals]
        for sizes in product(*choices):
            yield dict(zip(names, sizes, strict=True))

    def totals(self, study: str, subset: str | None, run: str | None = None) -> list[int]:
        """Every possible number of samples of a subset; empty where that is unknown."""
        if (printed := self.count(study, subset, None, run)) is not None:
            return [printed]
        if ways := self.by_class(study, subset, run):
            return sorted({sum(way.values()) for way in ways})
        total, share = self.count(study, "all", None, run), self.share(study, subset)
        if total is None or share is None:
            return []
        return sorted({math.floor(share * total), math.ceil(share * total)})

    def share(self, study: str, subset: str | None) -> float | None:
        """The stated share of a subset; None where none or several different ones are stated."""
        stated = self._shares.get((study, subset), set())
        return next(iter(stated)) if len(stated) == 1 else None

    def behind(self, claim: Claim) -> tuple[str, ...]:
        """Ids of the shares from which the number of samples of a claim follows; none where a number is printed."""
        if claim.n is not None or self.count(claim.study, claim.subset, None, claim.run) is not None:
            return ()
        names = self.classes(claim.study, claim.run)
        printed = [self.count(claim.study, claim.subset, name, claim.run) for name in names]
        if names and None not in printed:
            return ()
        return tuple(share.id for share in self._share_claims.get((claim.study, claim.subset), ()))

    def of_rounded_share(self, claim: Claim) -> list[int]:
        """Every n that a claim about a whole subset may rest on, the share that it follows from being rounded."""
        shares = self._share_claims.get((claim.study, claim.subset), []) if self.behind(claim) else []
        parts = [self.count(claim.study, "all", name, claim.run) for name in self.classes(claim.study, claim.run)]
        total = self.count(claim.study, "all", None, claim.run) or complete_sum(parts) or 0
        possible: set[int] = set()
        for share in shares:
            band = interval(share, PLAIN)
            possible |= set(range(math.ceil(band.low * total), math.floor(band.high * total) + 1))
        return sorted(possible - {0})

    def of(self, claim: Claim) -> list[int]:
        """What a claim about a whole subset may rest on: its own n, else what is known of the subset."""
        return [claim.n] if claim.n is not None else self.totals(claim.study, claim.subset, claim.run)

    def of_class(self, claim: Claim) -> list[int]:
        """Sizes that a claim about one class may rest on: its own n; of a class that is not named, those of each."""
        if claim.n is not None:
            return [claim.n]
        ways = self.by_class(claim.study, claim.subset, claim.run)
        names = [claim.class_name] if claim.class_name else self.classes(claim.study, claim.run)
        return sorted({way[name] for way in ways for name in names if name in way})


def complete_sum(parts: Iterable[int | None]) -> int | None:
    """The sum of all parts; None where a part is unknown."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def groups(claims: list[Claim], *fields: str) -> Iterator[tuple[tuple[Any, ...], list[Claim]]]:
    """Claims that agree in these attributes, in the order in which they come."""
    claims_by_key: dict[tuple[Any, ...], list[Claim]] = {}
    for claim in claims:
        claims_by_key.setdefault(tuple(getattr(claim, field) for field in fields), []).append(claim)
    yield from claims_by_key.items()


def printed_together(claim: Claim) -> str:
    """Where a claim stands: numbers of one table or one place of the text come from one calculation."""
    return claim.cell.table if claim.cell else claim.place


def by_place(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims that are printed together, in the order in which they come."""
    claims_at: dict[str, list[Claim]] = {}
    for claim in claims:
        claims_at.setdefault(printed_together(claim), []).append(claim)
    return list(claims_at.values())


def measured(published: Published) -> list[Claim]:
    """Claims that are a number of their own: no difference, no ratio, nothing approximate."""
    return [claim for claim in published.claims if not claim.against and claim.relation != "about"]


def other_rows(row: Sequence[Claim], claims: Sequence[Claim]) -> list[list[Claim]]:
    """The rows of the same table, study and subset with the same metrics, of other runs."""
    about = row[0]
    alike = [
        claim
        for claim in claims
        if (claim.study, claim.subset) == (about.study, about.subset) and claim.run != about.run
        if printed_together(claim) == printed_together(about)
    ]
    metrics = {(claim.metric, claim.class_name) for claim in row}
    rows = [of_run for _, of_run in groups(alike, "run")]
    return [of_run for of_run in rows if {(claim.metric, claim.class_name) for claim in of_run} == metrics]
