"""Where a table names its metrics: in columns, in columns together with a class or set, or in the labels of rows."""

from collections.abc import Sequence

from workflow_scripts.claims.tables.table_words import sums_up
from workflow_scripts.contracts.paper_tables.metric_spellings import averaged, canonical, is_metric
from workflow_scripts.contracts.paper_tables.result_tables import ResultTable


def parts_of_columns(columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Column → metric and part, of columns such as `recall_covid` or `hip_accuracy`; empty where there are none."""
    parts: dict[str, tuple[str, str]] = {}
    for column in columns:
        if is_metric(column):
            continue
        metric, average = averaged(column)
        if average and average in column.lower():
            parts[column] = (metric, average)
            continue
        words = column.replace("_", " ").split()
        for cut in range(1, len(words)):
            first, last = " ".join(words[:cut]), " ".join(words[cut:])
            if is_metric(canonical(first)):
                parts[column] = (canonical(first), last)
            elif is_metric(canonical(last)) and canonical(first) == first:
                parts[column] = (canonical(last), first)
    names = {part for _, part in parts.values()}
    return parts if (len(names) > 1 or all(map(sums_up, names))) and len(set(parts.values())) == len(parts) else {}


def key_of_metrics(table: ResultTable) -> str:
    """The kind of name that holds metrics, where the rows and not the columns do."""
    if any(is_metric(column) for column in table.columns):
        return ""
    for key in dict.fromkeys(key for row in table.rows for key in row.label):
        names = [canonical(row.label[key]) for row in table.rows if key in row.label]
        if len({name for name in names if is_metric(name)}) > 1 and all(is_metric(name) for name in names):
            return key
    return ""
