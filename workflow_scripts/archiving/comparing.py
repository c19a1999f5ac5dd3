"""Two versions of a table: the same bytes, the same numbers, or the first place where they differ."""

import csv
import json
import math
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

# Tables hold nine significant digits; another processor may round the last of them, and what follows from small
# differences, otherwise.
RELATIVE, ABSOLUTE = 1e-6, 1e-9
LONGEST, LONGEST_LINE = 200, 1000


@dataclass(frozen=True)
class Outcome:
    """What became of a table: its name in the archive, whether it is the same, and that in words.

    computed: it was made again; otherwise it was only held against others.
    """

    name: str
    same: bool
    words: str
    computed: bool = True

    def __str__(self) -> str:
        text = _cut(f"{'same     ' if self.same else 'DIFFERENT'}  {self.name}: {self.words}", LONGEST_LINE)
        # Cells of an archive from elsewhere may hold line ends, or what moves a terminal's cursor.
        return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def compare_files(name: str, archived: Path, computed: Path) -> Outcome:
    """Compare a table (CSV or JSON) as it was archived with the one computed now."""
    if not archived.exists():
        return Outcome(name, False, "is not in the archive")
    if not computed.exists():
        return Outcome(name, False, "does not follow from what is in the archive")
    was, now = archived.read_bytes(), computed.read_bytes()
    if was == now:
        return Outcome(name, True, "the same bytes")
    try:
        cells = [_cells(content.decode("utf-8"), archived.suffix) for content in (was, now)]
    except (ValueError, RecursionError, csv.Error) as error:
        return Outcome(name, False, f"is not readable ({error})")
    for key in {**cells[0], **cells[1]}:
        first, second = (side.get(key) for side in cells)
        if not _agree(first, second):
            return Outcome(name, False, f"{key}: archived {_shown(first)}, computed {_shown(second)}")
    return Outcome(name, True, "the same numbers")


def _cells(text: str, suffix: str) -> dict[str, Any]:
    """Every value of a table by its place."""
    if suffix == ".json":
        return dict(_leaves(json.loads(text), ""))
    if suffix != ".csv":
        return {f"line {number}": line for number, line in enumerate(text.splitlines(), start=1)}
    header, *rows = csv.reader(StringIO(text))
    cells: dict[str, Any] = {f"column {number}": name for number, name in enumerate(header, start=1)}
    for number, row in enumerate(rows, start=2):
        for name, cell in zip_longest(header, row):
            cells[f"row {number}, {name}"] = cell
    return cells


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key in value for leaf in _leaves(value[key], f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [leaf for number, item in enumerate(value) for leaf in _leaves(item, f"{path}[{number}]")]
    return [(path, value)]


def _agree(first: Any, second: Any) -> bool:
    if first == second:
        return True
    try:
        if _whole(first) and _whole(second):
            return int(first) == int(second)
        return math.isclose(float(first), float(second), rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except (TypeError, ValueError):
        return False


def _whole(value: Any) -> bool:
    """Whether it is a whole number, or a text of one: these are counted, not rounded."""
    return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdecimal())


def _shown(value: Any) -> str:
    return _cut("nothing" if value is None or value == "" else str(value), LONGEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"
