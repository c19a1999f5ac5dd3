"""How many of the printed digits carry information."""

from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.claims.outcome import Outcome, verdict
from workflow_scripts.claims.sizes import groups
from workflow_scripts.contracts.claims import Claim, Published

NAME = "digits"
# That so many last digits are all 0 by chance happens once in ten thousand groups.
FEWEST = 4


def check(published: Published) -> Iterator[Outcome]:
    """Where every value of a metric ends in 0, the last digit says nothing; compared with what the file states.

    Reference: last digits that a measurement does not fix are about uniform, J. Mosimann, J. Dahlberg, N. Davidian,
    J. Krueger, Accountability in Research 9:75-92 (2002); four zeros have a chance of 1 in 10,000.
    """
    derived = derived_decimals(published)
    for claim in published.claims:
        if claim.id in derived:
            group, decimals = derived[claim.id]
            stated = claim.exact_decimals
            why = f"All {group} values of this kind end in 0: {decimals} of {claim.decimals} digits carry information"
            agrees = stated in (None, decimals)
            why += "." if agrees else f", {stated} are stated."
            yield Outcome(claim.id, NAME, verdict(agrees), why, f"{claim.value:.{decimals}f}")
        elif claim.exact_decimals not in (None, claim.decimals):
            why = f"{claim.exact_decimals} digits are stated to carry information; the values do not show it."
            yield Outcome(claim.id, NAME, verdict(False), why)


def derived_decimals(published: Published) -> dict[str, tuple[int, int]]:
    """Claim → how many numbers its group has and how many digits after the point carry information.

    A group are all numbers of a paper of one metric, unit and number of digits; groups without a trailing 0 are left
    out.
    """
    found = {}
    for (_, _, decimals), group in groups(list(published.claims), "metric", "unit", "decimals"):
        exact = decimals
        while exact and len(group) >= FEWEST and all(_ends_in_zero(claim, exact) for claim in group):
            exact -= 1
        if exact < decimals:
            found |= {claim.id: (len(group), exact) for claim in group}
    return found


def _ends_in_zero(claim: Claim, decimals: int) -> bool:
    return round(claim.value * 10**decimals) % 10 == 0


def with_known_digits(published: Published) -> Published:
    """The same with as few digits as are known to carry information, stated or derived: what the other checks use."""
    derived = derived_decimals(published)
    claims = [
        replace(claim, exact_decimals=min(claim.known_decimals, derived[claim.id][1])) if claim.id in derived else claim
        for claim in published.claims
    ]
    return replace(published, claims=tuple(claims))
