"""Result tables as pasted text: CSV, TSV, Markdown, LaTeX, HTML or columns parted by spaces; lines of context above.

What is said above a table holds for the tables below it too, until it is said anew; a table's name does not. What
cannot be read is remarked on with its line.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from workflow_scripts.contracts.paper_tables.html_rows import holds_html, without_html
from workflow_scripts.contracts.paper_tables.latex_rows import without_latex
from workflow_scripts.contracts.paper_tables.listed_values import (
    ListedValue,
    listed_in_line,
    listed_rows,
    values_of_table,
    with_interval,
)
from workflow_scripts.contracts.paper_tables.markdown_marks import without_marks
from workflow_scripts.contracts.paper_tables.metric_spellings import column_names
from workflow_scripts.contracts.paper_tables.paired_columns import lines_of
from workflow_scripts.contracts.paper_tables.pasted_table import Line, read_pasted
from workflow_scripts.contracts.paper_tables.plain_cells import (
    is_rule,
    numbers_in,
    separator_of,
    spaced_cells,
    spaced_heading,
    split_line,
    with_whole_cells,
)
from workflow_scripts.contracts.paper_tables.plain_context import Context, take_line
from workflow_scripts.contracts.paper_tables.result_tables import (
    MatrixTotals,
    PaperTables,
    ResultTable,
    distinct_places,
    said_aggregation,
    two_classes,
)
from workflow_scripts.contracts.spreadsheet import read_text
from workflow_scripts.runtime.errors import UserError


@dataclass
class _Block:
    """A table's lines, and what was said above it."""

    context: Context
    lines: list[Line] = field(default_factory=list)


def read_plain_tables(path: Path) -> PaperTables:
    """The tables of a text file; UserError where it cannot be read, or holds no table."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path} is missing; check its name")
    text = read_text(path, str(path))
    return plain_tables_of(text, path.name, path.stem)


def plain_tables_of(text: str, name: str, id_: str) -> PaperTables:
    """The tables in a text; `name` is its file's, `id_` counts where it names no id itself."""
    reading = _Reading()
    taken, left_out = without_html(text.splitlines()) if holds_html(text) else (without_latex(_whole_lines(text)), [])
    lines = [Line(number, single) for number, line in taken for single in lines_of(_as_read(line))]
    lines = [line for line in lines if not line.text.lstrip().startswith("```")]
    for position, line in enumerate(lines):
        reading.take(line, lines[position + 1 :])
    reading.end()
    blocks, remarks = reading.blocks, [*reading.remarks, *left_out]
    first = blocks[0].context if blocks else reading.context
    tables = [table for number, block in enumerate(blocks, 1) if (table := _table(block, number, first, remarks))]
    if not blocks and first.listed:
        tables = [_as_table(first)]
    remarks.sort(key=lambda remark: int(remark.split()[1].strip(",:")) if remark.startswith("line") else 0)
    if not tables:
        raise UserError("\n".join([f"{name} holds no table with headings and numbers; see docs/how-to/check_a_paper.md",
                                   *(f"{name}, {remark}" for remark in remarks)]))  # fmt: skip
    return _paper(tables, first, id_, remarks)


def _as_read(line: str) -> str:
    return without_marks(line.replace("\u00a0", " "))


def _whole_lines(text: str) -> list[str]:
    return [line.replace("\u00a0", " ").rstrip(" \r") for line in with_whole_cells(text.splitlines())]


class _Reading:
    """The lines of a file, taken one after the other: what was said so far, the tables, what was not used."""

    def __init__(self) -> None:
        self.context, self.blocks, self.remarks = Context(), list[_Block](), list[str]()
        self.is_open, self.blank = False, True
        # A line that was not used may be the name of what is listed below it.
        self._label, self._unused = "", ""

    def take(self, line: Line, below: Sequence[Line]) -> None:
        """Take a line; `below`: those that follow."""
        if not line.text.strip() or (is_rule(line.text) and not self.is_open):
            self.blank = True
            return
        trial = copy.deepcopy(self.context)
        taken = None if _is_tabular(line.text) else take_line(line.text, trial)
        values = listed_in_line(line.text, line.number)
        unused, self._unused = self._unused, ""
        if self.is_open and (_is_row(line, self.blocks[-1]) or not (self.blank or unused or taken == "" or values)):
            self.blocks[-1].lines.append(line)
        elif values:
            for value in values:
                self._list(value, unused)
        elif self.context.listed and (entry := with_interval(line.text, self.context.listed[-1])):
            self.context.listed[-1] = entry
        elif taken == "":
            self.context, self.is_open = trial, False
        elif _starts(line.text, [following.text for following in below]):
            self._open(line)
        else:
            self._unused = line.text.strip()
            self.remarks.append(f"line {line.number}: {taken or f'not used: {self._unused!r}'}")
        self.blank = False

    def _list(self, value: ListedValue, unused: str) -> None:
        """Take a metric in a line of its own; a line above the first of a list is its name."""
        begins = not self.context.listed or value.metric in [
            listed_value.metric for listed_value in self.context.listed
        ]
        if begins and unused:
            self._label = unused
            self.remarks.pop()
        self.context.listed.append(replace(value, label=self._label))
        self.is_open = False

    def _open(self, line: Line) -> None:
        """Begin a table; its name and what is listed above it are not said of the next one."""
        self.blocks.append(_Block(self.context, [line]))
        self.context = replace(
            self.context, place="", place_words="", is_matrix=False, rows_are=None, stated=None, listed=[], notes=[]
        )
        self.is_open = True

    def end(self) -> None:
        """What was said below the last table holds for it too."""
        if self.blocks and not self.is_open:
            self.blocks[-1].context = _joined(self.blocks[-1].context, self.context)


