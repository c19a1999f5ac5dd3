"""Distinct issues and numbers: what is printed several times, or found by several checks, is one."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workflow_scripts.claims.digits import Quantity, quantity
from workflow_scripts.claims.outcome import ISSUES, ORDER, Outcome
from workflow_scripts.contracts.claims import Claim, Published


@dataclass(frozen=True)
class Issue:
    """One issue of a paper. outcome: one of ISSUES; number: from 1, over all, in the order of the paper's file;
    outcomes: all that say so, of every place."""

    number: int
    outcome: str
    outcomes: tuple[Outcome, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of what it is about, each once."""
        return tuple(dict.fromkeys(outcome.claim for outcome in self.outcomes))


def issues(published: Published, outcomes: list[Outcome]) -> list[Issue]:
    """The distinct contradictions, then what fits only if …, then the notes.

    One check makes one issue of what it gives one reason for, of what it held against each other, and of a quantity
    that stands in several places. Issues of several checks are one where one is about nothing but what the other is
    about.
    """
    about = {claim.id: quantity(claim) for claim in published.claims}
    groups_of_issues: list[list[Outcome]] = []
    for kind in ISSUES:
        of_kind = [outcome for outcome in outcomes if outcome.outcome == kind]
        groups = _joined([[outcome] for outcome in of_kind], lambda a, b: _same_check(a, b, about))
        groups_of_issues += _joined(groups, _contained)
    return [Issue(number, members[0].outcome, tuple(members)) for number, members in enumerate(groups_of_issues, 1)]


def distinct_numbers(published: Published) -> list[tuple[Claim, ...]]:
    """The printed numbers, each with all its places; the cells of a printed confusion matrix are one."""
    claims_of: dict[tuple[object, ...], list[Claim]] = {}
    for claim in published.claims:
        is_cell = claim.metric == "confusions" and claim.cell is not None
        key = ("matrix", claim.study, claim.run, claim.subset) if is_cell else quantity(claim)
        claims_of.setdefault(key, []).append(claim)
    return [tuple(claims) for claims in claims_of.values()]


def numbers_by_outcome(published: Published, outcomes: Mapping[str, str]) -> Counter[str]:
    """How many distinct numbers come to each outcome: the first one in ORDER over all places of a number.

    outcomes: id of a claim → its outcome over all checks.
    """
    return Counter(
        min((outcomes[claim.id] for claim in claims), key=ORDER.index) for claims in distinct_numbers(published)
    )


def _joined(groups: list[list[Outcome]], alike: Callable[[list[Outcome], list[Outcome]], bool]) -> list[list[Outcome]]:
    """Groups that are alike, directly or by way of others, as one; in the order in which they come."""
    joined: list[list[Outcome]] = []
    for group in groups:
        touching = [earlier for earlier in joined if alike(group, earlier)]
        if not touching:
            joined.append(group)
            continue
        joined = [earlier for earlier in joined if earlier not in touching[1:]]
        touching[0] += [outcome for earlier in touching[1:] for outcome in earlier] + group
    return joined


def _same_check(a: list[Outcome], b: list[Outcome], about: dict[str, Quantity]) -> bool:
    first, checks = a[0], {outcome.check for outcome in b}
    if first.check not in checks:
        return False
    for outcome in b:
        linked = (
            outcome.claim == first.claim or outcome.claim in first.compared_ids or first.claim in outcome.compared_ids
        )
        same = outcome.claim in about and about[outcome.claim] == about.get(first.claim)
        if outcome.why == first.why or linked or same:
            return True
    return False


def _contained(a: list[Outcome], b: list[Outcome]) -> bool:
    claims_of_a, claims_of_b = ({outcome.claim for outcome in group} for group in (a, b))
    return claims_of_a <= claims_of_b or claims_of_b <= claims_of_a
