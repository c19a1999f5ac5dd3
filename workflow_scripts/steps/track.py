"""Enter a study's finished runs into MLflow.

In: the files of the runs (record.json, metrics.json, history.csv, …), figures and maps. Done: one MLflow run per
protocol and run, below it one per fold and seed; what is there already is left alone. Out: the tracking database and
its artifacts under the results (or runs on the server of `tracking_uri`), and the receipt tracked.json.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.runtime import entry


def arguments() -> argparse.Namespace:
    parser = entry.parser(__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of all results")
    parser.add_argument("--receipt", type=Path, required=True, help="file that says what was entered, written last")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    from workflow_scripts.tracking.sync import track_study

    track_study(args.results, parse(TrackSettings, args.settings), args.receipt)


if __name__ == "__main__":
    entry.run(main, arguments())
