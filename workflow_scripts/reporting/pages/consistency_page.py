"""The table and the page of what the checks say of the papers' printed numbers."""

import inspect
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.claims.checks import CHECKS, NO_CHECK
from workflow_scripts.claims.issues import issues, numbers_by_outcome
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, ISSUES, NOT_CHECKABLE, NOTE, Outcome
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.consistency_table import CONSISTENCY
from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages.consistency_letter import letter_about
from workflow_scripts.reporting.pages.consistency_rows import Assumption, Row, assumptions, rows_of
from workflow_scripts.reporting.pages.issue_cards import Card, card_of
from workflow_scripts.reporting.pages.page import render

Checked = list[tuple[Published, list[Outcome]]]
# Behind a number of issues: of several or none, of one.
_TALLY = {
    CONTRADICTION: ("contradictions", "contradiction"),
    FITS_ONLY_IF: ("fit only if …", "fits only if …"),
    NOTE: ("notes", "note"),
}
_HEADS = {CONTRADICTION: "Contradictions", FITS_ONLY_IF: "Fits only if …", NOTE: "Notes, no findings"}


@dataclass(frozen=True)
class Unchecked:
    """Numbers that nothing was held against, by what one would have to know. missing: a sentence."""

    missing: str
    rows: list[Row]


@dataclass(frozen=True)
class PaperPart:
    """A paper's part of the page. numbers: its claims; words: claims in words, layers, settings stated twice,
    references."""

    published: Published
    numbers: list[Row]
    words: list[Row]
    cards: list[Card]
    assumptions: list[Assumption]

    @property
    def numbers_by_outcome(self) -> Counter[str]:
        """How many distinct numbers come to each outcome."""
        return numbers_by_outcome(self.published, {row.entry.id: row.outcome for row in self.numbers})

    @property
    def issues_by_outcome(self) -> dict[str, int]:
        """How many distinct issues are of each outcome of ISSUES."""
        return {kind: len(self.of(kind)) for kind in ISSUES}

    def of(self, outcome: str) -> list[Card]:
        """The issues of that outcome."""
        return [card for card in self.cards if card.issue.outcome == outcome]

    @property
    def unchecked(self) -> list[Unchecked]:
        """The numbers that no check came to anything about, what most of them lack first."""
        rows: dict[str, list[Row]] = {}
        for row in self.numbers:
            if row.outcome == NOT_CHECKABLE:
                rows.setdefault(row.outcomes[0].why, []).append(row)
        return [Unchecked(why, of) for why, of in sorted(rows.items(), key=lambda item: -len(item[1]))]

    @property
    def letter(self) -> tuple[str, ...]:
        """To the authors, a paragraph an entry."""
        return letter_about(self.published.called, self.cards, [entry.missing for entry in self.unchecked])


def write_table(path: Path, checked: Checked) -> None:
    """Write consistency.csv, papers in the order given, claims in that of their files."""
    import pandas as pd

    rows = []
    for paper, outcomes in checked:
        numbers = {
            (outcome.claim, outcome.check): issue.number
            for issue in issues(paper, outcomes)
            for outcome in issue.outcomes
        }
        for row in rows_of(paper, outcomes):
            about = (row.study, row.entry.id, row.place, row.printed)
            for outcome in row.outcomes:
                number = str(numbers.get((outcome.claim, outcome.check), ""))
                why = (outcome.nearest, outcome.why, outcome.check, outcome.size, outcome.innocent)
                readings = (outcome.reading, "; ".join(outcome.tried), outcome.strength)
                rows.append((*about, outcome.outcome, *why, number, *readings))
    CONSISTENCY.write(path, pd.DataFrame(rows, columns=list(CONSISTENCY.columns)))


def paper_part(paper: Published, outcomes: list[Outcome]) -> PaperPart:
    """What a page shows of a paper and of what the checks say of it."""
    rows = rows_of(paper, outcomes)
    numbers = [row for row in rows if isinstance(row.entry, Claim)]
    by_id = {row.entry.id: row for row in rows}
    cards = [card_of(issue, by_id) for issue in issues(paper, outcomes)]
    words = [row for row in rows if not isinstance(row.entry, Claim)]
    return PaperPart(paper, numbers, words, cards, assumptions(paper))


def _checks() -> list[dict[str, str]]:
    """Name, meaning and reference of every check, from its docstring."""
    listed = []
    for name, check in CHECKS.items():
        meaning, _, reference = " ".join((inspect.getdoc(check) or "").split()).partition("Reference: ")
        listed.append({"name": name, "meaning": meaning, "reference": reference})
    return listed


def consistency_page(checked: Checked) -> str:
    """The page as one HTML document: a scoreboard, what does not fit, then every number."""
    papers = [paper_part(paper, outcomes) for paper, outcomes in checked]
    return render(
        "consistency.html.j2",
        {
            "papers": papers,
            "kinds": ISSUES,
            "heads": _HEADS,
            "tally": _TALLY,
            "not_checkable": NOT_CHECKABLE,
            "no_check": NO_CHECK,
            "checks": _checks(),
            "disclaimer": captions.DISCLAIMER,
        },
    )
