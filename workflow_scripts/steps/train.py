"""Train a run: a fold of a split and its samples' arrays come in, weights, history and predictions go out.

Killed at any moment and started again, it continues from its last state in the work folder and ends in the same bytes.
Several folds and seeds of the run may share the process, one after the other: loading the libraries takes seconds.
"""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import measured, write_record
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.processes import end_with
from workflow_scripts.runtime.run_address import TRAINING_FILE

if TYPE_CHECKING:
    import torch

    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.process_group import ProcessGroup
    from workflow_scripts.training.stopping import Saving
    from workflow_scripts.training.training_job import TrainingJob


# Seconds between two saved states: within an epoch, and at the ends of short epochs.
SAVE_WITHIN = 180.0
SAVE_AT_END = 10.0


def arguments() -> list[argparse.Namespace]:
    """Command line of this step: the arguments of each training, its fold and seed in its settings."""
    parser = entry.fold_parser(__doc__, "--work")
    several: dict[str, Any] = {"nargs": "+", "required": True}
    parser.add_argument("--out", type=entry.job_folder, **several, help="folder of each, fold<number>-seed<number>")
    parser.add_argument("--log", type=Path, **several, help="log file of each; tracebacks go there only")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="start weights of a part")
    parser.add_argument("--jobs-per-gpu", type=int, default=1, help="trainings that may use one GPU at a time")
    seconds: dict[str, Any] = {"type": float, "metavar": "SECONDS"}
    parser.add_argument("--save-within", **seconds, default=SAVE_WITHIN, help="between saved states within an epoch")
    parser.add_argument("--save-at-end", **seconds, default=SAVE_AT_END, help="the same at ends of epochs")
    parser.add_argument(
        "--time-limit", type=float, metavar="MINUTES", help="of the job; training leaves before its end"
    )
    args = parser.parse_args()
    end_with_launcher()
    if len(args.out) != len(args.log):
        parser.error("--log takes as many files as --out takes folders")
    if rank := int(os.environ.get("RANK", 0)):
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
    if states := trained(args):
        states.clear()


def train_batch(trainings: list[argparse.Namespace]) -> None:
    """Run this step for several trainings in one process; exits as entry.run_each when one fails.

    The last state of each is kept until all are done: when one fails, a scheduler removes the files of all, and what
    was finished must not be trained again.
    """
    kept: list[Checkpoints | None] = []
    entry.run_each(lambda args: kept.append(trained(args, keep=True)), trainings)
    for states in filter(None, kept):
        states.clear()


def trained(args: argparse.Namespace, keep: bool = False) -> "Checkpoints | None":
    """Do one training once: several calls, in one process or in several, end in the same files.

    Returns the saved states, with `keep` also one of the training's end; None in all but rank 0 of several processes
    that train one network.
    """
    from workflow_scripts.training import devices
    from workflow_scripts.training.process_group import joined_process_group
    from workflow_scripts.training.stopping import Saving
    from workflow_scripts.training.training_job import is_done
    from workflow_scripts.training.work_folder import WorkFolder

    until = None if args.time_limit is None else entry.STARTED + seconds_of(args.time_limit)
    job = job_of(args)
    with joined_process_group(job.settings.train.processes) as group, ExitStack() as held:
        work = WorkFolder(args.work, job.identity(devices.type_of(args.device)))
        if group.is_rank_zero:
            held.enter_context(work.alone(job.out))
        # The other ranks begin when rank 0 has said that it is not done yet.
        if group.broadcast(group.is_rank_zero and is_done(job.out, work.identity)):
            entry.log.info("this training of %s was finished by the process before this one", job.out)
        else:
            device = devices.prepare(args.device, job.settings.train, group, args.jobs_per_gpu)
            name = devices.describe(device, args.jobs_per_gpu)
            saving = Saving(work.states, args.save_within, args.save_at_end, until, finished=keep)
            with measured() as cost:
                cost.update(_train(job, device, name, saving, group), device=name, identity=work.identity)
            if group.is_rank_zero:
                write_record(job.out / TRAINING_FILE, cost)
        return work.states if group.is_rank_zero else None


def _train(
    job: "TrainingJob", device: "torch.device", device_name: str, saving: "Saving", group: "ProcessGroup"
) -> dict[str, Any]:
    """Read, build, fit and write; returns what it cost. All but rank 0 only train."""
    from workflow_scripts.models.build import build
    from workflow_scripts.training.loop import fit
    from workflow_scripts.training.one_training import LearningSamples, leave

    settings, train = job.settings, job.settings.train
    learned = LearningSamples.read(job.files, settings)
    classes, shape = learned.samples.classes, learned.shape
    if group.is_rank_zero:
        # Before it, because after it the training would be spent; by its name, because what can be shown of a network
        # changes no training: its code must not make any outdated.
        load_named("workflow_scripts.explanation.target_layers:say_what_has_no_map")(settings.spec, len(classes), shape)
    model = build(settings.spec, len(classes), shape, settings.seed_for("initialise"), job.weights)
    training, validation = learned.batches(device)
    shown = (settings.run, len(training), learned.samples.arrays.description, len(validation), device_name)
    entry.log.info("training %s on %d samples (%s), %d for validation, on %s", *shown)
    result = fit(model, training, validation, train, classes, learned.view.seed, saving, group)
    if not group.is_rank_zero:
        return {}
    return {
        **leave(job, learned, model, result, device),
        "training_seconds": round(result.seconds, 3),
        "images_per_second": round(train.epochs * len(training) / max(result.seconds, 1e-9), 1),
        "epoch_kept": result.epoch,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def job_of(args: argparse.Namespace) -> "TrainingJob":
    """The training that a command line asks for; UserError for start weights that are not there."""
    from workflow_scripts.training.training_job import TrainingJob

    weights = named_files(args.weights)
    settings = parse(TrainSettings, args.settings)
    return TrainingJob(settings, args.code, FoldFiles.of(args), weights, args.out)


def seconds_of(minutes: float) -> float:
    """How many seconds of a job's time limit its training may use.

    No signal can be relied on at the limit: under SLURM with control groups none arrives. What is left over is for the
    start of the job before this process, for saving, and for the coarse clock of schedulers.
    """
    return minutes * 60 - min(180.0, minutes * 60 / 4)


def named_files(pairs: list[str]) -> dict[str, Path]:
    """NAME=FILE arguments as a mapping; UserError for anything else, or a missing file."""
    files = {}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            raise UserError(f"--weights {pair}: write NAME=FILE, with the name `model` or a branch's name")
        if not Path(path).is_file():
            raise UserError(f"the weights file {path} of {name!r} is missing; put it there or change the settings")
        files[name] = Path(path)
    return files


if __name__ == "__main__":
    given = arguments()
    if len(given) == 1:
        entry.run(main, given[0])
    else:
        train_batch(given)
