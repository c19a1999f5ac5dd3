"""A pasted table, taken apart into rows of a ResultTable."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from workflow_scripts.contracts.paper_tables.headed_cells import (
    KINDS,
    Heading,
    headings_of,
    heads_metrics,
    label_kinds,
    names_metric,
    names_rows,
    numbers_rows,
    with_supports,
)
from workflow_scripts.contracts.paper_tables.listed_values import beside_name, listed_value
from workflow_scripts.contracts.paper_tables.metric_spellings import is_share, without_unit
from workflow_scripts.contracts.paper_tables.paired_columns import rows_of, taken_apart
from workflow_scripts.contracts.paper_tables.pasted_matrix import PastedMatrix, pasted_matrix
from workflow_scripts.contracts.paper_tables.plain_cells import (
    holds_number,
    is_rule,
    numbers_in,
    separator_of,
    spaced_cells,
    spaced_heading,
    split_line,
)
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty, read_cell, with_share_first
from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, Row
from workflow_scripts.contracts.paper_tables.turned_table import turned

# Rows below those of the classes.
_AVERAGES = re.compile(r"(?:macro|weighted|micro)[ -]?(?:avg|average|mean)", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A line of a file, and its number, from 1."""

    number: int
    text: str


@dataclass
class Pasted:
    """What a pasted table holds.

    matrix: of a table without metrics whose rows and columns have the same names, a confusion matrix;
    printed_beside: metric → what stands in a row of its own below; headings: name of a column → as printed; remarks:
    what was not understood.
    """

    rows: list[Row] = field(default_factory=list)
    printed_beside: dict[str, PrintedValue] = field(default_factory=dict)
    percent_columns: list[str] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    matrix: PastedMatrix | None = None
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Cells:
    """The cells of a line."""

    number: int
    cells: list[str]


def read_pasted(lines: Sequence[Line]) -> Pasted:
    """The rows of a pasted table with its headings; what is not understood is remarked on, nothing is dropped."""
    pasted = Pasted()
    lines = [line for line in lines if line.text.strip() and not is_rule(line.text)]
    if not lines:
        return pasted
    cells = _of_single_metrics(_taken_apart(lines, pasted), pasted)
    first = next((number for number, row in enumerate(cells) if numbers_in(row.cells[1:])), None)
    if first is None:
        pasted.remarks.append(f"line {lines[0].number}: a table without a number was not read")
        return pasted
    # A name alone below the headings is that of the first part of the rows.
    while first > 1 and cells[first - 1].cells[0] and not any(cells[first - 1].cells[1:]):
        first -= 1
    head_rows, body = cells[:first], cells[first:]
    if not head_rows:
        pasted.remarks.append(f"line {lines[0].number}: the table has no headings; write a line of them above it")
        return pasted
    heads, groups = _heads(head_rows)
    heads = _spaced_names(heads, body)
    body = _of_one_width(body, heads, pasted)
    if not body:
        return pasted
    heads = heads if len(heads) == len(body[0].cells) else ["", *heads]
    groups = ["", *groups] if len(groups) == len(heads) - 1 else groups
    pasted.matrix = None if any(map(names_metric, heads)) else pasted_matrix(heads, [row.cells for row in body])
    if pasted.matrix:
        return pasted
    named = sum(names_metric(row.cells[0]) for row in body)
    if not any(map(names_metric, heads)) and (named * 2 >= len(body) or (named and heads_metrics(heads[0]))):
        heads, rows, wordy = turned(heads, [row.cells for row in body])
        line = head_rows[0].number
        pasted.remarks += [f"line {line}: the column {head!r} holds no numbers, not read" for head in wordy]
        groups, body = [""] * len(heads), [_Cells(body[0].number, row) for row in rows]
    headings = headings_of(heads, groups, [row.cells for row in body])
    _tell_unused_groups(headings, groups, head_rows[0].number, pasted)
    _take_rows(headings, body, pasted)
    return pasted


