"""Whether all shares of one test set were written in one way: all rounded or all cut off."""

from collections.abc import Iterator

from workflow_scripts.claims.arithmetic.ways_of_writing import CUT, ROUNDED
from workflow_scripts.claims.granularity import possible
from workflow_scripts.claims.outcome import CONSISTENT, NOTE, Outcome, shared_outcome
from workflow_scripts.claims.printed import near, numerators
from workflow_scripts.claims.sizes import Sizes, groups, measured
from workflow_scripts.contracts.claims import Claim, Published

NAME = "one way of writing"
# Of two numbers nothing can be said.
FEWEST = 3
_WAYS = (ROUNDED, CUT)


def check(published: Published) -> Iterator[Outcome]:
    """Numbers of one metric on the same n with the same digits may all be rounded, or all cut off.

    Where some fit only when rounded and others only when cut off, two programs or two people wrote them; each is right
    in its own way, so this is no contradiction. Reference: the GRIM test (Brown and Heathers 2017) leaves the
    way of rounding open for each number; mlscorecheck (Fazekas and Kovács, arXiv:2310.12527) allows either as well.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if claim.metric in ("accuracy", "sensitivity", "specificity")]
    for _, group in groups(claims, "study", "subset", "metric", "class_name", "unit", "decimals"):
        for n in {tuple(possible(claim, sizes)) for claim in group}:
            if len(n) == 1:
                yield from _judge(published, [claim for claim in group if possible(claim, sizes) == list(n)], n[0])


def _judge(published: Published, group: list[Claim], n: int) -> Iterator[Outcome]:
    fits = {claim.id: {way for way in _WAYS if numerators(claim, n, way)} for claim in group}
    fitting = [claim for claim in group if fits[claim.id]]
    numbers = {(claim.run, claim.value): fits[claim.id] for claim in fitting}
    if len(numbers) < FEWEST:
        return
    only = {way: [claim for claim in fitting if fits[claim.id] == {way}] for way in _WAYS}
    if not all(only.values()):
        way = next(way for way in _WAYS if all(way in ways for ways in numbers.values()))
        yield from shared_outcome(
            fitting, NAME, CONSISTENT, f"All {len(numbers)} numbers on {n} samples fit when {way}."
        )
        return
    in_words = "; ".join(f"{_listed(published, only[way])} only when {way}" for way in _WAYS)
    why = f"Of {len(numbers)} numbers on {n} samples these fit in one way only: {in_words}."
    innocent = "Two programs or two people wrote the numbers out; each is right in its own way."
    names = {way: {(claim.run, claim.value) for claim in only[way]} for way in _WAYS}
    fewer = min(_WAYS, key=lambda way: (len(names[way]), way == ROUNDED))
    k = {claim.id: numerators(claim, n, fewer)[0] for claim in only[fewer]}
    nearest = "; ".join(dict.fromkeys(f"{k[claim.id]}/{n} = {near(k[claim.id] / n, claim)}" for claim in only[fewer]))
    size = "less than one unit in the last digit"
    yield from shared_outcome([*only[ROUNDED], *only[CUT]], NAME, NOTE, why, nearest, innocent, size)
    both = [claim for claim in fitting if len(fits[claim.id]) > 1]
    yield from shared_outcome(both, NAME, CONSISTENT, f"It fits {n} samples rounded as well as cut off.")


def _listed(published: Published, claims: list[Claim]) -> str:
    names = dict.fromkeys(
        f"{claim.printed} ({published.run_name(claim.run)})" if claim.run else claim.printed for claim in claims
    )
    return ", ".join(names)
