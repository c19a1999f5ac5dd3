"""Train one run: a fold of a split and packed pixels come in, weights, history and predictions go out.

Killed at any moment and started again, it continues from its last state in the work folder and ends in the same bytes.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import canonical_json, digest_text, read_json
from workflow_scripts.contracts.record import input_digests, ledger, versions
from workflow_scripts.contracts.runs import HISTORY

# What a training leaves, the last one last.
LEFT = ("weights.safetensors", "history.csv", "predictions.csv", "train.json")


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.fold_parser(__doc__, "--out", "--work")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="start weights of a part")
    parser.add_argument("--save-within", type=float, metavar="SECONDS", help="between saved states within an epoch")
    parser.add_argument("--save-at-end", type=float, metavar="SECONDS", help="between saved states at ends of epochs")
    parser.add_argument(
        "--time-limit", type=float, metavar="MINUTES", help="of the job; training leaves before its end"
    )
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Train and write weights.safetensors, history.csv, predictions.csv and, last, train.json."""
    from workflow_scripts.contracts.locks import lock
    from workflow_scripts.training import devices
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.loop import SAVE_AT_END, SAVE_WITHIN, Saving

    files = named_files(args.weights)
    train = entry.namespace(args.settings["train"])
    device = devices.prepare(args.device, train)
    inputs = entry.fold_inputs(args)
    identity = {
        "settings": args.settings,
        "code": args.code,
        "inputs": input_digests(args.dataset.parent, inputs) | input_digests(Path(), list(files.values())),
        "device": device.type,
        "versions": versions(),
    }
    name = digest_text(canonical_json(identity))
    store = Checkpoints(args.work / "checkpoints" / name)
    within = SAVE_WITHIN if args.save_within is None else args.save_within
    until = None if args.time_limit is None else entry.STARTED + seconds_of(args.time_limit)
    saving = Saving(store, within, SAVE_AT_END if args.save_at_end is None else args.save_at_end, until)
    locks = args.work / "locks"
    place = digest_text(str(args.out.resolve()))
    with lock(locks / f"{place}.lock", str(args.out)), lock(locks / f"{name}.lock", f"this training of {args.out}"):
        if _done(args.out, name):
            entry.log.info("this training of %s was finished by the process before this one", args.out)
            return
        with ledger(args.out / "train.json") as cost:
            cost.update(_train(args, files, device, saving), identity=name)
        store.clear()


def seconds_of(minutes: float) -> float:
    """How many seconds of a job's time limit its training may use.

    No signal can be relied on at the limit: under SLURM with control groups none arrives. What is left over is for the
    start of the job before this process, for saving, and for the coarse clock of schedulers.
    """
    return minutes * 60 - min(180.0, minutes * 60 / 4)


def _done(out: Path, identity: str) -> bool:
    """Whether this very training has left its files; a scheduler removes them before it wants it done again."""
    return all((out / name).exists() for name in LEFT) and read_json(out / LEFT[-1]).get("identity") == identity


def named_files(pairs: list[str]) -> dict[str, Path]:
    """NAME=FILE arguments as a mapping; UserError for anything else, or a missing file."""
    found = {}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            raise UserError(f"--weights {pair}: write NAME=FILE, with the name `model` or a branch's name")
        if not Path(path).is_file():
            raise UserError(f"the weights file {path} of {name!r} is missing; put it there or change the settings")
        found[name] = Path(path)
    return found


def _train(args: argparse.Namespace, files: dict[str, Path], device: object, saving: object) -> dict:
    """Train, write weights and history, and say what it cost."""
    import pandas as pd

    from workflow_scripts.contracts.runs import write_predictions
    from workflow_scripts.contracts.seeds import seed_for
    from workflow_scripts.models.build import build
    from workflow_scripts.models.weights import TrainedWeights, load_trained, write_trained
    from workflow_scripts.training import data, devices, sampling
    from workflow_scripts.training.inference import Applied
    from workflow_scripts.training.loop import fit
    from workflow_scripts.training.view import View, training_seed

    settings = entry.namespace(args.settings)
    train, who = settings.train, (settings.study, settings.run, settings.fold, settings.seed)
    samples = data.read_samples(args.dataset, args.arrays, args.split, settings.fold)
    subsets = {name: samples.subset(name) for name in ("train", "validation")}
    laid = samples.masks if train.mask else None
    mean, std = data.statistics(samples.images, subsets["train"].rows, train.normalise, laid)
    shown = sampling.shown(subsets["train"].targets, samples.classes, train, seed_for(*who, "repeat"))
    subsets["train"] = subsets["train"].repeated(shown)
    if train.copies == "fourfold":
        subsets["train"] = subsets["train"].fourfold()
    model = build(args.settings["spec"], len(samples.classes), samples.size, seed_for(*who, "initialise"), files)
    view = View(train, training_seed(args.settings), mean, std)
    pixels = (samples.images, samples.masks)
    feeders = [view.training(*pixels, subsets["train"], device), view.applied(*pixels, subsets["validation"], device)]
    entry.log.info(
        "training %s on %d images of %d pixels, %d for validation, on %s",
        settings.run,
        len(subsets["train"]),
        samples.size,
        len(subsets["validation"]),
        devices.describe(device),
    )
    result = fit(model, *feeders, train, samples.classes, view.seed, saving)
    kept = TrainedWeights(result.tensors, args.settings, args.code, mean, std, samples.classes)
    HISTORY.write(args.out / "history.csv", pd.DataFrame(result.history))
    write_trained(args.out / "weights.safetensors", kept)
    # Here, because a process that has loaded library and network takes no time to predict.
    applied = Applied(args.settings["spec"], train, kept, samples, device, settings.fold)
    table, speed = applied.score(load_trained(model, kept))
    write_predictions(args.out, table, samples.classes)
    return {
        **applied.cost(speed),
        "training_seconds": round(result.seconds, 3),
        "images_per_second": round(train.epochs * len(subsets["train"]) / max(result.seconds, 1e-9), 1),
        "epoch_kept": result.epoch,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


if __name__ == "__main__":
    entry.run(main, arguments())
