"""The table and the page of what the checks say of the papers' printed numbers."""

import inspect
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.claims.checks import CHECKS, NO_CHECK, overall
from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, NOT_CHECKABLE, Outcome
from workflow_scripts.claims.printed import shown
from workflow_scripts.contracts.claims import Claim, Layer, PaperSetting, Published, Statement
from workflow_scripts.contracts.consistency import CONSISTENCY
from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages.first import claim_words
from workflow_scripts.reporting.pages.page import render

Checked = list[tuple[Published, list[Outcome]]]
Entry = Claim | Statement | Layer | PaperSetting


@dataclass(frozen=True)
class Row:
    """An entry of a paper with what the checks say of it; outcome: over all checks."""

    entry: Entry
    study: str
    what: str
    printed: str
    place: str
    outcome: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Finding:
    """One inconsistency, with every number that it is about; rows: each with the nearest value that would fit."""

    check: str
    why: str
    rows: tuple[tuple[Row, str], ...]

    @property
    def printed(self) -> list[str]:
        """The numbers as printed, each once."""
        return list(dict.fromkeys(row.printed for row, _ in self.rows))

    @property
    def nearest(self) -> str:
        """The nearest value where it is one for all numbers; empty where each has its own."""
        found = {nearest for _, nearest in self.rows}
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class PaperPart:
    """A paper's part of the page. numbers: its claims; others: claims in words, layers, settings stated twice."""

    paper: str
    citation: str
    numbers: list[Row]
    others: list[Row]
    findings: list[Finding]

    def count(self, outcome: str) -> int:
        """How many numbers come to that outcome."""
        return sum(row.outcome == outcome for row in self.numbers)

    @property
    def other_inconsistent(self) -> int:
        return sum(row.outcome == INCONSISTENT for row in self.others)


def write_table(path: Path, checked: Checked) -> None:
    """Write consistency.csv, papers in the order given, claims in that of their files."""
    import pandas as pd

    rows = [
        (row.study, row.entry.id, row.place, row.printed, one.outcome, one.nearest, one.why, one.check)
        for paper, outcomes in checked
        for row in _rows(paper, outcomes)
        for one in row.outcomes
    ]
    CONSISTENCY.write(path, pd.DataFrame(rows, columns=list(CONSISTENCY.columns)))


def _rows(paper: Published, outcomes: list[Outcome]) -> list[Row]:
    final = overall(outcomes)
    of: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        of.setdefault(outcome.claim, []).append(outcome)
    entries = [*paper.claims, *paper.statements, *paper.layers, *paper.settings]
    first = next(iter(paper.studies))
    return [
        Row(entry, _study(entry, first), *_words(entry), entry.place, final[entry.id], tuple(of[entry.id]))
        for entry in entries
        if entry.id in of
    ]


def _study(entry: Entry, first: str) -> str:
    return (entry.studies or (first,))[0] if isinstance(entry, PaperSetting) else entry.study


def _words(entry: Entry) -> tuple[str, str]:
    """What an entry is, and how it is printed."""
    if isinstance(entry, Claim):
        return claim_words(entry), shown(entry)
    if isinstance(entry, Statement):
        return "Claim in words", f"“{entry.words}”"
    if isinstance(entry, Layer):
        return f"Layer {entry.name}", " x ".join(map(str, entry.size))
    return f"Setting {entry.id.replace('_', ' ')}", str(entry.value)


def _part(paper: Published, outcomes: list[Outcome]) -> PaperPart:
    rows = _rows(paper, outcomes)
    numbers = [row for row in rows if isinstance(row.entry, Claim)]
    return PaperPart(paper.paper, paper.citation, numbers, [row for row in rows if row not in numbers], _findings(rows))


def _findings(rows: list[Row]) -> list[Finding]:
    """Inconsistencies, those of one reason together, in the order of the paper's file."""
    found: dict[tuple[str, str], list[tuple[Row, str]]] = {}
    for row in rows:
        for one in row.outcomes:
            if one.outcome == INCONSISTENT:
                found.setdefault((one.check, one.why), []).append((row, one.nearest))
    return [Finding(*key, tuple(members)) for key, members in found.items()]


def _checks() -> list[dict[str, str]]:
    """Name, meaning and reference of every check, from its docstring."""
    listed = []
    for name, check in CHECKS.items():
        meaning, _, reference = " ".join(inspect.getdoc(check).split()).partition("Reference: ")
        listed.append({"name": name, "meaning": meaning, "reference": reference})
    return listed


def consistency_page(checked: Checked) -> str:
    """The page as one HTML document: a scoreboard, what does not fit, then every number."""
    papers = [_part(paper, outcomes) for paper, outcomes in checked]
    states = (CONSISTENT, INCONSISTENT, NOT_CHECKABLE)
    return render(
        "consistency.html.j2",
        {
            "papers": papers,
            "states": states,
            "numbers": sum(len(part.numbers) for part in papers),
            "totals": {state: sum(part.count(state) for part in papers) for state in states},
            "others": sum(len(part.others) for part in papers),
            "other_inconsistent": sum(part.other_inconsistent for part in papers),
            "no_check": NO_CHECK,
            "checks": _checks(),
            "disclaimer": captions.DISCLAIMER,
        },
    )
