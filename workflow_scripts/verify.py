"""Compute every table of an archive again, from its splits and predictions, and compare.

In: a zip file that `make archive` wrote; nothing else, no settings and no results. Done, in a temporary folder: files
are compared with their checksums; units are made from predictions, metrics and comparisons from units, the study's
metrics.json from those. Out: one line a table; exit status 1 when anything is missing, altered or different.
"""

import argparse
import os
import tempfile
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.locks import own_folder


def arguments() -> argparse.Namespace:
    """Command line: the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="zip file that `make archive` wrote")
    parser.add_argument("--log", type=Path, default=Path("logs/verify.log"), help="log file, with tracebacks")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Verify the archive; see the module's docstring."""
    from workflow_scripts.archiving.recomputing import studies_of, verify_study
    from workflow_scripts.archiving.unpacking import unpack

    with own_folder(Path(tempfile.gettempdir(), f"verify-{os.getuid()}")) as folder:
        archived, work = folder / "archived", folder / "work"
        problems = unpack(args.archive, archived)
        for problem in problems:
            print(f"ALTERED    {problem}", flush=True)
        tables = different = 0
        for study in studies_of(archived):
            for outcome in verify_study(archived, work, study):
                print(outcome, flush=True)
                tables, different = tables + 1, different + (not outcome.same)
    if not tables:
        raise UserError(f"{args.archive} holds no study")
    if problems or different:
        raise UserError(
            f"{args.archive}: {different} of {tables} tables differ, {len(problems)} files are not as archived"
        )
    entry.log.info("%s: all %d tables follow from its predictions", args.archive, tables)


if __name__ == "__main__":
    entry.run(main, arguments())
