"""Apply a trained run: its weights and its fold come in, probabilities of the validation and test subset go out."""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.files import digest_file, read_json
from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.runs import write_run_tables


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    for name in ("--dataset", "--arrays", "--split", "--run"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument(
        "--weights", action="append", default=[], metavar="NAME=FILE", help="what training started from"
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Write predictions.csv, units.csv, ledger.json and, last, record.json."""
    settings = {key: value for key, value in args.settings.items() if key != "aggregate"}
    weights_path = args.run / "weights.safetensors"
    with ledger(args.run / "ledger.json") as cost:
        code, measured = _predict(args, settings, weights_path)
        cost.update(measured, train=read_json(args.run / "train.json"))
    inputs = [args.dataset / "record.json", args.dataset / "manifest.csv", args.arrays / "record.json", args.split]
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
    from workflow_scripts.models.build import build
    from workflow_scripts.models.weights import load_trained, read_trained
    from workflow_scripts.training import data, devices, inference

    train = entry.namespace(settings["train"])
    weights = read_trained(weights_path, settings)
    device = devices.prepare(args.device, train)
    samples = data.read_samples(args.dataset, args.arrays, args.split, settings["fold"])
    weights.require_classes(samples.classes, weights_path)
    model = load_trained(build(settings["spec"], len(weights.classes), samples.size, 0), weights)
    table, speed = inference.score(model, weights, samples, device, train, settings["fold"])
    write_run_tables(args.run, table, weights.classes, args.settings["aggregate"])
    return weights.code, {
        "device": devices.describe(device),
        "torch_threads": train.torch_threads,
        "predict_images_per_second": speed,
    }


if __name__ == "__main__":
    entry.run(main, arguments())
