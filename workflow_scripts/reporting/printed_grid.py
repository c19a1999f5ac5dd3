"""A printed table with what the checks say of each of its cells."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE, ORDER
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.paper_tables.result_tables import ResultTable, Row
from workflow_scripts.reporting.deciding import is_quoted
from workflow_scripts.reporting.paper_answer import Answer

# What is said of a cell that was held against a number that does not fit.
COMPARED = "compared"
# Outcome of a cell → its sign, so that it is not told by colour alone.
SIGNS = {CONTRADICTION: "✗", FITS_ONLY_IF: "?", NOTE: "i", CONSISTENT: "✓", COMPARED: "·", "": ""}


@dataclass(frozen=True)
class GridCell:
    """A cell: as printed, and the outcome that counts most, empty where nothing was held against it."""

    text: str
    outcome: str

    @property
    def sign(self) -> str:
        """A sign of the outcome."""
        return SIGNS[self.outcome]

    @property
    def css(self) -> str:
        """A class of the page's style."""
        return self.outcome.replace(" ", "-") or "open"


@dataclass(frozen=True)
class Grid:
    """A table: its place, headings, and rows of a name and cells."""

    place: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[GridCell, ...]], ...]


def grids(answer: Answer) -> list[Grid]:
    """Every table of a paper, and every confusion matrix."""
    findings = [finding for issue in answer.issues for finding in issue.findings]
    findings += [finding for fitting in answer.fitting for finding in fitting.findings]
    worst = _worst(findings)
    shown = []
    for table in answer.paper.tables:
        if table.rows:
            rows = tuple((row.name, tuple(_cells(table, row, worst, findings))) for row in table.rows)
            shown.append(Grid(table.place, tuple(table.heading(column) for column in table.columns), rows))
        if table.confusion_matrix:
            shown.append(_matrix(table))
    return shown


def _matrix(table: ResultTable) -> Grid:
    """A confusion matrix as a grid; which cell is wrong cannot be told."""
    names = table.classes or tuple(str(number) for number in range(1, len(table.confusion_matrix) + 1))
    rows = tuple(tuple(GridCell(str(value), "") for value in row) for row in table.confusion_matrix)
    return Grid(f"{table.place}, confusion matrix", names, tuple(zip(names, rows, strict=False)))


def _worst(findings: list[Finding]) -> dict[tuple[str, str, str], str]:
    """Place of table, names of row and column (empty: all) → the outcome that counts most."""
    worst: dict[tuple[str, str, str], str] = {}
    for finding in sorted(findings, key=lambda finding: -ORDER.index(finding.outcome)):
        for row in finding.row.split("; "):
            for column in finding.column.split("; "):
                worst[finding.table, row, column] = finding.outcome
    return worst


def _cells(
    table: ResultTable, row: Row, worst: dict[tuple[str, str, str], str], findings: list[Finding]
) -> Iterator[GridCell]:
    for column in table.columns:
        keys = ((table.place, name, head) for name in (row.name, "") for head in (column, "") if name or head)
        outcomes = [worst[key] for key in keys if key in worst]
        text = str(row.values[column]) if column in row.values else ""
        shown = min(outcomes, key=ORDER.index) if outcomes and text else ""
        if (
            text
            and not shown
            and any(is_quoted(finding, table.place, row.name, column, row.values[column]) for finding in findings)
        ):
            shown = COMPARED
        yield GridCell(text, shown)
