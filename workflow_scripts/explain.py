"""Explain trained runs: their weights and some test images come in, Grad-CAM figures and tables go out.

One job explains all runs of a protocol, because loading the libraries is most of the cost.
"""

import argparse
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import digest_file, read_json
from workflow_scripts.contracts.record import input_digests, make_record, write_record
from workflow_scripts.contracts.seeds import seed_for

if TYPE_CHECKING:
    import pandas as pd

    from workflow_scripts.training.data import Samples


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    for name in ("--dataset", "--arrays", "--split", "--runs", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Write gradcam.png and gradcam.csv for each run and, last, record.json."""
    from workflow_scripts.training.data import read_samples

    settings = args.settings
    samples = read_samples(args.dataset, args.arrays, args.split, settings["fold"])
    chosen = choose(samples, settings["explain"]["images"])
    made = read_json(args.dataset / "record.json")["made"]
    inputs = [args.dataset / "record.json", args.dataset / "manifest.csv", args.arrays / "record.json", args.split]
    outputs = {}
    for run in settings["explain"]["runs"]:
        weights = args.runs / run / f"fold{settings['fold']}-seed{settings['seed']}" / "weights.safetensors"
        _explain(args, run, weights, samples, chosen, made)
        inputs.append(weights)
        outputs |= {f"{run}/{name}": digest_file(args.out / run / name) for name in ("gradcam.csv", "gradcam.png")}
        entry.log.info("explained %s on %d images", run, len(chosen))
    digests = input_digests(args.dataset.parent, inputs)
    write_record(args.out / "record.json", make_record(settings, args.code, digests, outputs=outputs))


def choose(samples: "Samples", count: int) -> "pd.DataFrame":
    """Test samples, in turn from the classes in their order, of each class in an order that depends on the ids only."""
    from workflow_scripts.training.randomness import keys_of

    test = samples.table[samples.table["subset"] == "test"]
    if test.empty:
        raise UserError("the test subset is empty; there is nothing to explain, take the runs out of explain.runs")
    ordered = test.iloc[keys_of(test["id"]).argsort(kind="stable")]
    piles = [ordered.index[ordered["label"] == name] for name in samples.classes]
    turns = [place for place in chain.from_iterable(zip_longest(*piles)) if place is not None]
    return samples.table.loc[turns[:count]]


def _explain(
    args: argparse.Namespace, run: str, path: Path, samples: "Samples", chosen: "pd.DataFrame", made: bool
) -> None:
    import numpy as np

    from workflow_scripts.explanation import figure
    from workflow_scripts.explanation.gradcam import GRADCAM, gradcam, refuse_empty
    from workflow_scripts.models.build import build
    from workflow_scripts.models.weights import load_trained, read_trained
    from workflow_scripts.training import data, devices, inference

    given = args.settings["specs"][run]
    shared = {key: args.settings[key] for key in ("study", "protocol", "fold", "seed")}
    weights = read_trained(path, {**shared, "run": run, "spec": given["spec"], "train": given["train"]})
    device = devices.prepare(args.device, entry.namespace(given["train"]))
    size = (len(weights.classes), samples.size)
    model = load_trained(build(given["spec"], *size, 0), weights).to(device)
    untrained = build(given["spec"], *size, seed_for(args.settings["study"], run, "untrained")).to(device).eval()
    feeder = data.Feeder(samples.images, samples.subset_of(chosen), device, weights.mean, weights.std, False)
    places = np.arange(len(feeder))
    images, _ = feeder.batch(places)
    probabilities = inference.probabilities(inference.predict(model, feeder, "float32"))
    numbers = probabilities.argmax(1)
    rows = chosen[["id", "label"]].assign(
        predicted=[weights.classes[number] for number in numbers], probability=probabilities.max(1)
    )
    maps = gradcam(model, images, numbers)
    refuse_empty(maps, run)
    random = gradcam(untrained, images, numbers)
    GRADCAM.write(args.out / run / "gradcam.csv", _table(rows, maps, random))
    columns = figure.columns_of(maps, random)
    figure.draw(args.out / run / "gradcam.png", run, feeder.pixels(places).cpu().numpy(), rows, columns, made)


def _table(rows: "pd.DataFrame", maps: dict, random: dict) -> "pd.DataFrame":
    """One row per image and branch."""
    import pandas as pd

    from workflow_scripts.explanation.gradcam import central_share, correlation

    parts = []
    for branch, found in maps.items():
        pairs = list(zip(found.values, random[branch].values, strict=True))
        height, width = found.target.shape
        parts.append(
            rows.assign(
                branch=branch,
                layer=found.target.name,
                map_height=height,
                map_width=width,
                central_share=[central_share(one) for one, _ in pairs],
                correlation_random=[correlation(one, other) for one, other in pairs],
            )
        )
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    entry.run(main, arguments())
