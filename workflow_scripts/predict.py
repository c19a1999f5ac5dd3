"""Apply a trained run: its weights and its fold come in, probabilities of the validation and test subset go out."""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.files import digest_file, read_json
from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.runs import write_run_tables


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.fold_parser(__doc__, "--run")
    parser.add_argument(
        "--weights", action="append", default=[], metavar="NAME=FILE", help="what training started from"
    )
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Write predictions.csv, units.csv, ledger.json and, last, record.json."""
    settings = {key: value for key, value in args.settings.items() if key != "aggregate"}
    weights_path = args.run / "weights.safetensors"
    with ledger(args.run / "ledger.json") as cost:
        code, measured = _predict(args, settings, weights_path)
        cost.update(measured, train=read_json(args.run / "train.json"))
    inputs = entry.fold_inputs(args)
    outputs = {name: digest_file(args.run / name) for name in ("predictions.csv", "units.csv")}
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.dataset.parent, [*inputs, weights_path]) | start_digests(args.weights),
        training={"settings": settings, "code": code},
        outputs=outputs,
    )
    write_record(args.run / "record.json", record)


def start_digests(pairs: list[str]) -> dict[str, str]:
    """sha256 of the weights that each part of the network started from, from NAME=FILE arguments."""
    parts = [pair.partition("=") for pair in pairs]
    return {f"start weights of {name}": digest_file(Path(path)) for name, _, path in parts}


def _predict(args: argparse.Namespace, settings: dict, weights_path: Path) -> tuple[str, dict]:
    """Write the tables; returns the digest of the code that trained, and what predicting cost."""
    from workflow_scripts.training.inference import Applied

    applied = Applied.read(args, weights_path, settings, settings["fold"], args.device)
    applied.weights.require_classes(applied.samples.classes, weights_path)
    table, speed = applied.score(applied.network())
    write_run_tables(args.run, table, applied.weights.classes, args.settings["aggregate"])
    return applied.weights.code, applied.cost(speed)


if __name__ == "__main__":
    entry.run(main, arguments())
