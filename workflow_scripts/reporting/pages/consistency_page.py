"""The table and the page of what the checks say of the papers' printed numbers."""

import inspect
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from workflow_scripts.claims import described, rankings, repeats, two_classes
from workflow_scripts.claims.checks import CHECKS, NO_CHECK, PREMISES, overall
from workflow_scripts.claims.digits import derived_decimals
from workflow_scripts.claims.issues import Issue, issues, numbers_by_outcome
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, ISSUES, NOTE, Outcome
from workflow_scripts.claims.printed import shown
from workflow_scripts.contracts.claims import Claim, Layer, PaperEntry, PaperSetting, Published, Statement
from workflow_scripts.contracts.consistency_table import CONSISTENCY
from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages.page import render
from workflow_scripts.reporting.pages.summary_screen import claim_words

Checked = list[tuple[Published, list[Outcome]]]
# A card has room for so many places.
SHOWN_PLACES = 8
_HEADS = {CONTRADICTION: "Contradictions", FITS_ONLY_IF: "Fits only if …", NOTE: "Notes, no findings"}
# Checks that say the same of both sides.
_MIRRORED = (repeats.NAME, described.SETTINGS, rankings.CONFLICTS, two_classes.NAME)


@dataclass(frozen=True)
class Row:
    """An entry of a paper with what the checks say of it.

    outcome: over all checks; digits: how many of the printed ones carry information, empty where all do.
    """

    entry: PaperEntry
    study: str
    what: str
    printed: str
    place: str
    outcome: str
    outcomes: tuple[Outcome, ...]
    digits: str = ""

    @property
    def quote(self) -> str:
        """The paper's words around it."""
        return getattr(self.entry, "quote", "")


@dataclass(frozen=True)
class Reason:
    """Why something is an issue: the sentence of a check, once for all numbers that it is said of."""

    check: str
    why: str
    nearest: str
    size: str
    innocent: str
    reading: str


@dataclass(frozen=True)
class Card:
    """An issue as it is shown. rows: every place; rests: the paper's words that the checks rest on."""

    issue: Issue
    rows: tuple[Row, ...]
    reasons: tuple[Reason, ...]
    rests: tuple[str, ...]

    @property
    def printed(self) -> list[str]:
        """The entries as printed, each once."""
        return list(dict.fromkeys(row.printed for row in self.rows))

    @property
    def innocent(self) -> list[str]:
        """The readings under which all is well, each once."""
        return list(dict.fromkeys(reason.innocent for reason in self.reasons if reason.innocent))

    @property
    def tried(self) -> list[str]:
        """The readings under which its checks tried to make the numbers fit, each once."""
        return list(dict.fromkeys(reading for outcome in self.issue.outcomes for reading in outcome.tried))

    @property
    def quotes(self) -> list[str]:
        """The paper's words around the entries, each once."""
        return list(dict.fromkeys(row.quote for row in self.rows if row.quote))

    @property
    def shown_rows(self) -> tuple[Row, ...]:
        return self.rows[:SHOWN_PLACES]


@dataclass(frozen=True)
class Assumption:
    """What this project read into a paper: a sentence, and of what."""

    sentence: str
    of: str


@dataclass(frozen=True)
class PaperPart:
    """A paper's part of the page. numbers: its claims; words: claims in words, layers, settings stated twice."""

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
        for row in _rows(paper, outcomes):
            about = (row.study, row.entry.id, row.place, row.printed)
            for outcome in row.outcomes:
                number = str(numbers.get((outcome.claim, outcome.check), ""))
                why = (outcome.nearest, outcome.why, outcome.check, outcome.size, outcome.innocent)
                readings = (outcome.reading, "; ".join(outcome.tried), outcome.strength)
                rows.append((*about, outcome.outcome, *why, number, *readings))
    CONSISTENCY.write(path, pd.DataFrame(rows, columns=list(CONSISTENCY.columns)))


def _rows(paper: Published, outcomes: list[Outcome]) -> list[Row]:
    final = overall(outcomes)
    of: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        of.setdefault(outcome.claim, []).append(outcome)
    first, derived = next(iter(paper.studies)), derived_decimals(paper)
    rows = []
    for entry in paper.entries:
        if entry.id in of:
            digits = _digits(derived.get(entry.id))
            about = (_study(entry, first), *_words(paper, entry), entry.place, final[entry.id], tuple(of[entry.id]))
            rows.append(Row(entry, *about, digits))
    return rows


def _digits(derived: tuple[int, int] | None) -> str:
    """That the last digit says nothing, where all of its kind end in 0."""
    if derived is None:
        return ""
    size, decimals = derived
    after = "no digit after the point carries" if not decimals else f"{decimals} after the point carries"
    return f"All {size} numbers of this kind end in 0: {after} information."


