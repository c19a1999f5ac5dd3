"""Parts of typed pages that are made: between two comments, `<!-- measured NAME 2 -->` and `<!-- /measured -->`.

`measured NAME 2`: the second table of docs/measured/NAME.json; `papers`: the table of the papers.
"""

import re
from collections.abc import Callable
from pathlib import Path

from workflow_scripts.documentation import papers_table
from workflow_scripts.documentation.measured import markdown, read_measured
from workflow_scripts.runtime.errors import UserError

_PART = re.compile(r"<!-- (?P<kind>measured|papers)(?P<words>(?: [a-z0-9_]+)*) -->\n.*?<!-- /(?P=kind) -->", re.DOTALL)


def _measured(root: Path, words: list[str]) -> str:
    if len(words) != 2 or not words[1].isdigit():
        raise UserError(f"<!-- measured {' '.join(words)} -->: name and number of the table are wanted, from 1")
    measured, number = read_measured(root, words[0]), int(words[1])
    if not 1 <= number <= len(measured.tables):
        raise UserError(f"docs/measured/{words[0]}.json has {len(measured.tables)} tables, no {number}")
    return markdown(measured, number)


_KINDS: dict[str, Callable[[Path, list[str]], str]] = {
    "measured": _measured,
    "papers": lambda root, words: papers_table.table(root),
}


def used(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, words) of every made part of a page."""
    return [(part["kind"], tuple(part["words"].split())) for part in _PART.finditer(text)]


def without(text: str) -> str:
    """The page without what is made in it."""
    return _PART.sub("", text)


def filled(text: str, root: Path) -> str:
    """The page with every made part as it should be."""

    def part(match: re.Match[str]) -> str:
        kind, words = match["kind"], match["words"]
        return f"<!-- {kind}{words} -->\n{_KINDS[kind](root, words.split())}\n<!-- /{kind} -->"

    return _PART.sub(part, text)
