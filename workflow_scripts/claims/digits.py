"""How many of the printed digits carry information."""

from collections.abc import Iterable
from dataclasses import replace

from workflow_scripts.claims.sizes import groups
from workflow_scripts.contracts.claims import Claim, Published

# That so many different quantities all end in 0 by chance happens once in ten thousand groups: last digits that a
# measurement does not fix are about uniform (J. Mosimann, J. Dahlberg, N. Davidian, J. Krueger, Accountability in
# Research 9:75-92, 2002).
FEWEST = 4
# All that tells what a number is of.
Quantity = tuple[object, ...]


def derived_decimals(published: Published) -> dict[str, tuple[int, int]]:
    """Claim → how many quantities its group has and how many digits after the point carry information.

    A group are all numbers of a paper of one metric, unit and number of digits; a number that is printed several times
    is one quantity. Groups without a trailing 0 are left out.
    """
    size_and_decimals: dict[str, tuple[int, int]] = {}
    for (_, _, decimals), group in groups(list(published.claims), "metric", "unit", "decimals"):
        exact, size = decimals, len({quantity(claim) for claim in group})
        while exact and size >= FEWEST and all(_ends_in_zero(claim, exact) for claim in group):
            exact -= 1
        if exact < decimals:
            size_and_decimals |= {claim.id: (size, exact) for claim in group}
    return size_and_decimals


def quantity(claim: Claim) -> Quantity:
    """What a number is of: equal for one that stands in several places."""
    about = (claim.study, claim.metric, claim.run, claim.subset, claim.class_name, claim.source, claim.predicted)
    return (*about, *sorted(claim.against.items()))


def _shortest(claims: Iterable[Claim]) -> dict[Quantity, int]:
    """Quantity, unit and value → the fewest digits after the point that it is printed with anywhere."""
    fewest_decimals: dict[Quantity, int] = {}
    for claim in claims:
        key = (*quantity(claim), claim.unit, claim.value)
        fewest_decimals[key] = min(fewest_decimals.get(key, claim.known_decimals), claim.known_decimals)
    return fewest_decimals


def _ends_in_zero(claim: Claim, decimals: int) -> bool:
    return round(claim.value * 10**decimals) % 10 == 0


def with_known_digits(published: Published) -> Published:
    """The same with as few digits as are known to carry information: what the checks use.

    Stated, derived, or known from another place where the same number is printed with fewer: 97.9 beside 97.90.
    """
    derived, shortest = derived_decimals(published), _shortest(published.claims)
    claims = []
    for claim in published.claims:
        fewest = min(claim.known_decimals, shortest[*quantity(claim), claim.unit, claim.value])
        if claim.id in derived:
            fewest = min(fewest, derived[claim.id][1])
        claims.append(claim if fewest == claim.known_decimals else replace(claim, exact_decimals=fewest))
    return replace(published, claims=tuple(claims))
