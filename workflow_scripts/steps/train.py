"""Train a run: a fold of a split and its samples' arrays come in, weights, history and predictions go out.

Killed at any moment and started again, it continues from its last state in the work folder and ends in the same bytes.
Several folds and seeds of the run may share the process, one after the other: loading the libraries takes seconds.
"""

import argparse
import importlib
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import input_digests, ledger, processor, read_record, versions
from workflow_scripts.contracts.run_tables import HISTORY
from workflow_scripts.contracts.step_settings.train_settings import TrainSettings
from workflow_scripts.contracts.verified import fits
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_file, digest_text
from workflow_scripts.runtime.processes import end_with
from workflow_scripts.runtime.run_address import HISTORY_FILE, PREDICTIONS_FILE, TRAINING_FILE, WEIGHTS_FILE

if TYPE_CHECKING:
    from workflow_scripts.models.input_shape import InputShape
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.process_group import ProcessGroup
    from workflow_scripts.training.stopping import Saving

# What a training leaves, and what is written last: it vouches for them and says what they cost.
LEFT, COST = (WEIGHTS_FILE, HISTORY_FILE, PREDICTIONS_FILE), TRAINING_FILE


def arguments() -> list[argparse.Namespace]:
    """Command line of this step: the arguments of each training, its fold and seed in its settings."""
    parser = entry.fold_parser(__doc__, "--work")
    several = {"nargs": "+", "required": True}
    parser.add_argument("--out", type=entry.job_folder, **several, help="folder of each, fold<number>-seed<number>")
    parser.add_argument("--log", type=Path, **several, help="log file of each; tracebacks go there only")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="start weights of a part")
    parser.add_argument("--jobs-per-gpu", type=int, default=1, help="trainings that may use one GPU at a time")
    parser.add_argument("--save-within", type=float, metavar="SECONDS", help="between saved states within an epoch")
    parser.add_argument("--save-at-end", type=float, metavar="SECONDS", help="between saved states at ends of epochs")
    parser.add_argument(
        "--time-limit", type=float, metavar="MINUTES", help="of the job; training leaves before its end"
    )
    args = parser.parse_args()
    end_with_launcher()
    if len(args.out) != len(args.log):
        parser.error("--log takes as many files as --out takes folders")
    if args.settings["train"]["processes"] > 1 and (rank := int(os.environ.get("RANK", 0))):
        # The log is that of rank 0; what the others say is of interest only when one of them fails.
        args.log = [log.with_name(f"{log.name}.{rank}") for log in args.log]
    changes = [
        {"out": out, "log": log, "settings": entry.job_settings(args.settings, out)}
        for out, log in zip(args.out, args.log, strict=True)
    ]
    return [argparse.Namespace(**{**vars(args), **change}) for change in changes]


