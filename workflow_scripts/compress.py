"""Compress a trained run and let the smaller network predict.

In: the weights of the run, its fold of the split, the packed pixels. Out, in --out: model/ (the smaller file),
predictions.csv, units.csv, ledger.json (with the time per image of both networks, measured one after the other) and,
last, record.json (with both sizes and how far the predictions agree).
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.files import digest_file
from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.runs import class_columns, write_run_tables


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    for name in ("--dataset", "--arrays", "--split", "--member", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    weights_path = args.member / "weights.safetensors"
    with ledger(args.out / "ledger.json") as cost:
        file, compression, measured = _compress(args, weights_path)
        cost.update(measured)
    inputs = [args.dataset / "record.json", args.dataset / "manifest.csv", args.arrays / "record.json", args.split]
    digests = input_digests(args.dataset.parent, [*inputs, weights_path])
    names = ("predictions.csv", "units.csv", f"model/{file.name}")
    outputs = {name: digest_file(args.out / name) for name in names}
    record = make_record(args.settings, args.code, digests, compression=compression, outputs=outputs)
    write_record(args.out / "record.json", record)
    entry.log.info(
        "%s: %.1f MB instead of %.1f MB, %.2f %% of the test predictions agree",
        args.settings["run"],
        compression["bytes"] / 1e6,
        compression["bytes_before"] / 1e6,
        100 * compression["agreement"]["test"],
    )


def _compress(args: argparse.Namespace, weights_path: Path) -> tuple[Path, dict, dict]:
    """Write model and tables; returns the model's file, how it compares, and what predicting cost."""
    from workflow_scripts.models import compression
    from workflow_scripts.models.build import build
    from workflow_scripts.models.weights import load_trained, read_trained
    from workflow_scripts.training import data, devices, inference

    trained = args.settings["member"]
    train, fold = entry.namespace(trained["train"]), trained["fold"]
    weights = read_trained(weights_path, trained)
    samples = data.read_samples(args.dataset, args.arrays, args.split, fold)
    weights.require_classes(samples.classes, weights_path)
    to = args.settings["spec"]["to"]
    device = devices.prepare("cpu" if to == "onnx" else args.device, train)

    def network() -> object:
        return build(trained["spec"], len(weights.classes), samples.size, 0)

    before, speed_before = inference.score(load_trained(network(), weights), weights, samples, device, train, fold)
    file = compression.compress(network(), weights, to, args.out / "model", samples.size)
    predictor = compression.restore(network(), file, trained)
    after, speed = inference.score(predictor, weights, samples, device, train, fold)
    write_run_tables(args.out, after, weights.classes, args.settings["aggregate"])
    found = {"bytes": file.stat().st_size, "bytes_before": weights_path.stat().st_size, **_agreement(before, after)}
    return (
        file,
        found,
        {
            "device": devices.describe(device),
            "torch_threads": train.torch_threads,
            "predict_images_per_second": speed,
            "predict_images_per_second_before": speed_before,
        },
    )


def _agreement(before: object, after: object) -> dict:
    """Per subset: share of samples of one predicted class, and the largest difference of a probability."""
    agreement, difference = {}, {}
    for subset in sorted(set(after["subset"])):
        columns = class_columns([name[2:] for name in after.columns if name.startswith("p_")])
        old, new = (table.loc[table["subset"] == subset, columns].to_numpy() for table in (before, after))
        agreement[subset] = float((old.argmax(1) == new.argmax(1)).mean())
        difference[subset] = float(f"{abs(old - new).max():.3g}")
    return {"agreement": agreement, "largest_difference": difference}


if __name__ == "__main__":
    entry.run(main, arguments())
