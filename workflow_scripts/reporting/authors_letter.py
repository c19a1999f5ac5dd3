"""A paragraph for the authors of a paper: what does not fit, what was tried, what would help. It accuses nobody."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Doubt:
    """What a letter asks about.

    place: in the paper; quoted: what is printed; why: what does not fit, a sentence; computed: what would fit; reading:
    what would have to be so, in words that follow "if", empty of a contradiction; tried: the readings that were tried;
    innocent: how it may have come about without a fault, a sentence; subject: what is quoted, numbers or statements.
    """

    place: str
    quoted: str
    why: str
    computed: str
    reading: str
    tried: tuple[str, ...]
    innocent: str
    subject: str = "numbers"


def letter(compared: str, source: str, doubts: Sequence[Doubt], missing: Sequence[str]) -> tuple[str, ...]:
    """The letter, a paragraph an entry.

    compared: what was held against each other; source: all that is needed for it; missing: what would help to check
    further numbers, what helps most first.
    """
    contradictions = [doubt for doubt in doubts if not doubt.reading]
    readings = [doubt for doubt in doubts if doubt.reading]
    paragraphs = [
        f"Dear authors, we compared {compared} with each other, as anybody can who has {source} alone. Such a "
        "comparison knows nothing of your data and your code."
    ]
    if not contradictions and not readings:
        paragraphs.append("We found no numbers that do not fit each other.")
    paragraphs += map(_question, contradictions)
    if contradictions:
        tried = dict.fromkeys(reading for doubt in contradictions for reading in doubt.tried)
        paragraphs.append(
            (f"Before asking we tried these readings: {'; '.join(tried)}. " if tried else "")
            + "Could you check these numbers, or tell us how they were computed?"
        )
    paragraphs += map(_reading, readings)
    if missing:
        paragraphs.append(
            f"Some numbers cannot be compared with anything. What would help most: {'; '.join(missing[:2])}."
        )
    if contradictions:
        paragraphs.append(
            "There may well be a simple reason, such as a digit lost in typesetting, a row from another version of the "
            "data, or an average that the text does not mention. A line from you would settle it."
        )
    return tuple(paragraphs)


def _question(doubt: Doubt) -> str:
    """What does not fit, with the numbers quoted, and what would."""
    sentences = [
        f"In {doubt.place} we could not bring these {doubt.subject} together: {doubt.quoted}.",
        _sentence(doubt.why),
        f"What would fit: {doubt.computed}." if doubt.computed else "",
        f"A possible reason: {_sentence(doubt.innocent)}" if doubt.innocent else "",
    ]
    return " ".join(filter(None, sentences))


def _reading(doubt: Doubt) -> str:
    """What would have to be so for numbers to fit, as a question."""
    return (
        f"In {doubt.place} the {doubt.subject} ({doubt.quoted}) fit each other if {doubt.reading}. The text that we "
        "have does not say so. Is it so? A half-sentence in the table's legend would help the reader."
    )


def _sentence(words: str) -> str:
    """Words that end as a sentence does."""
    return words if not words or words.endswith((".", "?", "!")) else f"{words}."
