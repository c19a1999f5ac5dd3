"""What could not be checked in a paper's tables, and the one number that would decide it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.outcome import NOT_CHECKABLE
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.paper_tables.metric_spellings import COUNTS, averaged, canonical, is_metric
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables, PrintedValue, ResultTable

# The name of the row of what is printed about a whole table.
WHOLE = "all"
SIZES = "how many test samples are positive and how many negative"
PREDICTIONS = "the predictions of all samples: it follows from no rates"
_OF_SCORES = re.compile(
    r"\b(?:au-?prc|pr[- ]?auc|auc[- ]?pr|precision[- ]recall auc|average precision|m?ap|brier|ece|calibration error|"
    r"log[- ]?loss|loss|nll)\b"
)
_TWO_CLASS = ("sensitivity", "specificity", "precision", "npv")


@dataclass(frozen=True)
class Unchecked:
    """Numbers of a column that nothing was held against.

    table: its place; column: its heading as printed; rows: their names; printed: the numbers; decides: what one further
    number would decide it, in words that follow "would be decided by".
    """

    table: str
    column: str
    rows: tuple[str, ...]
    printed: tuple[str, ...]
    decides: str


@dataclass(frozen=True)
class PrintedCell:
    """A printed rate: its table, row and column, its value, and the columns of the same row, its own among them.

    row: its name, WHOLE for what is printed about a whole table.
    """

    table: ResultTable
    row: str
    column: str
    value: PrintedValue
    in_row: frozenset[str]


def printed_cells(paper: PaperTables) -> Iterator[PrintedCell]:
    """Every rate that is printed; counts are what rates are held against."""
    for table in paper.tables:
        for row in table.rows:
            columns = frozenset(row.values)
            yield from (PrintedCell(table, row.name, column, value, columns)
                        for column, value in row.values.items() if column not in COUNTS)  # fmt: skip
        names = table.classes or tuple(map(str, range(1, (table.n_classes or 0) + 1)))
        for name, percents in zip(names, table.row_percent, strict=False):
            heads = [f"percent {number}" for number, _ in enumerate(percents, 1)]
            yield from (PrintedCell(table, name, head, value, frozenset(heads))
                        for head, value in zip(heads, percents, strict=True))  # fmt: skip
        for metric, values in table.per_class_printed.items():
            metrics = frozenset(table.per_class_printed)
            yield from (PrintedCell(table, name, metric, value, metrics)
                        for name, value in zip(names, values, strict=False))  # fmt: skip
        for metric, value in table.printed_beside.items():
            yield PrintedCell(table, WHOLE, metric, value, frozenset(table.printed_beside))


class Touched:
    """Which cells the checks came to something about."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._findings = [finding for finding in findings if finding.outcome != NOT_CHECKABLE]
        self._named = {
            (finding.table, row, column)
            for finding in self._findings
            for row in finding.row.split("; ")
            for column in finding.column.split("; ")
        }

    def holds(self, place: str, row: str, column: str, value: PrintedValue) -> bool:
        """Whether a finding names the cell, or quotes it in its sentence as what another number was held against."""
        names = ((row, column), (row, ""), ("", column), ("all rows", column))
        return any((place, *name) in self._named for name in names) or any(
            is_quoted(finding, place, row, column, value) for finding in self._findings
        )


def is_quoted(finding: Finding, place: str, row: str, column: str, value: PrintedValue) -> bool:
    """Whether a check's sentence about a row quotes a number of it, behind the name of its metric."""
    if finding.table != place or row not in finding.row.split("; "):
        return False
    quoted = re.finditer(rf"([\w().-]+) {re.escape(value.text)}(?!\d|\.\d)", finding.why)
    return any(canonical(match[1]) == column for match in quoted)


def unchecked(paper: PaperTables, findings: Sequence[Finding]) -> Iterator[Unchecked]:
    """The columns with numbers that nothing was held against, in the order of the paper."""
    touched = Touched(findings)
    groups: dict[tuple[str, str, str], list[PrintedCell]] = {}
    for cell in printed_cells(paper):
        if not touched.holds(cell.table.place, cell.row, cell.column, cell.value):
            decides = _decides(paper, cell)
            groups.setdefault((cell.table.place, cell.table.heading(cell.column), decides), []).append(cell)
    for (place, heading, decides), cells in groups.items():
        rows, printed = tuple(cell.row for cell in cells), tuple(str(cell.value) for cell in cells)
        yield Unchecked(place, heading, rows, printed, decides)


def _decides(paper: PaperTables, cell: PrintedCell) -> str:
    """What one further number would decide a cell."""
    table, column = cell.table, cell.column
    metric, average = (column, "") if is_metric(column) else averaged(column)
    printed = {name if is_metric(name) else averaged(name)[0] for name in cell.in_row}
    if not metric:
        of_scores = _OF_SCORES.search(table.heading(column).lower())
        return PREDICTIONS if of_scores else "knowing which metric the column is (name it as one, such as sensitivity)"
    if average or any("class" in row.label for row in table.rows):
        sizes_known = "support" in table.columns or table.class_sizes or paper.test_n_by_class
        return "the confusion matrix" if sizes_known else "how many test samples each class has"
    lacking = _lacking(metric, printed)
    if lacking:
        return lacking
    return _decisive_size(paper, table, printed)


def _decisive_size(paper: PaperTables, table: ResultTable, printed: set[str]) -> str:
    """The size that would decide rates of two classes; the matrix where all sizes are known."""
    if table.class_sizes or table.positives or paper.test_n_by_class or paper.positives:
        return "the confusion matrix (true and false positives and negatives)"
    n = table.n or (paper.test_n if isinstance(paper.test_n, int) else None)
    if n:
        return (
            f"how many of the {n:,} test samples are positive" if printed & set(_TWO_CLASS) else "the confusion matrix"
        )
    # With a third rate the share of positives follows from the rates themselves.
    follows = {"sensitivity", "specificity"} <= printed and printed & {"accuracy", "precision", "npv"}
    return SIZES if printed & set(_TWO_CLASS) and not follows else "how many test samples there are"


def _lacking(metric: str, printed: set[str]) -> str:
    """The other metric without which a metric says nothing, empty where it is there."""
    if metric == "auc":
        rates = {"sensitivity", "specificity"} <= printed
        return "the confidence interval of the AUC" if rates else "sensitivity and specificity at one threshold"
    if metric == "f1" or metric.startswith("f_beta"):
        absent = [name for name in ("precision", "sensitivity") if name not in printed]
        return f"the {' and the '.join(absent)} beside it" if absent else ""
    if metric in ("precision", "npv") and not {"sensitivity", "specificity"} <= printed:
        absent = [name for name in ("sensitivity", "specificity") if name not in printed]
        return f"the {' and the '.join(absent)} beside it"
    if metric in ("iou", "dice"):
        return (
            f"the {'Dice' if metric == 'iou' else 'IoU'} of the same images"
            if len({"iou", "dice"} & printed) < 2
            else ""
        )
    return ""
