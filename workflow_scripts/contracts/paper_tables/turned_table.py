"""A pasted table whose metrics stand in its first column, turned so that they stand in its headings."""

from collections.abc import Sequence

from workflow_scripts.contracts.paper_tables.headed_cells import belonging, label_kind
from workflow_scripts.contracts.paper_tables.plain_cells import holds_number
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty

# Kinds of names that the first heading may give to the columns.
_KINDS = ("model", "class", "set", "who")


def turned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]], list[str]]:
    """Headings and rows of the turned table, and the headings of columns without numbers, which are left out.

    An interval in a column of its own joins the number before it.
    """
    columns: list[tuple[str, list[str]]] = []
    wordy: list[str] = []
    for number, head in enumerate(heads[1:], 1):
        cells = [row[number] for row in rows]
        kind = belonging(head)
        if not kind and columns and not any(map(holds_number, cells)):
            # What is said of each metric in words.
            wordy += [head] if not all(map(is_empty, cells)) else []
            continue
        if not kind or not columns:
            columns.append((head, cells))
            continue
        before = columns[-1][1]
        sign = " ± {}" if kind == "spread" else " ({})"
        joined = [
            value if is_empty(value) or is_empty(cell) else value + sign.format(cell.strip(" ()[]±"))
            for value, cell in zip(before, cells, strict=True)
        ]
        columns[-1] = (columns[-1][0], joined)
    first = heads[0] if label_kind(heads[0]) in _KINDS else ""
    return [first, *(row[0] for row in rows)], [[head, *cells] for head, cells in columns], wordy
