"""Train a run: a fold of a split and its samples' arrays come in, weights, history and predictions go out.

Killed at any moment and started again, it continues from its last state in the work folder and ends in the same bytes.
Several folds and seeds of the run may share the process, one after the other: loading the libraries takes seconds.
"""

import argparse
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import measured, versions
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_text, whole, write_sealed
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.processes import end_with, launched_rank
from workflow_scripts.runtime.reservations import jobs_sharing, process_gpus
from workflow_scripts.runtime.run_address import TRAINING_FILE
from workflow_scripts.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.training_job import TrainingJob

# Says of a network that Grad-CAM can show nothing of it.
NO_MAP = "workflow_scripts.explanation.target_layers:say_what_has_no_map"
# Seconds between two saved states: within an epoch, and at the ends of short epochs by type of device. The state of a
# large network takes a second, in which a GPU trains many times as much as a processor.
SAVE_WITHIN = 180.0
SAVE_AT_END = {"cpu": 10.0, "cuda": 120.0}


def arguments() -> list[argparse.Namespace]:
    """Command line of this step: the arguments of each training, its fold and seed in its settings."""
    parser = entry.fold_parser(__doc__, "--work")
    several: dict[str, Any] = {"nargs": "+", "required": True}
    parser.add_argument("--out", type=entry.job_folder, **several, help="folder of each, fold<number>-seed<number>")
    parser.add_argument("--log", type=Path, **several, help="log file of each; tracebacks go there only")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="start weights of a part")
    parser.add_argument("--origin", type=Path, help="folder of the run under a protocol that may be the same split")
    parser.add_argument("--jobs-per-gpu", type=int, default=1, help="trainings that may use one GPU at a time")
    seconds: dict[str, Any] = {"type": float, "metavar": "SECONDS"}
    parser.add_argument("--save-within", **seconds, default=SAVE_WITHIN, help="between saved states within an epoch")
    usual = ", ".join(f"{interval:.0f} on {device}" for device, interval in SAVE_AT_END.items())
    parser.add_argument("--save-at-end", **seconds, help=f"the same at ends of epochs (default: {usual})")
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
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.learning_samples import LearningSamples
    from workflow_scripts.training.one_training import train_network
    from workflow_scripts.training.process_group import joined_process_group
    from workflow_scripts.training.stopping import Saving
    from workflow_scripts.training.training_job import LEFT

    until = None if args.time_limit is None else entry.STARTED + seconds_of(args.time_limit)
    job = job_of(args)
    train, work = job.settings.train, WorkFolder(args.work, job.identity)
    rank, is_done, gpus = launched_rank(train.processes), False, []
    with ExitStack() as held:
        if rank == 0:
            held.enter_context(work.locked(args.out))
            # A scheduler removes the files before it wants them made again.
            is_done = (whole(args.out / TRAINING_FILE, *LEFT) or {}).get("identity") == job.identity
            is_done = is_done or taken_over(args, job)
            if job.device_type == "cuda" and not is_done:
                gpus = process_gpus(devices.gpus(), train.processes, args.jobs_per_gpu)
        group = held.enter_context(joined_process_group(rank, train.processes))
        is_done, gpus = group.broadcast((is_done, gpus))
        states = Checkpoints(work.checkpoints)
        if is_done:
            entry.log.info("this training of %s is done", args.out)
        else:
            sharing = jobs_sharing(args.jobs_per_gpu)
            device = devices.prepare(args.device, train, gpus[rank] if gpus else None, sharing)
            device_name = devices.describe(device, sharing)
            if gpus:
                group.use_gpus()
            at_end = SAVE_AT_END[job.device_type] if args.save_at_end is None else args.save_at_end
            saving = Saving(states, args.save_within, at_end, until, finished=keep)
            with measured(sharing) as cost:
                learned = LearningSamples.read(job.files, job.settings)
                if rank == 0 and job.settings.spec.reads == "pixels":
                    # Now, because later the training would be spent; by its name, because it changes no training.
                    load_named(NO_MAP)(job.settings.spec, len(learned.classes), learned.shape)
                cost.update(train_network(job, learned, device, saving, group, args.out))
                cost.update(device=device_name, identity=job.identity, content=job.content)
            if rank == 0:
                write_sealed(args.out / TRAINING_FILE, cost)
        return states if rank == 0 else None


def taken_over(args: argparse.Namespace, job: "TrainingJob") -> bool:
    """Whether the training was done under another protocol, and its files are here now under this one's name."""
    from workflow_scripts.training.same_training import take_over

    return args.origin is not None and take_over(args.origin / args.out.name, job, args.out)


def job_of(args: argparse.Namespace) -> "TrainingJob":
    """The training that a command line asks for; UserError for start weights or a device that are not there."""
    from workflow_scripts.training.devices import type_of
    from workflow_scripts.training.training_job import TrainingJob

    weights, device = named_files(args.weights), type_of(args.device)
    files, settings = FoldFiles.of(args), parse(TrainSettings, args.settings)
    inputs = input_digests(files.study, files.inputs)
    started_from = input_digests(Path(), [*weights.values()])
    with_what = {"code": args.code, "device": device, "versions": versions()}
    identity = {"settings": plain(settings), "inputs": inputs | started_from, **with_what}
    # Digests alone, because a split lies in a file that its protocol's name is in; and of a split this fold alone.
    whole_split = os.path.relpath(files.split, files.study)
    read = [files.fold_digest(settings.fold) if name == whole_split else inputs[name] for name in inputs]
    read += started_from.values()
    content = {"settings": plain(replace(settings, protocol="")), "inputs": read, **with_what}
    digests = (digest_text(canonical_json(parts)) for parts in (identity, content))
    return TrainingJob(settings, args.code, files, weights, device, *digests)


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
