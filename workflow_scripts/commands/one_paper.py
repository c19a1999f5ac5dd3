"""Check the result tables of any paper: do the printed numbers fit each other?

In: a file of tables, YAML (.yaml, .yml) or plain text (CSV, TSV, Markdown, pasted; lines of context above). Neither
data nor settings nor Snakemake are asked. Out: the answer on the console, and as JSON and HTML where that is asked for;
nothing else is written.

exit status: 0 nothing contradicts; 1 a contradiction (with --strict also numbers that fit only under a reading that the
paper does not state); 2 the file cannot be read (with --strict also where part of it was not understood), or an output
cannot be written; 3 a bug of this program.
"""

import argparse
import json
import os
import shutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    from workflow_scripts.contracts.paper_tables.result_tables import PaperTables
    from workflow_scripts.reporting.paper_answer import Answer

FITS, CONTRADICTS, UNREADABLE, BUG = 0, 1, 2, 3
_YAML = (".yaml", ".yml")
# Columns of a text that goes into a pipe or a file.
_WIDTH = 100


def arguments() -> argparse.ArgumentParser:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow_scripts.check_paper",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="tables of a paper; - for standard input, as plain text"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the answer as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the answer as one HTML page")
    parser.add_argument(
        "--strict", action="store_true", help="exit 1 for readings that are not stated, 2 for what was not understood"
    )
    return parser


def entry_point() -> NoReturn:
    """Run the command and leave with its exit status."""
    try:
        sys.exit(main(arguments().parse_args()))
    except UserError as error:
        print("\n".join(f"error: {line}" for line in str(error).splitlines()), file=sys.stderr)
        sys.exit(UNREADABLE)
    except BrokenPipeError:  # the reader of the pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FITS)
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename}", file=sys.stderr)
        sys.exit(UNREADABLE)
    except Exception:
        traceback.print_exc()
        print("error: this is a bug of the program, not of the paper", file=sys.stderr)
        sys.exit(BUG)


def main(args: argparse.Namespace) -> int:
    """Answer for one file; the exit status."""
    from workflow_scripts.reporting.answer_text import text_of

    paper = read_paper_file(args.file)
    answer = answer_for(paper)
    status = exit_status(answer, args.strict)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(text_of(answer, _width(), colour), end="", flush=True)
    if args.json:
        from workflow_scripts.reporting.answer_json import json_of

        _write(args.json, json.dumps(json_of(answer, status), indent=2, ensure_ascii=False) + "\n")
    if args.html:
        from workflow_scripts.reporting.pages.answer_page import page_of

        _write(args.html, page_of(answer))
    return status


def read_paper_file(path: Path) -> "PaperTables":
    """The tables of a file, by the end of its name; UserError with every mistake in it."""
    if path.suffix.lower() in _YAML:
        from workflow_scripts.contracts.paper_tables.result_tables_yaml import read_result_tables

        return read_result_tables(path)
    from workflow_scripts.contracts.paper_tables.plain_tables import plain_tables_of, read_plain_tables

    if str(path) == "-":
        return plain_tables_of(sys.stdin.read(), "standard input", "tables")
    return read_plain_tables(path)


def answer_for(paper: "PaperTables") -> "Answer":
    """All that is answered about a paper."""
    from workflow_scripts.claims.tables.checked_paper import check_tables, summary
    from workflow_scripts.contracts.public_sets import size_hints
    from workflow_scripts.reporting.paper_answer import answer_of

    findings = check_tables(paper)
    came_to = summary(findings)
    return answer_of(paper, came_to.outcome, came_to.issues, findings, size_hints(paper))


def exit_status(answer: "Answer", strict: bool) -> int:
    """0 where nothing contradicts, else 1; strict: see the top of this file."""
    from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF

    if strict and answer.paper.remarks:
        return UNREADABLE
    accused = (CONTRADICTION, FITS_ONLY_IF) if strict else (CONTRADICTION,)
    return CONTRADICTS if any(issue.outcome in accused for issue in answer.issues) else FITS


def _width() -> int:
    """Characters in a line: as wide as the console, and no wider than is read with ease."""
    return min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH) if sys.stdout.isatty() else _WIDTH


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    entry_point()
