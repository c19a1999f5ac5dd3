"""Compress a trained run and let the smaller network predict.

In: the weights of the run, its fold of the split, the packed pixels and, where it learned with them, their masks. Out,
in --out: model/ (the smaller file), predictions.csv, units.csv, ledger.json (with the time per image of both networks,
measured one after the other) and, last, record.json (with both sizes and how far the predictions agree).
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.run_tables import class_columns, write_run_tables
from workflow_scripts.contracts.weights_file import require_classes
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import digest_file


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    return entry.fold_parser(__doc__, "--member", "--out").parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    weights_path = args.member / "weights.safetensors"
    with ledger(args.out / "ledger.json") as cost:
        file, compression, measured = _compress(args, weights_path)
        cost.update(measured)
    inputs = entry.network_inputs(args)
    digests = input_digests(args.dataset.parent, [*inputs, weights_path])
    names = ("predictions.csv", "units.csv", f"model/{file.name}")
    outputs = {name: digest_file(args.out / name) for name in names}
    record = make_record(args.settings, args.code, digests, compression=compression, outputs=outputs)
    write_record(args.out / "record.json", record)
    entry.log.info(
        "%s: %.1f MB instead of %.1f MB; predictions agree: %s",
        args.settings["run"],
        compression["bytes"] / 1e6,
        compression["bytes_before"] / 1e6,
        ", ".join(f"{subset} {100 * share:.2f} %" for subset, share in compression["agreement"].items()),
    )


def _compress(args: argparse.Namespace, weights_path: Path) -> tuple[Path, dict, dict]:
    """Write model and tables; returns the model's file, how it compares, and what predicting cost."""
    from workflow_scripts.models import compression
    from workflow_scripts.models.input_shape import InputShape
    from workflow_scripts.training.inference import Applied

    trained, to = args.settings["member"], args.settings["spec"]["to"]
    device = "cpu" if to == "onnx" else args.device
    applied = Applied.read(args, weights_path, trained, trained["fold"], device)
    require_classes(applied.weights.classes, applied.samples.classes, weights_path)
    before, speed_before = applied.score(applied.network())
    shape = InputShape.of(applied.samples.arrays.description)
    file = compression.compress(applied.network(), applied.weights, to, args.out / "model", shape)
    after, speed = applied.score(compression.restore(applied.network(), file, trained))
    write_run_tables(args.out, after, applied.weights.classes, args.settings["aggregate"])
    found = {"bytes": file.stat().st_size, "bytes_before": weights_path.stat().st_size, **_agreement(before, after)}
    return file, found, {**applied.cost(speed), "predict_images_per_second_before": speed_before}


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
