"""A letter to the authors of a paper about all that its printed numbers and sentences do not agree in."""

from collections.abc import Sequence

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Claim
from workflow_scripts.reporting.authors_letter import Doubt, letter
from workflow_scripts.reporting.pages.issue_cards import Card

# A sentence names so many places, numbers and reasons; of more it says how many.
_NAMED = 3


def letter_about(title: str, cards: Sequence[Card], missing: Sequence[str]) -> tuple[str, ...]:
    """The letter, a paragraph an entry; title: of the paper; missing: sentences that say what numbers lack."""
    doubts = [_doubt(card) for card in cards if card.issue.outcome in (CONTRADICTION, FITS_ONLY_IF)]
    lacking = [sentence.rpartition("Missing: ")[2].removesuffix(".") for sentence in missing]
    return letter(f"the numbers and sentences of your paper “{title}”", "the printed text", doubts, lacking)


def _doubt(card: Card) -> Doubt:
    where = list(dict.fromkeys(row.place for row in card.rows))
    return Doubt(
        place="; ".join(_first(where, "places")),
        quoted="; ".join(_first(card.printed, "numbers")),
        why=" ".join(_first([reason.why for reason in card.reasons], "of this kind")),
        computed="; ".join(_first(card.nearest, "values")),
        reading="; ".join(card.readings),
        tried=tuple(card.tried),
        innocent=next(iter(card.innocent), ""),
        subject="numbers" if all(isinstance(row.entry, Claim) for row in card.rows) else "statements",
    )


def _first(texts: list[str], what: str) -> list[str]:
    """The first texts; in place of the others how many there are."""
    further = len(texts) - _NAMED
    return texts if further <= 1 else [*texts[:_NAMED], f"{further} more {what}"]
