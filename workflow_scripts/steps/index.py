"""Write the index over all studies: results/index.html, and the table of all their runs: results/runs.csv.

In: of every study metrics.json, costs.csv and verdict.csv (from its report) and dataset/record.json; with --paper, once
a paper, the folder with its published.yaml; --consistency, what the check of printed numbers says.
Out: one page that needs no network and no script. A scoreboard with a row a paper: its printed numbers, whether they
fit each other, what came out of the studies that were run; then a row a study: which data, the published headline
number, what was obtained as published and without leaks, the leak premium, the link to the report. Beside it runs.csv,
a row a run with every metric and what it cost, and runs.md, runs.tex, runs.html, a table a study for a paper.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.index_settings import IndexSettings
from workflow_scripts.runtime import entry


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder that holds the studies' results")
    parser.add_argument("--paper", type=Path, action="append", default=[], help="folder with published.yaml")
    parser.add_argument("--consistency", type=Path, required=True, help="consistency.csv; its page lies next to it")
    parser.add_argument("--out", type=Path, required=True, help="the page")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.reporting.pages.overview import index_page
    from workflow_scripts.reporting.pages.scoreboard import paper_scores
    from workflow_scripts.reporting.pages.study_row import require_summary, study_row
    from workflow_scripts.reporting.runs_for_paper import write_runs_for_paper
    from workflow_scripts.reporting.runs_table import runs_table, write_runs_csv
    from workflow_scripts.runtime.files import write_text

    studies = parse(IndexSettings, args.settings).studies
    for name in studies:
        require_summary(args.results / name)
    rows = [study_row(args.results / name, name, about, args.out.parent) for name, about in studies.items()]
    scores = paper_scores(args.paper, args.consistency, rows, args.out.parent)
    runs = runs_table(args.results, studies)
    write_runs_csv(args.out.with_name("runs.csv"), runs)
    write_runs_for_paper(args.out.parent, runs, studies)
    write_text(args.out, index_page(rows, scores))
    entry.log.info("%s: %d papers, %d studies", args.out, len(scores), len(rows))


if __name__ == "__main__":
    entry.run(main, arguments())
