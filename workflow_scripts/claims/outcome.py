"""What a check says of a printed number, and the small interface of all checks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workflow_scripts.contracts.claims import Claim, Published

CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
NOT_CHECKABLE = "not checkable"
# The worst one first.
ORDER = (INCONSISTENT, CONSISTENT, NOT_CHECKABLE)


@dataclass(frozen=True)
class Outcome:
    """What one check says of one claim, statement, layer or setting.

    claim: its id; nearest: the nearest values that would fit, or what was found instead; why: a sentence for a reader.
    """

    claim: str
    check: str
    outcome: str
    why: str
    nearest: str = ""


# A check takes all that a paper prints and says something about some of it: pure arithmetic, no files, no randomness.
Check = Callable[[Published], Iterator[Outcome]]


def each(claims: Iterable[Claim], check: str, outcome: str, why: str, nearest: str = "") -> Iterator[Outcome]:
    """The same outcome for several claims."""
    for claim in claims:
        yield Outcome(claim.id, check, outcome, why, nearest)


def verdict(fits: bool) -> str:
    """CONSISTENT or INCONSISTENT."""
    return CONSISTENT if fits else INCONSISTENT
