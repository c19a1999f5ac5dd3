"""A paragraph for the authors of a paper: what does not fit, what was tried, what would help. It accuses nobody."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.result_tables import PaperTables
from workflow_scripts.reporting.deciding import Unchecked
from workflow_scripts.runtime.wording import listed


class _Issue(Protocol):
    """What a letter needs of an issue."""

    @property
    def outcome(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def computed(self) -> str: ...
    @property
    def first(self) -> Finding: ...
    @property
    def quoted(self) -> str: ...
    @property
    def tried(self) -> tuple[str, ...]: ...
    @property
    def innocent(self) -> tuple[str, ...]: ...


def letter(paper: PaperTables, issues: Sequence[_Issue], open_numbers: Sequence[Unchecked]) -> tuple[str, ...]:
    """The letter, a paragraph an entry."""
    contradictions = [issue for issue in issues if issue.outcome == CONTRADICTION]
    readings = [issue for issue in issues if issue.outcome == FITS_ONLY_IF]
    tables = listed(dict.fromkeys(table.place for table in paper.tables))
    paragraphs = [
        f"Dear authors, we compared the numbers of {tables} with each other, as anybody can who has the printed tables "
        "alone. Such a comparison knows nothing of your data and your code."
    ]
    if not contradictions and not readings:
        paragraphs.append("We found no numbers that do not fit each other.")
    paragraphs += map(_question, contradictions)
    if contradictions:
        tried = dict.fromkeys(reading for issue in contradictions for reading in issue.tried)
        paragraphs.append(
            (f"Before asking we tried these readings: {'; '.join(tried)}. " if tried else "")
            + "Could you check these numbers, or tell us how they were computed?"
        )
    paragraphs += [paragraph for issue in readings for paragraph in _reading(issue)]
    decisive = list(dict.fromkeys(entry.decides for entry in open_numbers))[:2]
    if decisive:
        paragraphs.append(
            f"Some numbers cannot be compared with anything. What would help most: {'; '.join(decisive)}."
        )
    if contradictions:
        paragraphs.append(
            "There may well be a simple reason, such as a digit lost in typesetting, a row from another version of the "
            "data, or an average that the text does not mention. A line from you would settle it."
        )
    return tuple(paragraphs)


def _question(issue: _Issue) -> str:
    """What does not fit, with the numbers quoted, and what would."""
    finding = issue.first
    sentences = [
        f"In {finding.table} we could not bring these numbers together: {issue.quoted or issue.where}.",
        _sentence(finding.why),
        f"What would fit: {issue.computed}." if issue.computed else "",
        f"A possible reason: {_sentence(issue.innocent[0])}" if issue.innocent else "",
    ]
    return " ".join(filter(None, sentences))


def _reading(issue: _Issue) -> Iterator[str]:
    """What would have to be so for numbers to fit, as a question."""
    finding = issue.first
    yield (
        f"In {finding.table} the numbers ({issue.quoted or issue.where}) fit each other if {finding.reading}. The text "
        "that we have does not say so. Is it so? A half-sentence in the table's legend would help the reader."
    )


def _sentence(words: str) -> str:
    """Words that end as a sentence does."""
    return words if not words or words.endswith((".", "?", "!")) else f"{words}."
