"""Numbers that a command measured, kept in docs/measured/NAME.json with that command, and shown in pages from there.

A page shows a table of such a file between two comments, see marked_parts. Nobody types a number: `make settings`
writes what is between the comments anew.
"""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from workflow_scripts.contracts.blocks import about, parse, plain
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json, write_text

FOLDER = Path("docs") / "measured"
_BLOCK = re.compile(
    r"<!-- measured (?P<name>[a-z0-9_]+) (?P<number>\d+) -->\n(?P<shown>.*?)<!-- /measured -->", re.DOTALL
)
_ROW = re.compile(r"\|.*\|")
_RULE = re.compile(r"\|[\s|:-]+\|")


@dataclass(frozen=True)
class MeasuredTable:
    """A table that the command printed: its heads, and its cells as they were printed."""

    columns: Annotated[tuple[str, ...], about("Heads.")]
    rows: Annotated[tuple[tuple[str, ...], ...], about("Cells, one a head.")]

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.columns)]:
            raise ValueError(f"the row {wrong[0]} has not one cell for each of {len(self.columns)} columns")


@dataclass(frozen=True)
class Measured:
    """What a command printed, where and when, and of which code."""

    command: Annotated[str, about("As typed at the top of the project.")]
    commit: Annotated[str, about("The code that was measured.")]
    date: Annotated[str, about("When, as YYYY-MM-DD.")]
    machine: Annotated[str, about("Cores and type of the processor, graphics card if it was used.")]
    tables: Annotated[tuple[MeasuredTable, ...], about("In the order in which they were printed.")]
    note: Annotated[str, about("What else bears on the numbers, such as other work on the machine.")] = ""


def tables_of(printed: str) -> tuple[MeasuredTable, ...]:
    """Every Markdown table in what a command printed.

    Other lines may stand between the rows of one: libraries print while the next row is computed. A table begins with
    its heads and the rule below them. UserError for a row that is below none.
    """
    tables: list[list[tuple[str, ...]]] = []
    for line, following in pairwise([*printed.splitlines(), ""]):
        if not _ROW.fullmatch(line) or _RULE.fullmatch(line):
            continue
        if _RULE.fullmatch(following):
            tables.append([])
        if not tables:
            raise UserError(f"a row stands below no heads: {line}")
        tables[-1].append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return tuple(MeasuredTable(heads, tuple(rows)) for heads, *rows in tables)


def read_measured(root: Path, name: str) -> Measured:
    """The file of that name; UserError where it is missing or is none."""
    path = root / FOLDER / f"{name}.json"
    if not path.is_file():
        raise UserError(f"{path.relative_to(root)} is missing; `cervix measure {name} -- COMMAND` makes it")
    return parse(Measured, read_json(path))


def write_measured(root: Path, name: str, measured: Measured) -> Path:
    """Write the file, one row of a table a line, so that a change is read as one; its path."""
    path = root / FOLDER / f"{name}.json"
    write_text(path, as_text(measured))
    return path


def as_text(measured: Measured) -> str:
    """The file as text."""
    about_it = {key: value for key, value in plain(measured).items() if key != "tables"}
    head = json.dumps(about_it, indent=1, ensure_ascii=False).removesuffix("\n}")
    tables = []
    for table in measured.tables:
        rows = ",\n   ".join(json.dumps(row, ensure_ascii=False) for row in table.rows)
        columns = json.dumps(table.columns, ensure_ascii=False)
        tables.append(f'  {{"columns": {columns},\n   "rows": [\n   {rows}]}}')
    return f'{head},\n "tables": [\n{",".join(tables)}\n ]\n}}\n'


def markdown(measured: Measured, number: int) -> str:
    """A table of the file, from 1, and below it where it comes from."""
    table = measured.tables[number - 1]
    rule = ("---",) * len(table.columns)
    lines = [f"| {' | '.join(row)} |" for row in (table.columns, rule, *table.rows)]
    origin = [f"`{measured.command}`", measured.date, measured.machine, measured.note, f"commit {measured.commit}"]
    return "\n".join([*lines, "", f"*{', '.join(word for word in origin if word)}.*"])
