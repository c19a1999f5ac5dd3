"""Explain trained runs: weights and the images that the protocol reports come in, figures and tables go out.

For each run: Grad-CAM of some of them (gradcam.csv, gradcam.png), the most confident errors (errors.png), what is
taken for what (confusions.csv) and, if wanted, all samples by the features before the classifier (embedding.csv,
embedding.png, embedding.html). One job explains all runs of a protocol, because loading the libraries is most of the
cost.
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
    import numpy as np
    import pandas as pd

    from workflow_scripts.explanation.trained import Trained
    from workflow_scripts.training.data import Samples

ALWAYS = ("gradcam.csv", "gradcam.png", "confusions.csv", "errors.png")
ASKED = 32
EMBEDDED = ("embedding.csv", "embedding.png", "embedding.html")


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    return entry.fold_parser(__doc__, "--runs", "--out").parse_args()


def main(args: argparse.Namespace) -> None:
    """Write the files of each run and, last, record.json."""
    from workflow_scripts.explanation.trained import Trained
    from workflow_scripts.training.data import read_samples

    settings = args.settings
    samples = read_samples(args.dataset, args.arrays, args.split, settings["fold"])
    chosen = choose(samples, settings["explain"]["images"], settings["reported"])
    made = read_json(args.dataset / "record.json")["made"]
    inputs = entry.fold_inputs(args)
    names = [*ALWAYS, *(EMBEDDED if settings["explain"]["embedding"] else ())]
    found, outputs = {}, {}
    for run in settings["explain"]["runs"]:
        weights = args.runs / run / f"fold{settings['fold']}-seed{settings['seed']}" / "weights.safetensors"
        trained = Trained.read(settings, run, weights, samples, args.device)
        found[run] = _explain(trained, args, chosen, made)
        inputs.append(weights)
        outputs |= {f"{run}/{name}": digest_file(args.out / run / name) for name in names}
        entry.log.info("explained %s on %d images", run, len(chosen))
    digests = input_digests(args.dataset.parent, inputs)
    write_record(args.out / "record.json", make_record(settings, args.code, digests, found=found, outputs=outputs))


def choose(samples: "Samples", count: int, subset: str) -> "pd.DataFrame":
    """Samples of a subset, in turn from the classes in their order, by an order of the ids only."""
    from workflow_scripts.training.randomness import keys_of

    found = samples.table[samples.table["subset"] == subset]
    if found.empty:
        raise UserError(f"the {subset} subset is empty; there is nothing to explain, take the runs out of explain.runs")
    ordered = found.iloc[keys_of(found["id"]).argsort(kind="stable")]
    piles = [ordered.index[ordered["label"] == name] for name in samples.classes]
    turns = [place for place in chain.from_iterable(zip_longest(*piles)) if place is not None]
    return samples.table.loc[turns[:count]]


def _explain(trained: "Trained", args: argparse.Namespace, chosen: "pd.DataFrame", made: bool) -> dict:
    """Write a run's tables and figures; returns the numbers that say what they are worth."""
    wanted = args.settings["explain"]
    judged, seen = trained.judge(wanted["embedding"])
    folder = args.out / trained.run
    found = {
        "empty_maps": _gradcam(trained, judged, chosen.index, folder, made),
        "wrong": _errors(trained, judged, wanted["errors"], folder, made),
        "tested": len(judged),
    }
    if wanted["embedding"]:
        found["embedding"] = _embedding(trained, judged, seen.features, folder, made)
    return found


def _gradcam(trained: "Trained", judged: "pd.DataFrame", chosen: "pd.Index", folder: Path, made: bool) -> dict:
    """Write table and figure of the chosen rows; returns the number of empty maps by branch."""
    from workflow_scripts.explanation import figure
    from workflow_scripts.explanation.gradcam import GRADCAM, refuse_empty, table

    rows = judged.loc[chosen]
    maps = trained.maps(rows)
    few = any(found.empty == len(rows) for found in maps.values())
    # Of a few images all maps may be empty by chance: whether a branch shows anything is asked of more.
    refuse_empty(
        trained.maps(judged.loc[choose(trained.samples, ASKED, trained.reported).index]) if few else maps,
        trained.run,
    )
    random = trained.maps(
        rows, trained.untrained(seed_for(trained.weights.settings["study"], trained.run, "untrained"))
    )
    GRADCAM.write(folder / "gradcam.csv", table(rows, maps, random))
    caption = figure.CAPTION.format(run=trained.run, n=len(rows), of=trained.images_words)
    pictures = figure.pictures_of(trained.pixels(rows), rows)
    figure.draw(folder / "gradcam.png", caption, pictures, figure.columns_of(maps, random), made)
    return {branch: found.empty for branch, found in maps.items()}


def _errors(trained: "Trained", judged: "pd.DataFrame", count: int, folder: Path, made: bool) -> int:
    """Write table and figure; returns the number of wrongly classified images."""
    from workflow_scripts.contracts.explanation import CONFUSIONS
    from workflow_scripts.explanation import errors, figure

    table = errors.confusions(judged, trained.weights.classes)
    CONFUSIONS.write(folder / "confusions.csv", table)
    rows = errors.confident_errors(judged, count)
    text = errors.caption(trained.run, judged, len(rows), trained.images_words)
    if rows.empty:
        errors.draw_none(folder / "errors.png", text, made)
    else:
        pictures = figure.pictures_of(trained.pixels(rows), rows, names=True)
        figure.draw(folder / "errors.png", text, pictures, figure.columns_of(trained.maps(rows)), made)
    return int(table["count"].sum())


def _embedding(trained: "Trained", judged: "pd.DataFrame", features: "np.ndarray", folder: Path, made: bool) -> dict:
    from workflow_scripts.contracts.explanation import EMBEDDING
    from workflow_scripts.explanation import scatter
    from workflow_scripts.explanation.embedding import embed

    settings, classes = trained.weights.settings, trained.weights.classes
    seed = seed_for(*(settings[key] for key in ("study", "run", "fold", "seed")), "embedding")
    numbers = judged["label"].map(classes.index).to_numpy()
    found = embed(features, numbers, seed, trained.train.torch_threads, trained.run)
    table = judged[["id", "label", "predicted"]].assign(**dict(zip("xyz", found.places.T, strict=True)))
    text = scatter.caption(trained.run, table, found, trained.images_words)
    EMBEDDING.write(folder / "embedding.csv", table)
    scatter.draw(folder / "embedding.png", table, classes, text, made)
    title = f"{settings['study']}: {trained.run} ({settings['protocol']})"
    scatter.write_page(folder / "embedding.html", table, classes, title, text, made)
    return found.summary()


if __name__ == "__main__":
    entry.run(main, arguments())
