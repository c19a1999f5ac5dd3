"""Columns and rows of several metrics, `Sensitivity/Specificity` above or beside `85/92`, as one for each."""

import re
from collections.abc import Sequence

from workflow_scripts.contracts.paper_tables.metric_spellings import canonical, is_metric, without_unit
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty, read_cell

_LISTED = re.compile(r"\s*([^\d|\t,;:=]+/[^\d|\t,;:=]+?)\s*[:=]?\s+(\d\S*(?: ?/ ?\S+)*)\s*")


def metrics_of(heading: str) -> list[str]:
    """The headings of each metric that a heading names between slashes, with its unit; empty where it names one."""
    plain = without_unit(heading)
    parts = [part.strip() for part in plain.split("/")]
    names = {canonical(part) for part in parts}
    if len(parts) < 2 or len(names) < len(parts) or not all(map(is_metric, names)):
        return []
    unit = heading.removeprefix(plain).strip() if heading.startswith(plain) else ""
    return [f"{part} {unit}".strip() for part in parts]


def _values_of(cell: str, count: int) -> list[str]:
    """The values of a cell, as many as its heading names; empty where it holds others."""
    if is_empty(cell):
        return [cell] * count
    # The slashes in brackets are those of fractions, `92.3 (48/52) / 91.0 (71/78)`.
    parts, depth = [""], 0
    for sign in cell:
        depth += (sign in "([") - (sign in ")]")
        if sign == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    values = [part.strip() for part in parts]
    # `48/52 (92.3)` is a fraction with its share.
    is_fraction = not re.search(r"[(\[]", values[0]) and bool(re.search(r"[(\[]", values[-1]))
    whole = len(values) == count and all(read_cell(value)[0] for value in values)
    return values if whole and not is_fraction else []


def lines_of(line: str) -> list[str]:
    """A line such as `Sensitivity/Specificity: 85/92` as one for each metric; else the line alone."""
    match = _LISTED.fullmatch(line)
    rows = rows_of([match[1], match[2]]) if match else []
    return [" ".join(row) for row in rows] if len(rows) > 1 else [line]


def rows_of(row: Sequence[str]) -> list[list[str]]:
    """A row that several metrics name, `Sensitivity/Specificity | 85/92`, as one for each; else the row alone."""
    names = metrics_of(row[0]) if row else []
    cells = [_values_of(cell, len(names)) for cell in row[1:]] if names else []
    return [list(column) for column in zip(names, *cells, strict=True)] if cells and all(cells) else [list(row)]


def taken_apart(rows: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """The rows of a table, its headings among them; and row number and cell of each that holds other values.

    A column is taken apart where most of its cells below the heading can be.
    """
    taken, misfits = [list(row) for row in rows], list[tuple[int, str]]()
    width = max(map(len, taken), default=0)
    for column in reversed(range(width)):
        head = next((n for n, row in enumerate(taken) if column < len(row) and metrics_of(row[column])), None)
        if head is None:
            continue
        names = metrics_of(taken[head][column])
        below = [n for n in range(head + 1, len(taken)) if len(taken[n]) == len(taken[head])]
        values = {n: _values_of(taken[n][column], len(names)) for n in below}
        filled = [n for n in below if not is_empty(taken[n][column])]
        if not filled or 2 * sum(bool(values[n]) for n in filled) <= len(filled):
            continue
        misfits += [(n, taken[n][column]) for n in below if not values[n]]
        size = len(taken[head])
        for number, row in enumerate(taken):
            if number == head:
                row[column : column + 1] = names
            elif len(row) == size:
                row[column : column + 1] = values.get(number) or [
                    row[column] if number < head else "",
                    *[""] * (len(names) - 1),
                ]
    return taken, misfits