def end_with_launcher() -> None:
    """Among several processes: end with torchrun, which started this one and whose end the others could not survive.

    LAUNCHER, if the workflow has set it, is torchrun's process number; torchrun may have ended before this call.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        end_with(int(os.environ.get("LAUNCHER", os.getppid())))


def main(args: argparse.Namespace) -> None:
    """Train and write weights.safetensors, history.csv, predictions.csv and, last, train.json."""
    store = train(args)
    if store:
        store.clear()


def train_batch(trainings: list[argparse.Namespace]) -> None:
    """Run this step for several trainings in one process; exits as entry.run_each when one fails.

    The last state of each is kept until all are done: when one fails, a scheduler removes the files of all, and what
    was finished must not be trained again.
    """
    stores: list[Checkpoints] = []
    entry.run_each(lambda args: stores.append(train(args, keep=True)), trainings)
    for store in stores:
        store.clear()


def train(args: argparse.Namespace, keep: bool = False) -> "Checkpoints | None":
    """As main, but leave the saved states, which are returned; with `keep` also one of the training's end.

    None in all but rank 0 of several processes that train one network.
    """
    from workflow_scripts.runtime.locks import lock
    from workflow_scripts.training import devices
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.process_group import joined_process_group

    files, block = named_files(args.weights), parse(TrainSettings, args.settings).train
    with joined_process_group(block.processes) as process_group, ExitStack() as held:
        device = devices.prepare(args.device, block, process_group, args.jobs_per_gpu)
        name = _identity(args, files, device)
        store = Checkpoints(args.work / "checkpoints" / name)
        if process_group.is_rank_zero:
            locks, place = args.work / "locks", digest_text(str(args.out.resolve()))
            held.enter_context(lock(locks / f"{place}.lock", str(args.out)))
            held.enter_context(lock(locks / f"{name}.lock", f"this training of {args.out}"))
        # The other ranks begin when rank 0 has said that it is not done yet.
        if process_group.broadcast(process_group.is_rank_zero and _done(args.out, name)):
            entry.log.info("this training of %s was finished by the process before this one", args.out)
        elif process_group.is_rank_zero:
            with ledger(args.out / COST) as cost:
                cost.update(_train(args, files, device, _saving(args, store, keep), process_group), identity=name)
        else:
            _train(args, files, device, _saving(args, store, keep), process_group)
        return store if process_group.is_rank_zero else None


def _identity(args: argparse.Namespace, files: dict[str, Path], device: object) -> str:
    """Digest of all that this training depends on."""
    inputs = FoldFiles.of(args).inputs
    identity = {
        "settings": args.settings,
        "code": args.code,
        "inputs": input_digests(args.dataset.parent, inputs) | input_digests(Path(), list(files.values())),
        "device": device.type,
        "versions": versions(),
    }
    return digest_text(canonical_json(identity))


def _saving(args: argparse.Namespace, store: "Checkpoints", keep: bool) -> "Saving":
    from workflow_scripts.training.stopping import SAVE_AT_END, SAVE_WITHIN, Saving

    within = SAVE_WITHIN if args.save_within is None else args.save_within
    at_end = SAVE_AT_END if args.save_at_end is None else args.save_at_end
    until = None if args.time_limit is None else entry.STARTED + seconds_of(args.time_limit)
    return Saving(store, within, at_end, until, finished=keep)


def seconds_of(minutes: float) -> float:
    """How many seconds of a job's time limit its training may use.

    No signal can be relied on at the limit: under SLURM with control groups none arrives. What is left over is for the
    start of the job before this process, for saving, and for the coarse clock of schedulers.
    """
    return minutes * 60 - min(180.0, minutes * 60 / 4)


def _done(out: Path, identity: str) -> bool:
    """Whether this very training has left its files; a scheduler removes them before it wants it done again."""
    return fits(out / COST, *LEFT) and read_record(out / COST).get("identity") == identity


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


def _say_what_cannot_be_explained(spec: dict, classes: int, shape: "InputShape") -> None:
    """A line before a training whose network Grad-CAM can show no map of: after it, the training would be spent."""
    from workflow_scripts.models.build import random_network

    # By its name, because what can be shown changes no training: its code must not make any outdated.
    layers = importlib.import_module("workflow_scripts.explanation.target_layers")
    try:
        layers.target_layers(random_network(spec, classes, shape, 0), shape)
    except UserError as error:
        entry.log.warning("Grad-CAM will show nothing of this network: %s", error)


def _train(
    args: argparse.Namespace,
    files: dict[str, Path],
    device: object,
    saving: "Saving",
    process_group: "ProcessGroup",
) -> dict:
    """Train, write weights and history, and say what it cost; all but rank 0 only train."""
    import pandas as pd

    from workflow_scripts.contracts.run_tables import write_predictions
    from workflow_scripts.models.build import build
    from workflow_scripts.models.input_shape import InputShape
    from workflow_scripts.models.weights import TrainedWeights, load_trained, write_trained
    from workflow_scripts.runtime.seeds import seed_for
    from workflow_scripts.training import devices, sampling
    from workflow_scripts.training.inference import Applied
    from workflow_scripts.training.loop import fit
    from workflow_scripts.training.samples import read_samples
    from workflow_scripts.training.view import fitted_view

    settings = parse(TrainSettings, args.settings)
    train, who = settings.train, (settings.study, settings.run, settings.fold, settings.seed)
    samples = read_samples(args.dataset, args.arrays, args.split, settings.fold, args.masks)
    arrays, classes, subset = samples.arrays, samples.classes, samples.subset("train")
    view = fitted_view(args.settings, samples, subset)
    subset = subset.repeated(sampling.shown(subset.targets, classes, train, seed_for(*who, "repeat")))
    shape = InputShape.of(arrays.description)
    if process_group.is_rank_zero:
        _say_what_cannot_be_explained(settings.spec, len(classes), shape)
    model = build(settings.spec, len(classes), shape, seed_for(*who, "initialise"), files)
    training = view.training(arrays, subset, device)
    validation = view.applied(arrays, samples.subset("validation"), device)
    entry.log.info(
        "training %s on %d samples (%s), %d for validation, on %s",
        settings.run,
        len(training),
        arrays.description,
        len(validation),
        devices.describe(device),
    )
    result = fit(model, training, validation, train, classes, view.seed, saving, process_group)
    if not process_group.is_rank_zero:
        return {}
    kept = TrainedWeights(result.tensors, args.settings, args.code, view.mean, view.std, classes)
    HISTORY.write(args.out / HISTORY_FILE, pd.DataFrame(result.history))
    write_trained(args.out / WEIGHTS_FILE, kept)
    # Here, because a process that has loaded library and network takes no time to predict.
    applied = Applied(settings.spec, train, kept, samples, device, settings.fold)
    table, speed = applied.score(load_trained(model, kept))
    write_predictions(args.out, table, classes)
    return {
        **applied.cost(speed),
        # Those that trained: what finishes a training may run later, with others.
        "versions": versions(),
        "processor": processor(),
        "outputs": {name: digest_file(args.out / name) for name in LEFT},
        "device": devices.describe(device, args.jobs_per_gpu),
        "training_seconds": round(result.seconds, 3),
        "images_per_second": round(train.epochs * len(training) / max(result.seconds, 1e-9), 1),
        "epoch_kept": result.epoch,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


if __name__ == "__main__":
    given = arguments()
    if len(given) == 1:
        entry.run(main, given[0])
    else:
        train_batch(given)
