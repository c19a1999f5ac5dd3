"""What a check says of a printed number, and the small interface of all checks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workflow_scripts.contracts.claims import Claim, Published

CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
NOTE = "note"
NOT_CHECKABLE = "not checkable"
# The one that counts most first.
ORDER = (INCONSISTENT, NOTE, CONSISTENT, NOT_CHECKABLE)


@dataclass(frozen=True)
class Outcome:
    """What one check says of one claim, statement, layer or setting.

    claim: its id; nearest: the nearest values that would fit, or what was found instead; why: a sentence for a reader;
    compared_ids: ids of what it was compared with; innocent: of a note, under which reading all is well; size: how far
    the number is from the nearest that fits, in its own unit, empty where there is no such number.
    """

    claim: str
    check: str
    outcome: str
    why: str
    nearest: str = ""
    compared_ids: tuple[str, ...] = ()
    innocent: str = ""
    size: str = ""


# A check takes all that a paper prints and says something about some of it: pure arithmetic, no files, no randomness.
Check = Callable[[Published], Iterator[Outcome]]


def shared_outcome(
    claims: Iterable[Claim], check: str, outcome: str, why: str, nearest: str = "", innocent: str = "", size: str = ""
) -> Iterator[Outcome]:
    """The same outcome for several claims that were held against each other."""
    claims = list(claims)
    for claim in claims:
        compared_ids = tuple(compared.id for compared in claims if compared is not claim)
        yield Outcome(claim.id, check, outcome, why, nearest, compared_ids, innocent, size)


def verdict(fits: bool) -> str:
    """CONSISTENT or INCONSISTENT."""
    return CONSISTENT if fits else INCONSISTENT
