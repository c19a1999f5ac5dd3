"""Run a command that prints tables of measurements, and keep them in docs/measured/NAME.json for the pages.

    cervix measure NAME -- python tests/benchmarks/verdict.py 300

In: what the command prints, Markdown tables in it. Out: the file, with the command, the commit, the date and the
machine; `make settings` then shows it in the pages that name it. Tracked files must be as in the commit.
"""

import argparse
import os
import shlex
import subprocess
from datetime import date
from pathlib import Path

from workflow_scripts.documentation.measured import Measured, tables_of, write_measured
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


def commit_of(root: Path) -> str:
    """Short name of the commit whose files lie there; UserError where tracked files are others."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    if changed := git("status", "--porcelain", "--untracked-files=no"):
        raise UserError(f"commit first, a measurement names the code it is of; changed: {changed.split()[1]}")
    return git("rev-parse", "--short", "HEAD")


def machine() -> str:
    """Cores that this process may use, and the type of the processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'s' if cores > 1 else ''} ({names[0] if names else 'unknown processor'})"


def measure(root: Path, name: str, command: list[str], note: str = "") -> Path:
    """Run the command at the top of the project and keep its tables; the path of the file."""
    commit = commit_of(root)
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        print(line, end="", flush=True)
        printed.append(line)
    if process.wait():
        raise UserError(f"`{shlex.join(command)}` ended with status {process.returncode}; nothing is kept")
    tables = tables_of("".join(printed))
    if not tables:
        raise UserError(f"`{shlex.join(command)}` prints no Markdown table; nothing is kept")
    today = date.today().isoformat()
    return write_measured(root, name, Measured(shlex.join(command), commit, today, machine(), tables, note))


def arguments() -> argparse.ArgumentParser:
    """Command line of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the file in docs/measured")
    parser.add_argument("--note", default="", help="what else bears on the numbers, in a few words")
    parser.add_argument("--log", type=Path, default=Path("logs/measure.log"), help="log file, with tracebacks")
    parser.add_argument("command", nargs="+", help="behind --: what prints the tables")
    return parser


def main(args: argparse.Namespace) -> None:
    """Measure; UserError where nothing can be kept."""
    path = measure(ROOT, args.name, args.command, args.note)
    print(f"{path.relative_to(ROOT)}; `make settings` shows it in the pages")


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
