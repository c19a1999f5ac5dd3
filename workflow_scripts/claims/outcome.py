"""What a check says of a printed number, and the small interface of all checks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workflow_scripts.contracts.claims import Claim, Published

# No reading fits, of those that the paper leaves open.
CONTRADICTION = "contradiction"
# A reading that the paper does not state makes it fit; the outcome names it.
FITS_ONLY_IF = "fits only if"
# A pattern worth knowing, and no fault.
NOTE = "note"
CONSISTENT = "consistent"
NOT_CHECKABLE = "not checkable"
# The one that counts most first.
ORDER = (CONTRADICTION, FITS_ONLY_IF, NOTE, CONSISTENT, NOT_CHECKABLE)
# What belongs to an issue.
ISSUES = (CONTRADICTION, FITS_ONLY_IF, NOTE)

# Size of what is about a sentence alone.
WORDS_ONLY = "a sentence, no number"

# How much it says that a number is consistent: no other number with the same digits would be, few would, many would.
EXACT, STRONG, WEAK = "exact", "strong", "weak"
# In units of the last digit: a wider band of what would also fit is no evidence.
_FEW = 10


@dataclass(frozen=True)
class Outcome:
    """What one check says of one claim, statement, layer or setting.

    claim: its id; nearest: the nearest values that would fit, or what was found instead; why: a sentence for a reader;
    compared_ids: ids of what it was compared with; innocent: of a contradiction, of what fits only if … and of a note,
    how it may have come about without a fault, a sentence; size: how far the number is from the nearest that fits, in
    its own unit, empty where there is no such number; reading: of FITS_ONLY_IF, the reading that the paper does not
    state, in words that complete "fits only if …"; tried: the readings that were tried, in words; strength: of
    CONSISTENT, EXACT, STRONG or WEAK.
    """

    claim: str
    check: str
    outcome: str
    why: str
    nearest: str = ""
    compared_ids: tuple[str, ...] = ()
    innocent: str = ""
    size: str = ""
    reading: str = ""
    tried: tuple[str, ...] = ()
    strength: str = ""


# A check takes all that a paper prints and says something about some of it: pure arithmetic, no files, no randomness.
Check = Callable[[Published], Iterator[Outcome]]


def shared_outcome(
    claims: Iterable[Claim],
    check: str,
    outcome: str,
    why: str,
    nearest: str = "",
    innocent: str = "",
    size: str = "",
    reading: str = "",
    tried: tuple[str, ...] = (),
    strength: str = "",
) -> Iterator[Outcome]:
    """The same outcome for several claims that were held against each other."""
    claims = list(claims)
    for claim in claims:
        compared_ids = tuple(compared.id for compared in claims if compared is not claim)
        yield Outcome(claim.id, check, outcome, why, nearest, compared_ids, innocent, size, reading, tried, strength)


def verdict(fits: bool) -> str:
    """CONSISTENT or CONTRADICTION."""
    return CONSISTENT if fits else CONTRADICTION


def strength_of(width: float, step: float) -> str:
    """How strong a check was by which every number in a band fits.

    width: of the band; step: one unit in the last printed digit, in the same unit, above 0.
    """
    units = width / step
    return EXACT if units <= 1 + 1e-9 else STRONG if units <= _FEW else WEAK
