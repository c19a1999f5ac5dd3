"""Train a run: a fold of a split and its samples' arrays come in, weights, history and predictions go out.

Killed at any moment and started again, it continues from its last state in the work folder and ends in the same bytes.
Several folds and seeds of the run may share the process, one after the other: loading the libraries takes seconds.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.step_settings.train_settings import TrainSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import end_with

if TYPE_CHECKING:
    from workflow_scripts.training.checkpoints import Checkpoints
    from workflow_scripts.training.training_job import TrainingJob


def arguments() -> list[argparse.Namespace]:
    """Command line of this step: the arguments of each training, its fold and seed in its settings."""
    parser = entry.fold_parser(__doc__, "--work")
    several: dict[str, Any] = {"nargs": "+", "required": True}
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
    from workflow_scripts.training.one_training import train

    store = train(job_of(args))
    if store:
        store.clear()


def train_batch(trainings: list[argparse.Namespace]) -> None:
    """Run this step for several trainings in one process; exits as entry.run_each when one fails.

    The last state of each is kept until all are done: when one fails, a scheduler removes the files of all, and what
    was finished must not be trained again.
    """
    stores: list[Checkpoints | None] = []

    def train_one(args: argparse.Namespace) -> None:
        from workflow_scripts.training.one_training import train

        stores.append(train(job_of(args), keep=True))

    entry.run_each(train_one, trainings)
    for store in filter(None, stores):
        store.clear()


def job_of(args: argparse.Namespace) -> "TrainingJob":
    """The training that a command line asks for; UserError for start weights that are not there."""
    from workflow_scripts.training.stopping import SAVE_AT_END, SAVE_WITHIN
    from workflow_scripts.training.training_job import TrainingJob

    return TrainingJob(
        settings=parse(TrainSettings, args.settings),
        stated=args.settings,
        code=args.code,
        files=FoldFiles.of(args),
        weights=named_files(args.weights),
        device=args.device,
        jobs_per_gpu=args.jobs_per_gpu,
        work=args.work,
        out=args.out,
        save_within=SAVE_WITHIN if args.save_within is None else args.save_within,
        save_at_end=SAVE_AT_END if args.save_at_end is None else args.save_at_end,
        until=None if args.time_limit is None else entry.STARTED + seconds_of(args.time_limit),
    )


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
