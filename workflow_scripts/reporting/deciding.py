"""What could not be checked in a paper's tables, and the one number that would decide it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workflow_scripts.claims.outcome import NOT_CHECKABLE
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.contracts.metric_spellings import COUNTS, averaged, is_metric
from workflow_scripts.contracts.result_tables import PaperTables, ResultTable, Row

SIZES = "how many test samples are positive and how many negative"
_TWO_CLASS = ("sensitivity", "specificity", "precision", "npv", "accuracy")


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


def touched(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    """Place of table, name of row and of column that a check came to something about; empty names stand for all."""
    return {
        (finding.table, row, column)
        for finding in findings
        if finding.outcome != NOT_CHECKABLE
        for row in finding.row.split("; ")
        for column in finding.column.split("; ")
    }


def is_touched(cells: set[tuple[str, str, str]], table: ResultTable, row: Row, column: str) -> bool:
    """Whether a check came to something about a cell."""
    return any((table.place, name, head) in cells for name in (row.name, "") for head in (column, "")
               if (name, head) != ("", ""))  # fmt: skip


def unchecked(paper: PaperTables, findings: Sequence[Finding]) -> Iterator[Unchecked]:
    """The columns with numbers that nothing was held against, in the order of the paper."""
    cells = touched(findings)
    for table in paper.tables:
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in table.rows:
            for column in row.values:
                if column not in COUNTS and not is_touched(cells, table, row, column):
                    groups.setdefault((column, _decides(paper, table, row, column)), []).append(row)
        for (column, decides), rows in groups.items():
            printed = tuple(str(row.values[column]) for row in rows)
            yield Unchecked(table.place, table.heading(column), tuple(row.name for row in rows), printed, decides)


def _decides(paper: PaperTables, table: ResultTable, row: Row, column: str) -> str:
    """What one further number would decide a cell."""
    metric, average = (column, "") if is_metric(column) else averaged(column)
    printed = {name if is_metric(name) else averaged(name)[0] for name in row.values}
    if not metric:
        return "knowing which metric the column is (name it as one, such as sensitivity)"
    if average or "class" in row.label:
        return "the class sizes, with the values of every class" if "support" not in printed else "the confusion matrix"
    lacking = _lacking(metric, printed)
    if lacking:
        return lacking
    if not _sizes_known(paper, table):
        return SIZES if set(printed) & set(_TWO_CLASS[:4]) else "how many test samples there are"
    return "the confusion matrix (true and false positives and negatives)"


def _lacking(metric: str, printed: set[str]) -> str:
    """The other metric without which a metric says nothing, empty where it stands beside it."""
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


def _sizes_known(paper: PaperTables, table: ResultTable) -> bool:
    return bool(
        table.class_sizes or table.positives or paper.test_n_by_class or paper.positives or table.n or paper.test_n
    )