def _joined(above: Context, below: Context) -> Context:
    """What is said above a table, and where that leaves something open, what is said below it."""
    empty = Context()
    values = {entry.name: getattr(above, entry.name) for entry in fields(above)}
    return Context(**{
        name: value if value != getattr(empty, name) else getattr(below, name) for name, value in values.items()
    })  # fmt: skip


def _is_tabular(text: str) -> bool:
    return text.count("|") > 1 or "\t" in text.strip()


def _is_row(line: Line, block: _Block) -> bool:
    """Whether a line goes on with a table: it has numbers behind its first cell, parted as the table's cells are."""
    separator = separator_of([above.text for above in block.lines])
    if separator == " ":
        return spaced_cells(line.text, 1) is not None and spaced_heading(line.text) is None
    cells = split_line(line.text, separator)
    return len(cells) > 1 and numbers_in(cells[1:]) > 0


def _starts(text: str, below: Sequence[str]) -> bool:
    """Whether a table begins here: headings of metrics, or cells above cells with numbers that are parted alike."""
    headings = spaced_heading(text)
    if _is_tabular(text) or (headings and (len(headings) > 2 or headings[0])):
        return True
    following = [line for line in below if line.strip() and not is_rule(line)][:3]
    if _are_names_of_rows(text.split(), following):
        return True
    for separator in (";", ",", "  "):
        width = len(split_line(text, separator))
        cells = [split_line(line, separator) for line in following]
        if width > 1 and any(numbers_in(row[1:]) and 0 <= len(row) - width <= 1 for row in cells):
            return True
    return False


def _are_names_of_rows(words: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line's words name the rows below it, in their order: the headings of a confusion matrix."""
    rows = below[: len(words)]
    named = [split_line(line, "  ")[0].split()[0].lower() for line in rows]
    return len(rows) > 1 and named == [word.lower() for word in words[: len(rows)]]


def _table(block: _Block, number: int, first: Context, remarks: list[str]) -> ResultTable | None:
    """The table of a block; what it says itself, apart from what the whole paper says, stands in it."""
    context, pasted = block.context, read_pasted(block.lines)
    remarks += pasted.remarks
    matrix = pasted.matrix
    if not pasted.rows and not matrix:
        return None
    return ResultTable(
        place=context.place or f"table {number}",
        rows=tuple(pasted.rows),
        unit=context.unit,
        average=context.average,
        aggregation=said_aggregation(context.aggregation),
        interval_level=context.interval_level,
        same_samples_within=_same(context.same_samples),
        classes=matrix.names if matrix else context.class_names,
        n_classes=len(matrix.names) if matrix else context.n_classes,
        confusion_matrix=matrix.cells if matrix else (),
        rows_are=context.rows_are or matrix.rows_are if matrix else None,
        totals=matrix.totals if matrix else MatrixTotals(),
        row_percent=matrix.shares if matrix else (),
        printed_beside={**values_of_table(context.listed), **pasted.printed_beside},
        class_sizes=context.classes if context.classes != first.classes else None,
        n=context.n if context.n != first.n else None,
        positives={"": context.positives}
        if context.positives is not None and context.positives != first.positives
        else {},
        percent_columns=tuple(pasted.percent_columns),
        headings=pasted.headings,
        stated=context.stated,
        notes=tuple(filter(None, (context.place_words, *context.notes))),
        line=block.lines[0].number,
    )


def _as_table(context: Context) -> ResultTable:
    """What is listed, a metric a line, where the file has no table."""
    names = column_names(entry.metric for entry in context.listed)
    return ResultTable(
        place=context.place or "list of numbers",
        rows=listed_rows(context.listed),
        unit=context.unit,
        average=context.average,
        aggregation=said_aggregation(context.aggregation),
        interval_level=context.interval_level,
        same_samples_within=_same(context.same_samples),
        classes=context.class_names,
        n_classes=context.n_classes,
        headings={name: heading for heading, name in names.items() if heading != name},
        notes=tuple(filter(None, (context.place_words, *context.notes))),
        line=context.listed[0].line,
    )


def _same(words: str | None) -> str | None:
    """`table` where all rows share their samples, or the kind of name within which they do."""
    return "table" if words and words.split()[0] in ("same", "the", "yes", "true", "all") else words


def _paper(tables: Sequence[ResultTable], context: Context, id_: str, remarks: list[str]) -> PaperTables:
    n, positives = context.n, context.positives
    if context.negatives is not None and n is not None and positives is None:
        positives = n - context.negatives
    if context.negatives is not None and positives is not None and n is None:
        n = positives + context.negatives
    return PaperTables(
        id=context.id or id_,
        tables=distinct_places(tables),
        citation=context.citation,
        task=context.task,
        data_name=context.data_name,
        test_n=n,
        test_n_by_class=tuple(filter(None, (context.classes or two_classes(positives, n),))),
        positives=positives,
        public_size=context.public_size,
        not_stated=context.not_stated,
        remarks=tuple(remarks),
    )
