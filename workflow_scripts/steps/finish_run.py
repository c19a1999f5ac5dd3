"""Finish trainings: probabilities of the validation and test samples come in, what is judged and the record go out.

The training writes predictions.csv itself, while its network is in memory. Here no deep-learning library is loaded: the
samples of a unit become one row, and the record says what the run is. One call finishes all folds and seeds of a run,
and leaves one file that stands for them: the digests of their records.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.record import SEAL, input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import (
    HISTORY_FILE,
    LEDGER_FILE,
    PREDICTIONS_FILE,
    RECORD_FILE,
    TRAINING_FILE,
    UNITS_FILE,
    WEIGHTS_FILE,
)

# Of what training measured, what is said of the prediction.
MEASURED = ("device", "torch_threads", "predict_images_per_second")
# What it says beside the costs.
BELONGING = ("versions", "processor", "outputs")


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
    settings = {key: value for key, value in args.settings.items() if key != "aggregate"}
    weights_path = args.run / WEIGHTS_FILE
    with ledger(args.run / LEDGER_FILE) as cost:
        measured = require(args.run / TRAINING_FILE, WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE)
        code = _write_units(args, settings, weights_path)
        spent = {key: value for key, value in measured.items() if key not in (*BELONGING, SEAL)}
        cost.update({key: measured[key] for key in MEASURED}, train=spent)
    inputs = entry.network_inputs(args)
    outputs = {name: digest_file(args.run / name) for name in (PREDICTIONS_FILE, UNITS_FILE)}
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.dataset.parent, [*inputs, weights_path]) | start_digests(args.weights),
        training={"settings": settings, "code": code, **{key: measured[key] for key in ("versions", "processor")}},
        outputs=outputs,
    )
    write_record(args.run / "record.json", record)


def start_digests(pairs: list[str]) -> dict[str, str]:
    """sha256 of the weights that each part of the network started from, from NAME=FILE arguments."""
    parts = [pair.partition("=") for pair in pairs]
    return {f"start weights of {name}": digest_file(Path(path)) for name, _, path in parts}


def _write_units(args: argparse.Namespace, settings: dict, weights_path: Path) -> str:
    """Write units.csv; returns the digest of the code that trained. UserError when the files are not of this run."""
    from workflow_scripts.contracts.run_tables import PREDICTIONS, write_units
    from workflow_scripts.contracts.weights_file import origin, read_header, require_classes
    from workflow_scripts.data.fold_samples import read_fold
    from workflow_scripts.runtime.errors import UserError
    from workflow_scripts.runtime.results_layout import remedy

    trained = origin(read_header(weights_path).metadata, settings, weights_path)
    classes, samples = read_fold(args.dataset, args.arrays, args.split, settings["fold"])
    require_classes(trained.classes, classes, weights_path)
    table = PREDICTIONS.read(args.run / PREDICTIONS_FILE)
    judged = samples[samples["subset"] != "train"].sort_values("id", kind="stable")
    columns = ["id", "subset", "label"]
    if not table[columns].reset_index(drop=True).equals(judged[columns].reset_index(drop=True)):
        path = args.run / PREDICTIONS_FILE
        raise UserError(f"{path} is not of the samples of {args.split}; {remedy(path)}")
    write_units(args.run, table, trained.classes, args.settings["aggregate"])
    return trained.code


if __name__ == "__main__":
    entry.run(finish, arguments())
