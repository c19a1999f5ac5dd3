"""Bring a study's report up to date and open it in a browser; without a study, all reports and the index.

In: the settings in force. Done: Snakemake runs what is missing or outdated. Out: the page, its address on the console.
"""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from workflow_scripts.runtime import entry


def arguments() -> argparse.ArgumentParser:
    """Command line: the study, and what Snakemake is told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", help="name of the study (default: all that are enabled)")
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--cores", default="all", help="how many cores Snakemake may use (default: all)")
    parser.add_argument("--no-open", action="store_true", help="do not open a web browser")
    parser.add_argument("--log", type=Path, default=Path("logs/open_report.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Make the page and show it; UserError for a study that there is none of, or where Snakemake failed."""
    from workflow_scripts.commands.calling_snakemake import plan_of, require_study, snakemake

    config = plan_of(args.configfile).config
    if args.study:
        require_study(args.study, config.studies, args.configfile)
    target = f"{args.study}_report" if args.study else "reports"
    if status := snakemake(target, "--cores", args.cores, configfile=args.configfile):
        sys.exit(status)
    page = Path(config.results).absolute() / (f"{args.study}/report.html" if args.study else "index.html")
    print(page.as_uri(), flush=True)
    if not args.no_open and has_screen():
        webbrowser.open(page.as_uri())


def has_screen() -> bool:
    """Whether a browser can be shown here."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
