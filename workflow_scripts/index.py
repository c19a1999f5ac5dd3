"""Write the index over all studies: results/index.html.

In: of every study metrics.json (from its report) and dataset/record.json.
Out: one page that needs no network and no script; one row a study, grouped by paper: which data, the published headline
number, what was obtained as published and without leaks, the leak premium, the link to the report.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder that holds the studies' results")
    parser.add_argument("--out", type=Path, required=True, help="the page")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.reporting.overview import index_page, study_row
    from workflow_scripts.reporting.page import write_page

    studies = args.settings["studies"]
    rows = [study_row(args.results / name, name, about, args.out.parent) for name, about in studies.items()]
    write_page(args.out, index_page(rows))
    entry.log.info("%s: %d studies", args.out, len(rows))


if __name__ == "__main__":
    entry.run(main, arguments())
