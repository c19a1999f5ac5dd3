"""Compute every table of an archive again, from its splits and predictions, and compare.

In: a zip file that `make archive` wrote; nothing else, no settings and no results. Done, in a temporary folder: files
are compared with their checksums, and an archive in which one differs goes no further; leaks are looked for again in
manifest, equal pairs and split; units are made from predictions, metrics and comparisons from units, the verdict, the
study's metrics.json, its model card and the pages over all studies from those. Nothing of the archive is executed.
Out: the archive's sha256, one line a table, and what is not computed again; exit status 1 when anything is missing,
altered or different.
"""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.reservations import own_folder


def arguments() -> argparse.ArgumentParser:
    """Command line: the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="zip file that `make archive` wrote")
    parser.add_argument("--log", type=Path, default=Path("logs/verify.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Verify the archive; see the module's docstring."""
    from workflow_scripts.archiving.recomputing import studies_of, verify_study
    from workflow_scripts.archiving.unpacking import unpack
    from workflow_scripts.archiving.whole import given, verify_pages

    with own_folder("verify") as folder:
        archived, work = folder / "archived", folder / "work"
        work.mkdir()
        problems = unpack(args.archive, archived)
        print(f"sha256     {digest_file(args.archive)}", flush=True)
        for problem in problems:
            print(f"ALTERED    {problem}", flush=True)
        if problems:
            raise UserError(f"{args.archive}: {len(problems)} files are not as archived; nothing was computed")
        seen = []
        studies = studies_of(archived)
        for outcomes in (*(verify_study(archived, work, study) for study in studies), verify_pages(archived, work)):
            for outcome in outcomes:
                print(outcome, flush=True)
                seen.append(outcome)
        for line in given(archived, seen, Path(__file__).parents[1] / "studies"):
            print(f"given      {line}: not computed again", flush=True)
    if not studies:
        raise UserError(f"{args.archive} holds no study")
    if different := sum(not outcome.same for outcome in seen):
        raise UserError(f"{args.archive}: {different} of {len(seen)} tables differ")
    entry.log.info(
        "%s: all %d tables follow from its manifests, splits and predictions; what is `given` above was not computed, "
        "compare the sha256 with the one that its authors state",
        args.archive,
        len(seen),
    )


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