def _taken_apart(lines: Sequence[Line], pasted: Pasted) -> list[_Cells]:
    """The cells of each line."""
    separator = separator_of([line.text for line in lines])
    if separator != " ":
        return [_Cells(line.number, split_line(line.text, separator)) for line in lines]
    heads = spaced_heading(lines[0].text)
    if heads is None:
        return [_Cells(line.number, split_line(line.text, "  ")) for line in lines]
    taken = [_Cells(lines[0].number, heads)]
    for line in lines[1:]:
        cells = spaced_cells(line.text, len(heads) - 1)
        if cells is None and (value := listed_value(line.text, line.number)):
            # `accuracy 0.96 2500` below the rows of the classes.
            cells = [value.metric, *(number.text for number in value.values)]
        elif cells is None and not numbers_in(line.text.split()):
            cells = [line.text.strip(), *[""] * (len(heads) - 1)]
        if cells is None:
            pasted.remarks.append(
                f"line {line.number}: {len(heads) - 1} numbers are wanted, not read: {line.text.strip()!r}"
            )
        else:
            taken.append(_Cells(line.number, cells))
    return taken


def _of_single_metrics(cells: Sequence[_Cells], pasted: Pasted) -> list[_Cells]:
    """The cells, where a column or row of several metrics is one for each."""
    rows, misfits = taken_apart([row.cells for row in cells])
    for number, cell in misfits:
        pasted.remarks.append(f"line {cells[number].number}: {cell!r} holds other values than its heading, not read")
    return [replace(row, cells=single) for row, taken in zip(cells, rows, strict=True) for single in rows_of(taken)]


def _heads(head_rows: Sequence[_Cells]) -> tuple[list[str], list[str]]:
    """Headings, and the names of groups in the line above them; a line of units below is added to the headings."""
    counts = [sum(map(names_metric, row.cells)) for row in head_rows]
    best = counts.index(max(counts))
    heads = list(head_rows[best].cells)
    for row in head_rows[best + 1 :]:
        if len(row.cells) == len(heads):
            heads = [f"{head} {unit}".strip() for head, unit in zip(heads, row.cells, strict=True)]
    groups = list(head_rows[best - 1].cells) if best else []
    return heads, groups


def _tell_unused_groups(headings: Sequence[Heading], groups: Sequence[str], line: int, pasted: Pasted) -> None:
    """Remark on names above headings that stand several times, where they fit no columns."""
    above = [name.strip(" *") for name in groups if name.strip(" *")]
    used = {heading.group for heading in headings if heading.group}
    if above and used and not used & set(above):
        words = "fit no groups of the columns below; write each above the first column of its group"
        pasted.remarks.append(f"line {line}: the names {', '.join(map(repr, above))} {words}")


def _spaced_names(heads: list[str], body: Sequence[_Cells]) -> list[str]:
    """Headings that single spaces part while two part the cells: `Prediction  No Yes`, `Model  Precision Recall`."""
    text, widths = " ".join(heads), [len(row.cells) for row in body]
    if len(heads) in widths:
        return heads
    if any(map(names_metric, heads)):
        names, fitting = spaced_heading(text) or [], 0
    else:
        # The names of a matrix's rows have no heading.
        names = text.split()
        fitting = widths.count(len(names) + 1)
    return names if 2 * max(fitting, widths.count(len(names))) > len(widths) else heads


def _of_one_width(body: Sequence[_Cells], heads: Sequence[str], pasted: Pasted) -> list[_Cells]:
    """The rows with as many cells as there are headings, or one more where the names of rows have no heading.

    A row of one metric below the others (`accuracy 0.96 2500`) is taken as printed beside the table. Where the first
    heading is that of names and numbers stand behind the names, a heading is lacking, and nothing tells which.
    """
    counts = [len(row.cells) for row in body]
    longer = [row.cells for row in body if len(row.cells) == len(heads) + 1]
    is_lacking = names_rows(heads[0]) and 2 * sum(holds_number(cells[1]) for cells in longer) > len(longer)
    width = len(heads) + (len(longer) > counts.count(len(heads)) and not is_lacking)
    kept = []
    for row in body:
        filled = [cell for cell in row.cells if not is_empty(cell)]
        alone = len(filled) < width or len(set(filled[1:])) == 1
        if row.cells and names_metric(row.cells[0]) and alone and any(map(names_metric, heads)):
            values = [value for cell in row.cells[1:] if (value := read_cell(cell)[0])]
            pasted.printed_beside |= {beside_name(row.cells[0]): values[0]} if values else {}
        elif len(row.cells) == width:
            kept.append(row)
        elif len(row.cells) == 1 and (cells := spaced_cells(row.cells[0], width - 1)):
            kept.append(replace(row, cells=cells))
        elif len(filled) == 1 and not holds_number(filled[0]) and numbers_in(filled[0].split()) < 2:
            kept.append(replace(row, cells=[filled[0], *[""] * (width - 1)]))
        else:
            wanted = f"below {width} headings" if width == len(heads) else f"where most rows have {width}"
            words = f"{len(row.cells)} cells {wanted}"
            pasted.remarks.append(f"line {row.number}: {words}, not read: {' | '.join(row.cells)}")
    return kept


