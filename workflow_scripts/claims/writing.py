"""Whether all shares of one test set were written in one way: all rounded or all cut off."""

from collections.abc import Iterator

from workflow_scripts.claims.granularity import possible
from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, Outcome, each
from workflow_scripts.claims.printed import CUT, MODES, ROUNDED, near, numerators
from workflow_scripts.claims.sizes import Sizes, groups, measured
from workflow_scripts.contracts.claims import Claim, Published

NAME = "one way of writing"
# With two numbers there is no majority.
FEWEST = 3
_OTHER = {CUT: ROUNDED, ROUNDED: CUT}


def check(published: Published) -> Iterator[Outcome]:
    """Numbers of one metric on the same n with the same digits must all fit rounding, or all fit cutting off.

    Of both, the way that fits more of the numbers is taken as the paper's; what fits only the other was computed or
    copied in another way. Reference: the GRIM test (Brown and Heathers 2017) leaves the way of rounding open for each
    number; a whole table decides it. mlscorecheck (Fazekas and Kovács, arXiv:2310.12527) allows either for each score.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if claim.metric in ("accuracy", "sensitivity", "specificity")]
    for _, group in groups(claims, "study", "subset", "metric", "class_name", "unit", "decimals"):
        for n in {tuple(possible(claim, sizes)) for claim in group}:
            if len(n) == 1:
                yield from _judge([claim for claim in group if possible(claim, sizes) == list(n)], n[0])


def _judge(group: list[Claim], n: int) -> Iterator[Outcome]:
    fits = {claim.id: {mode for mode in MODES if numerators(claim, n, mode)} for claim in group}
    possible_ones = [claim for claim in group if fits[claim.id]]
    numbers = {(claim.run, claim.value): fits[claim.id] for claim in possible_ones}
    if len(numbers) < FEWEST:
        return
    count = {mode: sum(mode in ways for ways in numbers.values()) for mode in MODES}
    only = {mode: sum(ways == {mode} for ways in numbers.values()) for mode in MODES}
    usual = max(MODES, key=lambda mode: (count[mode], mode == ROUNDED))
    odd = [claim for claim in possible_ones if usual not in fits[claim.id]]
    told = f"Of {len(numbers)} numbers on {n} samples {count[usual]} fit when {usual}, {only[usual]} of them only so"
    if not odd:
        yield from each(possible_ones, NAME, CONSISTENT, f"{told}; one way of writing fits all.")
        return
    yield from each([c for c in possible_ones if c not in odd], NAME, CONSISTENT, f"{told}.")
    for claim in odd:
        k = numerators(claim, n, _OTHER[usual])[0]
        why = f"{told}; this one fits only when {_OTHER[usual]}."
        nearest = f"{k}/{n} = {near(k / n, claim)}"
        yield Outcome(claim.id, NAME, INCONSISTENT, why, nearest)
