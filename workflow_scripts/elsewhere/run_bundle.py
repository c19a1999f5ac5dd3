"""Train what a bundle holds, in the order in which it is worth it, and put what is finished into one answer.

Several trainings share a GPU (--at-once). When --minutes are over, and on SIGTERM or Ctrl-C, each saves its state; a
second call continues. Every call ends with an answer of all that is finished by then: predictions, histories, records
and costs, of weights the heads; with --weights all the tensors too. Take it home, `make take-in ARCHIVE=answer.zip`.
"""

import argparse
import time
from pathlib import Path

from workflow_scripts.elsewhere.answer import HEADER, KEPT_WEIGHTS, write_answer
from workflow_scripts.elsewhere.bundle_description import Bundle
from workflow_scripts.elsewhere.needed_packages import differences
from workflow_scripts.elsewhere.training_queue import Outcome, TrainingQueue
from workflow_scripts.elsewhere.unpacked_bundle import Unpacked
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.environment import has_gpu


def arguments(folder: Path) -> argparse.Namespace:
    """Command line; `folder`: where the bundle is unpacked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="leave after so many minutes (default: when all is trained)")
    parser.add_argument("--at-once", type=int, help="trainings that share the GPU (default: as the settings say)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="default: as the settings say")
    parser.add_argument("--weights", choices=KEPT_WEIGHTS, default=HEADER, help="what of them the answer holds")
    parser.add_argument("--collect", action="store_true", help="train nothing, make the answer of what is finished")
    parser.add_argument("--answer", type=Path, default=folder / "answer.zip", help="default: %(default)s")
    args = parser.parse_args()
    if args.minutes is not None and args.minutes <= 0:
        parser.error("--minutes: more than 0")
    if args.at_once is not None and args.at_once < 1:
        parser.error("--at-once: at least 1")
    (folder / "logs").mkdir(exist_ok=True)
    return argparse.Namespace(**vars(args), folder=folder, log=folder / "logs" / "run.log")


def main(args: argparse.Namespace) -> None:
    """Train and collect; UserError when the bundle is not whole or a training failed."""
    bundle, seal = Bundle.read(args.folder)
    bundle.require_files(args.folder)
    for words in differences(bundle.python, bundle.needs):
        entry.log.info("another version than at home: %s", words)
    unpacked = Unpacked(args.folder, bundle)
    outcome = Outcome()
    if not args.collect:
        if not has_gpu():
            entry.log.warning("no GPU is seen here: the processor trains")
        unpacked.pack_originals()
        until = None if args.minutes is None else entry.STARTED + seconds_of(args.minutes)
        queue = TrainingQueue(unpacked, args.device or bundle.device, args.at_once or bundle.at_once, until)
        outcome = queue.run()
    finished = unpacked.finished()
    count = write_answer(args.answer, unpacked, seal, finished, args.weights)
    entry.log.info(
        "%s: %d of %d trainings, in %.0f s", args.answer, count, unpacked.count, time.monotonic() - entry.STARTED
    )
    if outcome.asked:
        raise KeyboardInterrupt
    if outcome.failed:
        raise UserError(f"{len(outcome.failed)} trainings failed; the first: {outcome.failed[0]}")
    if count < unpacked.count and not args.collect:
        entry.log.info("%d are not finished; the same command continues them", unpacked.count - count)


def seconds_of(minutes: float) -> float:
    """How many seconds of a budget trainings may use; the rest is for saved states and the answer."""
    return minutes * 60 - min(30.0, minutes * 60 / 10)
