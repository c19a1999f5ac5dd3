"""Look at the SLURM cluster at hand and say what in a profile does not fit it."""

import argparse
import sys
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path, default=Path("profiles/slurm"), help="folder of the profile")
    parser.add_argument("--log", type=Path, default=Path("logs/check_cluster.log"), help="log file, with tracebacks")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Print a line for each thing looked at; UserError with the number of those that do not fit."""
    from workflow_scripts.cluster.profile_check import check

    findings = check(args.profile / "config.yaml", Path.cwd())
    for finding in findings:
        print(f"{'fits' if finding.fits else 'NOT '}  {finding.line}")
    sys.stdout.flush()
    if wrong := sum(not finding.fits for finding in findings):
        raise UserError(f"{wrong} of {len(findings)} do not fit; edit the marked lines of {args.profile}/config.yaml")


if __name__ == "__main__":
    entry.run(main, arguments())
