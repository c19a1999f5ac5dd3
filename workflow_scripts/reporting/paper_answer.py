"""What is answered about a paper's result tables: issues, what fits, what follows, what could not be checked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE, WEAK
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.metric_spellings import COUNTS
from workflow_scripts.contracts.public_sets import SizeHint
from workflow_scripts.contracts.result_tables import PaperTables
from workflow_scripts.reporting.authors_letter import letter
from workflow_scripts.reporting.deciding import Unchecked, is_touched, touched, unchecked

# Checks that say which class sizes and n follow.
_SIZES = "sizes of the classes"


@dataclass(frozen=True)
class ShownIssue:
    """An issue as it is shown: its findings, the first of them first, and the numbers that it is about, as printed."""

    outcome: str
    findings: tuple[Finding, ...]
    printed: tuple[str, ...]

    @property
    def first(self) -> Finding:
        """The finding that stands for the issue."""
        return self.findings[0]

    @property
    def where(self) -> str:
        """Table, row and columns."""
        return ", ".join(filter(None, (self.first.table, self.first.row, self.first.column.replace("_", " "))))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of its findings, each once, the first six."""
        return tuple(dict.fromkeys(finding.why for finding in self.findings))[:6]

    @property
    def tried(self) -> tuple[str, ...]:
        """The readings that were tried, each once."""
        return tuple(dict.fromkeys(reading for finding in self.findings for reading in finding.tried))

    @property
    def innocent(self) -> tuple[str, ...]:
        """How it may have come about without a fault, each once."""
        return tuple(dict.fromkeys(finding.innocent for finding in self.findings if finding.innocent))


@dataclass(frozen=True)
class Fitting:
    """What one check holds for consistent in a table: how many findings of each strength, and what they say."""

    table: str
    check: str
    strengths: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]

    @property
    def words(self) -> str:
        """How many, and how much that says: `12 exact, 3 weak`."""
        return ", ".join(f"{count} {strength}" if strength else str(count) for strength, count in self.strengths)


@dataclass(frozen=True)
class Answer:
    """All that is answered.

    outcome: of the paper; numbers: rates that are printed; checked: those that a check came to something about;
    follows: class sizes and n that follow from the numbers; hints: of the public data sets that the paper names;
    letter: to the authors, a paragraph an entry.
    """

    paper: PaperTables
    outcome: str
    issues: tuple[ShownIssue, ...]
    fitting: tuple[Fitting, ...]
    follows: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    hints: tuple[SizeHint, ...]
    numbers: int
    checked: int
    letter: tuple[str, ...]

    def of(self, outcome: str) -> list[ShownIssue]:
        """The issues of an outcome."""
        return [issue for issue in self.issues if issue.outcome == outcome]

    @property
    def counts(self) -> dict[str, int]:
        """Issues by outcome; all numbers, and those that were checked and not."""
        counts = {outcome: len(self.of(outcome)) for outcome in (CONTRADICTION, FITS_ONLY_IF, NOTE)}
        return {**counts, "numbers": self.numbers, "checked": self.checked, "not checked": self.numbers - self.checked}


def answer_of(
    paper: PaperTables,
    outcome: str,
    issues: Sequence[Sequence[Finding]],
    findings: Sequence[Finding],
    hints: Sequence[SizeHint],
) -> Answer:
    """The answer about a paper; outcome, issues: as `claims.tables` sums the findings up."""
    cells = touched(findings)
    shares = [
        is_touched(cells, table, row, column)
        for table in paper.tables
        for row in table.rows
        for column in row.values
        if column not in COUNTS
    ]
    shown = tuple(ShownIssue(group[0].outcome, tuple(group), tuple(_printed(paper, group))) for group in issues)
    open_numbers = tuple(unchecked(paper, findings))
    return Answer(
        paper=paper,
        outcome=outcome,
        issues=shown,
        fitting=tuple(_fitting(findings)),
        follows=tuple(finding for finding in findings if finding.check == _SIZES and finding.computed),
        unchecked=open_numbers,
        hints=tuple(hints),
        numbers=len(shares),
        checked=sum(shares),
        letter=letter(paper, shown, open_numbers),
    )


def _fitting(findings: Sequence[Finding]) -> Iterator[Fitting]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.outcome == CONSISTENT:
            groups.setdefault((finding.table, finding.check), []).append(finding)
    for (table, check), group in groups.items():
        strengths = Counter(finding.strength for finding in group)
        order = sorted(strengths.items(), key=lambda entry: entry[0] == WEAK)
        yield Fitting(table, check, tuple(order), tuple(group))


def _printed(paper: PaperTables, group: Sequence[Finding]) -> Iterator[str]:
    """The numbers that findings are about: `AI: sensitivity 0.92, specificity 0.90`."""
    shown = set()
    for finding in group:
        rows, columns = finding.row.split("; "), finding.column.split("; ")
        for table in paper.tables:
            for row in table.rows if table.place == finding.table else ():
                if row.name not in rows:
                    continue
                named = [f"{table.heading(column)} {row.values[column]}" for column in columns if column in row.values]
                words = f"{row.name}: {', '.join(named)}" if row.name else ", ".join(named)
                if named and words not in shown:
                    shown.add(words)
                    yield words
