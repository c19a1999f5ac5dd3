"""Check the printed numbers of every paper against each other: consistency.csv and one page.

In: with --paper, once a paper, the folder with its published.yaml. No data and no results are read.
Out: --table (contract CONSISTENCY) and --out, a page that needs no network and no script.
"""

import argparse
from collections import Counter
from pathlib import Path

from workflow_scripts.runtime import entry


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--paper", type=Path, action="append", required=True, help="folder with published.yaml")
    parser.add_argument("--table", type=Path, required=True, help="consistency.csv")
    parser.add_argument("--out", type=Path, required=True, help="the page")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.claims.checks import check_all
    from workflow_scripts.claims.issues import distinct_numbers, issues
    from workflow_scripts.claims.outcome import ISSUES
    from workflow_scripts.contracts.published_yaml import read_published
    from workflow_scripts.reporting.pages.consistency_page import consistency_page, write_table
    from workflow_scripts.runtime.files import write_text

    papers = [read_published(folder / "published.yaml") for folder in args.paper]
    checked = [(paper, check_all(paper)) for paper in papers]
    write_table(args.table, checked)
    write_text(args.out, consistency_page(checked))
    for paper, outcomes in checked:
        kinds = Counter(issue.outcome for issue in issues(paper, outcomes))
        counts = ", ".join(f"{kind}: {kinds[kind]}" for kind in ISSUES)
        entry.log.info("%s: %d printed numbers; %s", paper.paper, len(distinct_numbers(paper)), counts)


if __name__ == "__main__":
    entry.run(main, arguments())
