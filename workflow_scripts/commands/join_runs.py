"""Put the runs of several folders of results into one table.

In: folders of results whose studies have reports. Out: runs.csv, a row a run of every study with its folder, and
runs.md, runs.tex, runs.html, a table a study for a paper.
"""

import argparse
from pathlib import Path

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError


def arguments() -> argparse.ArgumentParser:
    """Command line: folders of results, and where the tables go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="folder of results")
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the tables (default: this one)")
    parser.set_defaults(log=None)
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the tables; UserError where a folder holds no study with a report, or one whose files have changed."""
    import pandas as pd

    from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
    from workflow_scripts.reporting.formatting import plural
    from workflow_scripts.reporting.pages.study_row import require_summary
    from workflow_scripts.reporting.runs_for_paper import write_runs_for_paper
    from workflow_scripts.reporting.runs_table import runs_table, write_runs_csv
    from workflow_scripts.runtime.files import read_json

    tables = []
    for folder in dict.fromkeys(args.folders):
        # A study that is not enabled has an empty summary where DVC was at work.
        summaries = [path for path in folder.glob("*/metrics.json") if "runs" in read_json(path)]
        studies = sorted(path.parent.name for path in summaries)
        if not studies:
            raise UserError(f"{folder} holds no study with a report; name folders of results, as the setting `results`")
        for study in studies:
            require_summary(folder / study)
        rows = runs_table(folder, studies)
        rows.insert(0, "results", str(folder))
        tables.append(rows)
    frame = pd.concat(tables, ignore_index=True)
    write_runs_csv(args.out / "runs.csv", frame)
    several = len(tables) > 1
    frame["study"] = [f"{folder}/{study}" if several else study for folder, study in frame[["results", "study"]].values]
    titles = {study: StudyTitle("", "") for study in frame["study"]}
    write_runs_for_paper(args.out, frame, titles)
    counted = plural(len(frame), "run"), plural(len(titles), "study", "studies")
    entry.log.info("%s: %s of %s", args.out / "runs.csv", *counted)


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