def _study(entry: PaperEntry, first: str) -> str:
    return (entry.studies or (first,))[0] if isinstance(entry, PaperSetting) else entry.study


def _words(paper: Published, entry: PaperEntry) -> tuple[str, str]:
    """What an entry is, and how it is printed."""
    if isinstance(entry, Claim):
        return claim_words(_called(paper, entry)), shown(entry)
    if isinstance(entry, Statement):
        return "Claim in words", f"“{entry.words}”"
    if isinstance(entry, Layer):
        return f"Layer {entry.name}", " x ".join(map(str, entry.size))
    name = (entry.setting or entry.id).rsplit(".", 1)[-1]
    return f"Setting: {name.replace('_', ' ')}", str(entry.value)


def _called(paper: Published, claim: Claim) -> Claim:
    """The claim with the paper's names instead of the ids of runs."""
    run = paper.run_name(claim.run) if claim.run else None
    against = {key: paper.run_name(value) if key == "run" else value for key, value in claim.against.items()}
    return replace(claim, run=run, against=against, among=tuple(map(paper.run_name, claim.among)))


def _part(paper: Published, outcomes: list[Outcome]) -> PaperPart:
    rows = _rows(paper, outcomes)
    numbers = [row for row in rows if isinstance(row.entry, Claim)]
    by_id = {row.entry.id: row for row in rows}
    cards = [_card(issue, by_id) for issue in issues(paper, outcomes)]
    words = [row for row in rows if not isinstance(row.entry, Claim)]
    return PaperPart(paper, numbers, words, cards, _assumptions(paper))


def _card(issue: Issue, rows: dict[str, Row]) -> Card:
    reasons: dict[tuple[str, str], Reason] = {}
    for number, outcome in enumerate(issue.outcomes):
        check, why = outcome.check, outcome.why
        if check not in _MIRRORED or not any(_mirrors(outcome, earlier) for earlier in issue.outcomes[:number]):
            reasons.setdefault((check, why), _reason(outcome))
    return Card(issue, tuple(rows[name] for name in issue.claims), tuple(reasons.values()), _rests(issue, rows))


def _reason(outcome: Outcome) -> Reason:
    return Reason(outcome.check, outcome.why, outcome.nearest, outcome.size, outcome.innocent, outcome.reading)


def _mirrors(first: Outcome, second: Outcome) -> bool:
    """Whether it says the same the other way round: A is also B, B is also A."""
    compared = first.claim in second.compared_ids and second.claim in first.compared_ids
    return first.check == second.check and compared


def _rests(issue: Issue, rows: dict[str, Row]) -> tuple[str, ...]:
    """The paper's own words for what its numbers are, as far as the checks of an issue need them."""
    sentences = []
    for outcome in issue.outcomes:
        entries = [rows[name].entry for name in (outcome.claim, *outcome.compared_ids) if name in rows]
        for entry in entries:
            quotes = getattr(entry, "stated", {})
            sentences += [quotes[premise] for premise in PREMISES.get(outcome.check, ()) if premise in quotes]
    quotes = {rows[name].quote for name in issue.claims}
    return tuple(sentence for sentence in dict.fromkeys(sentences) if sentence not in quotes)


def _assumptions(paper: Published) -> list[Assumption]:
    """Every sentence once, with all that it is about."""
    subjects: dict[str, list[str]] = {}
    assuming: list[Claim | Statement | PaperSetting] = [*paper.claims, *paper.statements, *paper.settings]
    for entry in assuming:
        for sentence in entry.assumed.values():
            what, printed = _words(paper, entry)
            subjects.setdefault(sentence, []).append(f"{what} ({printed}; {entry.place})")
    return [Assumption(sentence, _first_of(of)) for sentence, of in subjects.items()]


def _first_of(entries: Iterable[str]) -> str:
    entries = list(dict.fromkeys(entries))
    rest = f"; and {len(entries) - 2} more" if len(entries) > 3 else ""
    return "; ".join(entries[: 2 if rest else 3]) + rest


def _checks() -> list[dict[str, str]]:
    """Name, meaning and reference of every check, from its docstring."""
    listed = []
    for name, check in CHECKS.items():
        meaning, _, reference = " ".join((inspect.getdoc(check) or "").split()).partition("Reference: ")
        listed.append({"name": name, "meaning": meaning, "reference": reference})
    return listed


def consistency_page(checked: Checked) -> str:
    """The page as one HTML document: a scoreboard, what does not fit, then every number."""
    papers = [_part(paper, outcomes) for paper, outcomes in checked]
    return render(
        "consistency.html.j2",
        {
            "papers": papers,
            "kinds": ISSUES,
            "heads": _HEADS,
            "no_check": NO_CHECK,
            "checks": _checks(),
            "disclaimer": captions.DISCLAIMER,
        },
    )