def _take_rows(headings: Sequence[Heading], body: Sequence[_Cells], pasted: Pasted) -> None:
    """The rows, one for each group of columns; an empty name of a row is that of the row above."""
    pasted.percent_columns = list(
        dict.fromkeys(head.name for head in headings if head.percent and head.holds == "value")
    )
    printed = {head.name: without_unit(head.text) for head in headings if head.holds == "value"}
    pasted.headings = {name: text for name, text in printed.items() if text != name}
    labels = [number for number, heading in enumerate(headings) if heading.holds == "label"]
    groups = list(dict.fromkeys(heading.group for heading in headings if heading.holds == "value"))
    numbering = [
        number for number in labels if numbers_rows(headings[number].text, [row.cells[number] for row in body])
    ]
    labels = [number for number in labels if number not in numbering] or labels
    kinds = label_kinds({number: headings[number].text for number in labels})
    headings = with_supports(headings, kinds.values())
    if any(heading.name == "support" for heading in headings):
        # A report by class; its first column may have no heading, or that of what the classes are.
        headed = len(labels) == 1 and any(_AVERAGES.match(row.cells[labels[0]]) for row in body)
        kinds = {
            number: "class" if kind == "row" or (headed and kind not in KINDS) else kind
            for number, kind in kinds.items()
        }
    unmarked = {number: {row.cells[number] for row in body} for number in labels}
    above: dict[int, str] = {}
    section, below = "", True
    for number, row in enumerate(body):
        if not any(row.cells[1:]) and row.cells[0]:
            if not below:
                pasted.remarks.append(f"line {body[number - 1].number}: not used: {section!r}")
            section, below = row.cells[0], False
            continue
        below = True
        if len(labels) > 1:
            above = {number: row.cells[number] or above.get(number, "") for number in labels}
        else:
            above = {number: row.cells[number] for number in labels}
        label = {kinds[number]: _name(text, unmarked[number]) for number, text in above.items() if text}
        label |= {"part": section} if section else {}
        label = label or {"row": str(len(pasted.rows) + 1)}
        for group in groups:
            values = dict(_values(headings, row, group, pasted))
            if values:
                pasted.rows.append(Row({**label, **({"set": group} if group else {})}, values, row.number))
    if not below:
        pasted.remarks.append(f"line {body[-1].number}: not used: {section!r}")


def _name(text: str, unmarked: Collection[str]) -> str:
    """A row's name without the mark of a footnote, unless another row has the same name without one."""
    bare = text.strip("* ")
    return text if bare != text and bare in unmarked else bare


def _values(headings: Sequence[Heading], row: _Cells, group: str, pasted: Pasted) -> Iterator[tuple[str, PrintedValue]]:
    """Column → value of a row, of one group of columns; an interval in a column of its own joins the number before."""
    name, value = "", None
    for heading, cell in zip(headings, row.cells, strict=True):
        if heading.holds == "label" or heading.group != group or is_empty(cell):
            continue
        if heading.holds == "value":
            if value:
                yield name, value
            (value, left_over), name = read_cell(cell), heading.name
            value = with_share_first(value) if value and is_share(name) else value
        else:
            value, left_over = _joined(value, cell, heading)
        if left_over:
            pasted.remarks.append(f"line {row.number}, {heading.text}: {left_over!r} was not understood")
    if value:
        yield name, value


def _joined(value: PrintedValue | None, cell: str, heading: Heading) -> tuple[PrintedValue | None, str]:
    """The number with the interval, spread or fraction of the column behind it; and what was not understood."""
    bare = cell.strip().strip("()[]±").strip()
    if value is None:
        return None, cell
    if heading.holds == "spread":
        return replace(value, plus_minus=bare), ""
    with_extras, left_over = read_cell(f"0 ({bare})")
    if with_extras is None or (with_extras.interval is None and with_extras.fraction is None):
        return value, cell
    return replace(
        value, interval=with_extras.interval or value.interval, fraction=with_extras.fraction or value.fraction
    ), left_over
