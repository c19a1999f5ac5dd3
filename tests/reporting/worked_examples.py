"""The worked examples of docs/how-to/check_a_paper.md: their files, and what the command prints of them.

`python tests/reporting/worked_examples.py` writes the printed outputs anew into the page.
"""

import contextlib
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from workflow_scripts.commands.one_paper import arguments, main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "check_a_paper.md"
_FILE = re.compile(r"```text file=(\S+)\n(.*?)```\n", re.DOTALL)
_OUTPUT = re.compile(r"(```text output=(\S+) status=)(\d)\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """An example: the file, what the page says that is printed, and the exit status."""

    name: str
    text: str
    output: str
    status: int


def examples() -> Iterator[Example]:
    """All examples of the page."""
    page = PAGE.read_text(encoding="utf-8")
    texts = dict(_FILE.findall(page))
    for _, name, status, output in _OUTPUT.findall(page):
        yield Example(name, texts[name], output, int(status))


def printed(example: Example, folder: Path) -> tuple[str, int]:
    """What the command prints of an example, and its exit status."""
    (folder / example.name).write_text(example.text, encoding="utf-8")
    shown = io.StringIO()
    with mock.patch.object(sys, "argv", ["check_paper", str(folder / example.name)]), contextlib.redirect_stdout(shown):
        status = main(arguments().parse_args())
    return shown.getvalue(), status


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as made:
        now = {example.name: printed(example, Path(made)) for example in examples()}
    written = _OUTPUT.sub(lambda match: f"{match[1]}{now[match[2]][1]}\n{now[match[2]][0]}```\n", page)
    PAGE.write_text(written, encoding="utf-8")
