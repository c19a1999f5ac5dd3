"""Lines of a pasted table, taken apart into cells: Markdown, tabs, semicolons, commas, and spaces."""

import re
from collections.abc import Sequence
from itertools import pairwise

from workflow_scripts.contracts.paper_tables.metric_spellings import canonical, is_metric
from workflow_scripts.contracts.paper_tables.printed_cells import is_empty, read_cell

SEPARATORS = ("|", "\t", ";", ",", "  ", " ")
# A number with what stands in brackets behind it or follows ±, as one cell of a line whose cells single spaces part.
CELL = re.compile(
    r"(?<!\S)[<>]?[+\-−–]?(?:\d[\d,]*(?:[.·]\d+)?(?:/\d+(?:[.·]\d+)?)?|[.·]\d+)\s?%?[*†‡§¶]*"
    r"(?:\s?(?:±|\+/-|\+-)\s?[\d.,]+\s?%?)?(?:\s?[(\[][^)\]]*[)\]])*(?!\S)"
    r"|(?<!\S)(?:n/?a|N/?A|NR|—|–|−|-)(?!\S)"
)
_BRACKETS = {"(": ")", "[": "]"}
# The last cell of a line begins with a quote that does not end in it; such a cell has few lines.
_OPEN_CELL = re.compile(r'(?:^|[\t,;])\s*"[^"]*$')
_LINES_OF_CELL = 5


def split_line(line: str, separator: str) -> list[str]:
    """The cells of a line. Of a separator that stands in quotes or brackets none is one."""
    if separator == "|":
        return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
    if separator == "\t":
        return [_unquoted(cell.strip()) for cell in line.rstrip("\n").split("\t")]
    if separator == "  ":
        return [cell.strip() for cell in re.split(r"\s{2,}|\t", line.strip())]
    return _split_outside(line.strip(), separator)


def _unquoted(cell: str) -> str:
    """A cell without the quotes that a spreadsheet program puts around one with a comma or a line end."""
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def with_whole_cells(lines: Sequence[str]) -> list[str]:
    """The lines, of which one that ends inside a quoted cell takes those below up to its end; they are left empty."""
    whole, first = list(lines), -1
    for number, line in enumerate(lines):
        if first < 0:
            first = number if line.count('"') % 2 and _OPEN_CELL.search(line) else -1
        elif not line.strip() or number - first > _LINES_OF_CELL:
            # What was taken for a quoted cell is a sign of its own.
            whole[first:number], first = lines[first:number], -1
        else:
            whole[first], whole[number] = f"{whole[first]} {line}", ""
            first = -1 if whole[first].count('"') % 2 == 0 else first
    if first >= 0:
        whole[first:] = lines[first:]
    return whole


def _split_outside(line: str, separator: str) -> list[str]:
    cells, closing, quoted, current = [], "", False, ""
    for sign in line:
        if sign == '"':
            quoted = not quoted
        elif sign == separator and not quoted and not closing:
            cells.append(current.strip())
            current = ""
            continue
        elif sign in _BRACKETS and not closing:
            closing = _BRACKETS[sign]
        elif sign == closing:
            closing = ""
        if sign != '"':
            current += sign
    return [*cells, current.strip()]


def separator_of(lines: Sequence[str]) -> str:
    """What parts the cells of a table: the first of SEPARATORS that its lines share; a space where none is."""
    filled = [line for line in lines if line.strip()]
    if any(line.lstrip().startswith("|") for line in filled) or all("|" in line for line in filled):
        return "|"
    for separator in ("\t", ";", ",", "  "):
        counts = [len(split_line(line, separator)) for line in filled]
        # Most lines have as many cells as the head: a label such as `normal, cropped` has a comma of its own.
        if counts and counts[0] > 1 and counts.count(counts[0]) * 2 > len(counts):
            return separator
        # A head without a name for its first column has one cell less; a report's row of accuracy has fewer.
        if separator == "  " and counts and max(counts) > 2 and counts[0] > 1:
            return separator
    return " "


def is_rule(line: str) -> bool:
    """Whether a line only draws: `|---|---|`, `=====`."""
    return bool(re.fullmatch(r"[\s|:=+_\-–—]{3,}", line)) and not any(sign.isdigit() for sign in line)


def holds_number(cell: str) -> bool:
    """Whether a cell holds a printed number, or says that there is none."""
    return read_cell(cell)[0] is not None


def spaced_cells(line: str, columns: int) -> list[str] | None:
    """Label and cells of a line whose cells single spaces part: the last `columns` numbers are its cells.

    None where words stand between or behind them, as in `92.3% 81.5% to 97.9%`.
    """
    matches = list(CELL.finditer(line))
    if len(matches) < columns or columns == 0:
        return None
    kept = matches[-columns:]
    between = [line[number.end() : following.start()] for number, following in pairwise(kept)]
    if any(words.strip() for words in (*between, line[kept[-1].end() :])):
        return None
    return [line[: kept[0].start()].strip(), *(match[0].strip() for match in kept)]


def spaced_heading(line: str) -> list[str] | None:
    """Headings in a line whose words single spaces part: the longest spellings of metrics, from the first metric on.

    None where a word behind the first metric is no part of one.
    """
    words = re.sub(r"\s*[(\[][^)\]]*[)\]]", lambda match: match[0].replace(" ", "\u00a0"), line).split(" ")
    words = [word for word in words if word]
    headings: list[str] = []
    label: list[str] = []
    position = 0
    while position < len(words):
        length = next(
            (n for n in range(min(6, len(words) - position), 0, -1)
             if is_metric(canonical(" ".join(words[position : position + n]).replace("\u00a0", " ")))),
            0,
        )  # fmt: skip
        if length:
            headings.append(" ".join(words[position : position + length]).replace("\u00a0", " "))
            position += length
        elif headings and re.fullmatch(r"[(\[].*[)\]]|%", words[position]):
            headings[-1] += " " + words[position].replace("\u00a0", " ")
            position += 1
        elif headings:
            return None
        else:
            label.append(words[position])
            position += 1
    return [" ".join(label), *headings] if headings else None


def numbers_in(cells: Sequence[str]) -> int:
    """How many cells hold a number."""
    return sum(holds_number(cell) for cell in cells if not is_empty(cell))
