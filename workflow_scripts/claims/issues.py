"""Distinct issues: what is printed several times, or found by several checks, is one."""

from collections.abc import Callable
from dataclasses import dataclass

from workflow_scripts.claims.digits import quantity
from workflow_scripts.claims.outcome import INCONSISTENT, NOTE, Outcome
from workflow_scripts.contracts.claims import Published


@dataclass(frozen=True)
class Issue:
    """One issue of a paper. outcome: INCONSISTENT or NOTE; number: from 1, over both, in the order of the paper's file;
    outcomes: all that say so, of every place."""

    number: int
    outcome: str
    outcomes: tuple[Outcome, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of what it is about, each once."""
        return tuple(dict.fromkeys(one.claim for one in self.outcomes))


def issues(published: Published, outcomes: list[Outcome]) -> list[Issue]:
    """Every inconsistency and every note, the distinct ones; inconsistencies first.

    One check makes one issue of what it gives one reason for, of what it held against each other, and of a quantity
    that stands in several places. Issues of several checks are one where one is about nothing but what the other is
    about.
    """
    about = {claim.id: quantity(claim) for claim in published.claims}
    found: list[list[Outcome]] = []
    for kind in (INCONSISTENT, NOTE):
        of_kind = [one for one in outcomes if one.outcome == kind]
        groups = _joined([[one] for one in of_kind], lambda a, b: _same_check(a, b, about))
        found += _joined(groups, _contained)
    return [Issue(number, members[0].outcome, tuple(members)) for number, members in enumerate(found, 1)]


def _joined(groups: list[list[Outcome]], alike: Callable[[list[Outcome], list[Outcome]], bool]) -> list[list[Outcome]]:
    """Groups that are alike, directly or by way of others, as one; in the order in which they come."""
    found: list[list[Outcome]] = []
    for group in groups:
        touching = [other for other in found if alike(group, other)]
        if not touching:
            found.append(group)
            continue
        found = [other for other in found if other not in touching[1:]]
        touching[0] += [one for other in touching[1:] for one in other] + group
    return found


def _same_check(a: list[Outcome], b: list[Outcome], about: dict[str, tuple]) -> bool:
    first, checks = a[0], {one.check for one in b}
    if first.check not in checks:
        return False
    for one in b:
        linked = one.claim == first.claim or one.claim in first.others or first.claim in one.others
        same = one.claim in about and about[one.claim] == about.get(first.claim)
        if one.why == first.why or linked or same:
            return True
    return False


def _contained(a: list[Outcome], b: list[Outcome]) -> bool:
    one, other = ({outcome.claim for outcome in group} for group in (a, b))
    return one <= other or other <= one
