"""An issue of a paper as the page shows it: what is printed, why it does not fit, what was assumed and tried."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow_scripts.claims import described, rankings, repeats, two_classes
from workflow_scripts.claims.about_checks import PREMISES
from workflow_scripts.claims.issues import Issue
from workflow_scripts.claims.outcome import Outcome
from workflow_scripts.contracts.claims import Claim, Layer
from workflow_scripts.contracts.paper_answers import Answer
from workflow_scripts.reporting.pages.consistency_rows import ReadAs, Row

# A card has room for so many places.
SHOWN_PLACES = 8
# Checks that say the same of both sides.
_MIRRORED = (repeats.NAME, described.SETTINGS, rankings.CONFLICTS, two_classes.NAME)


@dataclass(frozen=True)
class Reason:
    """Why something is an issue: the sentence of a check, once for all numbers that it is said of."""

    check: str
    why: str
    nearest: str
    size: str


@dataclass(frozen=True)
class Card:
    """An issue as it is shown. rows: every place; rests: the paper's words that the checks rest on; read_as: what was
    read into what the checks compare."""

    issue: Issue
    rows: tuple[Row, ...]
    reasons: tuple[Reason, ...]
    rests: tuple[str, ...]
    read_as: tuple[ReadAs, ...]

    @property
    def printed(self) -> list[str]:
        """The entries as printed, each once."""
        return list(dict.fromkeys(row.printed for row in self.rows))

    @property
    def innocent(self) -> list[str]:
        """How it may have come about without a fault, each explanation once."""
        return _once(outcome.innocent for outcome in self.issue.outcomes)

    @property
    def readings(self) -> list[str]:
        """The readings that the paper does not state and that make all well, each once."""
        return _once(outcome.reading for outcome in self.issue.outcomes)

    @property
    def tried(self) -> list[str]:
        """The readings under which its checks tried to make the numbers fit, each once."""
        return _once(reading for outcome in self.issue.outcomes for reading in outcome.tried)

    @property
    def quotes(self) -> list[Row]:
        """Rows with the paper's words around them, each quotation once."""
        first = {row.quote: row for row in reversed(self.rows) if row.quote}
        return [row for row in self.rows if first.get(row.quote) is row]

    @property
    def sizes(self) -> list[str]:
        """How large it is, each size once."""
        return _once(reason.size for reason in self.reasons)

    @property
    def nearest(self) -> list[str]:
        """What would fit, or was found instead, each once."""
        return _once(reason.nearest for reason in self.reasons)

    @property
    def answers(self) -> list[Answer]:
        """What the authors said of any of its entries."""
        return list(dict.fromkeys(answer for row in self.rows for answer in row.answers))

    @property
    def listed_rows(self) -> list[Row]:
        """Rows that no quotation shows already: numbers, layers, and what has no quotation."""
        return [row for row in self.rows if not row.quote or isinstance(row.entry, (Claim, Layer))]

    @property
    def shown_rows(self) -> list[Row]:
        """As many of the listed rows as a card has room for."""
        return self.listed_rows[:SHOWN_PLACES]

    def is_said(self, sentence: str) -> bool:
        """Whether an innocent explanation says it already."""
        return any(sentence in explanation for explanation in self.innocent)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def card_of(issue: Issue, rows: dict[str, Row]) -> Card:
    """The card of an issue; rows: id → row, of all entries of its paper."""
    reasons: dict[tuple[str, str], Reason] = {}
    for number, outcome in enumerate(issue.outcomes):
        check, why = outcome.check, outcome.why
        if check not in _MIRRORED or not any(_mirrors(outcome, earlier) for earlier in issue.outcomes[:number]):
            reasons.setdefault((check, why), Reason(check, why, outcome.nearest, outcome.size))
    own = tuple(rows[name] for name in issue.claims)
    return Card(issue, own, tuple(reasons.values()), _rests(issue, rows), _read_as(issue, rows))


def _mirrors(first: Outcome, second: Outcome) -> bool:
    """Whether it says the same the other way round: A is also B, B is also A."""
    compared = first.claim in second.compared_ids and second.claim in first.compared_ids
    return first.check == second.check and compared


def _compared(outcome: Outcome, rows: dict[str, Row]) -> list[Row]:
    return [rows[name] for name in (outcome.claim, *outcome.compared_ids) if name in rows]


def _rests(issue: Issue, rows: dict[str, Row]) -> tuple[str, ...]:
    """The paper's own words for what its numbers are, as far as the checks of an issue need them."""
    sentences = []
    for outcome in issue.outcomes:
        for entry in [row.entry for row in _compared(outcome, rows)]:
            quoted = entry.stated if isinstance(entry, Claim) else {}
            sentences += [quoted[premise] for premise in PREMISES.get(outcome.check, ()) if premise in quoted]
    quotes = {rows[name].quote for name in issue.claims}
    return tuple(sentence for sentence in dict.fromkeys(sentences) if sentence not in quotes)


def _read_as(issue: Issue, rows: dict[str, Row]) -> tuple[ReadAs, ...]:
    """What was read into all that is compared, as far as the checks of an issue rest on it, each sentence once.

    A check without premises rests on all.
    """
    readings: dict[str, ReadAs] = {}
    for outcome in issue.outcomes:
        premises = PREMISES.get(outcome.check)
        for reading in [reading for row in _compared(outcome, rows) for reading in row.read_as]:
            if premises is None or reading.premise in premises:
                readings.setdefault(reading.sentence, reading)
    return tuple(readings.values())
