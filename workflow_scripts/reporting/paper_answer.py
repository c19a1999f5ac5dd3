"""What is answered about a paper's result tables: issues, what fits, what follows, what could not be checked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE, WEAK
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables
from workflow_scripts.contracts.public_sets import SizeHint
from workflow_scripts.reporting.authors_letter import Doubt, letter
from workflow_scripts.reporting.deciding import WHOLE, Touched, Unchecked, is_quoted, printed_cells, unchecked
from workflow_scripts.runtime.wording import listed

# Checks that say which class sizes follow, of all rows of a table and of one: the first that says so counts.
_SIZES = ("sizes of the classes", "rates of two classes")
# A heading names so many rows or columns; of more it says how many.
_NAMED = 3


@dataclass(frozen=True)
class ShownIssue:
    """An issue as it is shown.

    where: table, rows and headings; findings: all that was said of it; printed: the numbers that it is about.
    """

    outcome: str
    where: str
    findings: tuple[Finding, ...]
    printed: tuple[str, ...]

    @property
    def first(self) -> Finding:
        """The finding that stands for the issue."""
        return self.findings[0]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of its findings, each once; of many the first, and how many more there are."""
        sentences = tuple(dict.fromkeys(finding.why for finding in self.findings))
        further = len(sentences) - _NAMED
        return sentences if further <= 1 else (*sentences[:_NAMED], f"And {further} more of this kind.")

    @property
    def quoted(self) -> str:
        """The numbers as printed, row by row; of many rows the first, and how many more there are."""
        further = len(self.printed) - _NAMED
        more = f"; and {further} more rows" if further > 1 else ""
        return "; ".join(self.printed[:_NAMED] if more else self.printed) + more

    @property
    def computed(self) -> str:
        """What would fit, of all its findings."""
        return "; ".join(dict.fromkeys(finding.computed for finding in self.findings if finding.computed))

    @property
    def size(self) -> str:
        """How far off the printed number is, where it is one number."""
        sizes = {finding.size for finding in self.findings}
        return sizes.pop() if len(sizes) == 1 else ""

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
    touched = Touched(findings)
    cells = list(printed_cells(paper))
    shown = tuple(
        ShownIssue(group[0].outcome, _where(paper, group), tuple(group), tuple(_printed(paper, group)))
        for group in issues
    )
    open_numbers = tuple(unchecked(paper, findings))
    return Answer(
        paper=paper,
        outcome=outcome,
        issues=shown,
        fitting=tuple(_fitting(findings)),
        follows=tuple(_follows(paper, findings)),
        unchecked=open_numbers,
        hints=tuple(hints),
        numbers=len(cells),
        checked=sum(touched.holds(cell.table.place, cell.row, cell.column, cell.value) for cell in cells),
        letter=_letter(paper, shown, open_numbers),
    )


def _letter(paper: PaperTables, issues: Sequence[ShownIssue], open_numbers: Sequence[Unchecked]) -> tuple[str, ...]:
    tables = listed(dict.fromkeys(table.place for table in paper.tables))
    doubts = [
        Doubt(
            issue.first.table,
            issue.quoted or issue.where,
            issue.first.why,
            issue.computed,
            issue.first.reading,
            issue.tried,
            next(iter(issue.innocent), ""),
        )
        for issue in issues
        if issue.outcome in (CONTRADICTION, FITS_ONLY_IF)
    ]
    missing = list(dict.fromkeys(entry.decides for entry in open_numbers))
    return letter(f"the numbers of {tables}", "the printed tables", doubts, missing)


def _fitting(findings: Sequence[Finding]) -> Iterator[Fitting]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.outcome == CONSISTENT:
            groups.setdefault((finding.table, finding.check), []).append(finding)
    for (table, check), group in groups.items():
        strengths = Counter(finding.strength for finding in group)
        order = sorted(strengths.items(), key=lambda entry: entry[0] == WEAK)
        yield Fitting(table, check, tuple(order), tuple(group))


def _follows(paper: PaperTables, findings: Sequence[Finding]) -> Iterator[Finding]:
    """What is said of class sizes that fit."""
    for table in paper.tables:
        fitting = [finding for finding in findings if finding.table == table.place and finding.outcome == CONSISTENT]
        by_check = [[finding for finding in fitting if finding.check == check] for check in _SIZES]
        yield from next((group for group in by_check if group), [])


def _where(paper: PaperTables, group: Sequence[Finding]) -> str:
    """Table, rows and headings, of many how many."""
    place = group[0].table
    table = next((table for table in paper.tables if table.place == place), None)
    rows = dict.fromkeys(row for finding in group for row in finding.row.split("; ") if row not in ("", WHOLE))
    columns = dict.fromkeys(column for finding in group for column in finding.column.split("; ") if column)
    headings = [table.heading(column) if table else column for column in columns]
    words = [
        place,
        "; ".join(rows) if 0 < len(rows) <= _NAMED else f"{len(rows)} rows" if rows else "",
        listed(headings) if 0 < len(headings) <= _NAMED else f"{len(headings)} metrics" if headings else "",
    ]
    return ", ".join(filter(None, words))


def _printed(paper: PaperTables, group: Sequence[Finding]) -> Iterator[str]:
    """The numbers that findings are about, a row an entry: `AI: sensitivity 0.92, specificity 0.90`."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for finding in group:
        rows_named, named = finding.row.split("; "), finding.column.split("; ")
        for cell in printed_cells(paper):
            place = cell.table.place
            quoted = is_quoted(finding, place, cell.row, cell.column, cell.value)
            if place == finding.table and cell.row in rows_named and (cell.column in named or quoted):
                words = f"{cell.table.heading(cell.column).replace('_', ' ')} {cell.value}"
                rows.setdefault((place, "" if cell.row == WHOLE else cell.row), {})[cell.column] = words
    for (_, row), named_values in rows.items():
        yield ": ".join(filter(None, (row, ", ".join(named_values.values()))))
