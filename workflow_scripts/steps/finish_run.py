"""Finish trainings: probabilities of the validation and test samples come in, what is judged and the record go out.

The training writes predictions.csv itself, while its network is in memory. Here no deep-learning library is loaded: the
samples of a unit become one row, and the record says what the run is. One call finishes all folds and seeds of a run,
and leaves one file that stands for them: the digests of their records.
"""

import argparse
from functools import partial
from pathlib import Path

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.run_finish import RunOutput, finish_run
from workflow_scripts.contracts.taken_in import TAKEN_IN
from workflow_scripts.contracts.verified import require
from workflow_scripts.contracts.weights_file import origin, read_header
from workflow_scripts.data.fold_predictions import read_predictions
from workflow_scripts.kinds.step_settings.training_settings import FinishSettings, TrainSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import SEAL, digest_file
from workflow_scripts.runtime.run_address import (
    COPIED_FROM,
    HISTORY_FILE,
    PREDICTIONS_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
)

# Of what training measured, what is said of the prediction.
MEASURED = ("device", "torch_threads", "predict_images_per_second")
# What it says besides the costs.
LEARNED_FROM = ("resampled", "stain", COPIED_FROM, TAKEN_IN)
BELONGING = ("versions", "processor", "outputs", *LEARNED_FROM)


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.fold_parser(__doc__, device=False)
    parser.add_argument("--run", type=entry.job_folder, nargs="+", required=True, help="folder of each training")
    parser.add_argument(
        "--weights", action="append", default=[], metavar="NAME=FILE", help="what training started from"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file that stands for all of them")
    return parser.parse_args()


def finish(args: argparse.Namespace) -> None:
    """Run this step for every folder of --run, and write --out once all are finished."""
    args.out.unlink(missing_ok=True)
    for folder in args.run:
        main(argparse.Namespace(**{**vars(args), "run": folder, "settings": entry.job_settings(args.settings, folder)}))
    records = input_digests(args.out.parent, [folder / RECORD_FILE for folder in args.run])
    write_record(args.out, make_record(args.settings, args.code, {}, outputs=records))


def main(args: argparse.Namespace) -> None:
    """Write units.csv, ledger.json and, last, record.json of one training."""
    settings, files = parse(FinishSettings, args.settings), FoldFiles.of(args)
    output = partial(_trained, args.run, files, settings.training, start_digests(args.weights))
    finish_run(args.run, args.settings, args.code, files.study, settings.aggregation, output)


def start_digests(pairs: list[str]) -> dict[str, str]:
    """sha256 of the weights that each part of the network started from, from NAME=FILE arguments."""
    parts = [pair.partition("=") for pair in pairs]
    return {f"start weights of {name}": digest_file(Path(path)) for name, _, path in parts}


def _trained(folder: Path, files: FoldFiles, settings: TrainSettings, start: dict[str, str]) -> RunOutput:
    """What a training came to; `start`: sha256 of what it started from. UserError when its files are not of this run,
    or changed.
    """
    weights_path, received = folder / WEIGHTS_FILE, plain(settings)
    measured = require(folder / TRAINING_FILE, WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE)
    trained = origin(read_header(weights_path).metadata, received, weights_path)
    spent = {key: value for key, value in measured.items() if key not in (*BELONGING, SEAL)}
    made_with = {key: measured[key] for key in ("versions", "processor")}
    learned_from = {key: measured[key] for key in LEARNED_FROM if key in measured}
    return RunOutput(
        read_predictions(folder / PREDICTIONS_FILE, files, settings.fold, trained.classes, weights_path),
        trained.classes,
        inputs=(*files.inputs, weights_path),
        inputs_by_name=start,
        outputs=(PREDICTIONS_FILE,),
        facts={"training": {"settings": received, "code": trained.code, **made_with}, **learned_from},
        cost={**{key: measured[key] for key in MEASURED}, "train": spent},
    )


if __name__ == "__main__":
    entry.run(finish, arguments())
