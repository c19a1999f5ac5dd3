"""How long the 23 trainings of CVM-Cervix's Table 3 take on this machine, beside the hours the paper took for one.

    python tests/benchmarks/table3.py [--runs cvm resnet18 …] [--images 5308] [--epochs 2] [--steps eager replayed]

Each run that config.yaml declares at scale paper, with its own settings, is trained for a few epochs on made images of
the paper's number and size; its last epoch, with validation, counts. The first one is left out: it meets cold caches.
Of fewer images the hours are those of the paper's number all the same, in proportion. One process trains them all, one
after the other; with `--at-once 4` four processes share the processor or the GPU, and the sum of their epochs is
divided by four. `--steps replayed`: with `train.replay`. A run that cannot be trained so is named, and the others go
on. Needs neither Snakemake nor data; with --declared (see declared.py) nor pydantic.
"""

import argparse
import gc
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from declared import Declared, EpochEnds, add_declared, declared_first, feeder, made_images, reason_of, rounded

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.reservations import process_gpus
from workflow_scripts.training import devices
from workflow_scripts.training.loop import fit

LINE = re.compile(r"(\d+) parameters, ([\d.]+) s an epoch on (.+)")
STEPS = ("eager", "replayed")


@dataclass(frozen=True)
class Timed:
    """A run and how its steps were taken; parameters, seconds an epoch, device; or why it could not be trained so."""

    run: str
    steps: str
    parameters: int = 0
    seconds: float = math.nan
    device: str = ""
    failure: str = ""

    @property
    def line(self) -> str:
        """What a process that trains it alone says of it, see LINE."""
        return f"{self.parameters} parameters, {self.seconds:.2f} s an epoch on {self.device}"


def arguments(known: tuple[str, ...], images: int) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", choices=known, metavar="RUN", default=known, help=", ".join(known))
    parser.add_argument("--images", type=int, default=images, help="training images")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=1, help="processes that share the device")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--precision", choices=["float32", "tf32", "bfloat16"], default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=["eager"])
    parser.add_argument("--one", metavar="RUN", help=argparse.SUPPRESS)
    add_declared(parser)
    args = parser.parse_args()
    if args.epochs < 2:
        parser.error("--epochs: at least 2, the first does not count")
    return args


def timed(declared: Declared, run: str, steps: str, args: argparse.Namespace) -> Timed:
    """Train one run in this process."""
    changes = {"precision": args.precision, "channels_last": args.channels_last, "replay": steps == "replayed"}
    train = declared.train(run, epochs=args.epochs, **changes)
    on_gpu = devices.type_of(args.device) == "cuda"
    number = process_gpus(devices.gpus(), 1, args.at_once)[0] if on_gpu else None
    device = devices.prepare(args.device, train, number, args.at_once)
    share = declared.claims["table1.total.validation"] / declared.claims["table1.total.train"]
    validated = math.ceil(args.images * share)
    images, rows = made_images(args.images + validated, args.size), np.arange(args.images + validated)
    layout = (len(declared.classes), device, train)
    try:
        parts = [feeder(images, part, *layout) for part in (rows[: args.images], rows[args.images :])]
        model, ends = declared.network(run, args.size), EpochEnds()
        fit(model, *parts, train, list(declared.classes), 0, ends.saving)
    except (UserError, RuntimeError) as error:
        return Timed(run, steps, failure=reason_of(error))
    finally:
        gc.collect()
        if on_gpu:
            torch.cuda.empty_cache()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Timed(run, steps, parameters, ends.last_epoch, devices.describe(device, args.at_once))


def timed_apart(run: str, steps: str, args: argparse.Namespace) -> Timed:
    """Train one run in a process of its own, while others share the device."""
    options = {"images": args.images, "size": args.size, "epochs": args.epochs, "device": args.device}
    options |= {"precision": args.precision, "at-once": args.at_once, "steps": steps, "one": run}
    options |= {"declared": args.declared} if args.declared else {}
    command = [sys.executable, __file__, *(str(part) for key, value in options.items() for part in (f"--{key}", value))]
    command += ["--channels-last"] * args.channels_last
    done = subprocess.run(command, capture_output=True, text=True)
    found = LINE.search(done.stdout)
    if not found:
        return Timed(run, steps, failure=f"ended with {done.returncode}: {' '.join(done.stderr.splitlines()[-1:])}")
    return Timed(run, steps, int(found[1]), float(found[2]), found[3])


def all_timed(declared: Declared, args: argparse.Namespace) -> Iterator[Timed]:
    """Every run with every way to take steps, as soon as it is done."""
    asked = [(run, steps) for run in args.runs for steps in args.steps]
    if args.at_once == 1:
        yield from (timed(declared, *pair, args) for pair in asked)
        return
    with ThreadPoolExecutor(args.at_once) as pool:
        yield from pool.map(lambda pair: timed_apart(*pair, args), asked)


def main() -> None:
    """Print the table, a line as soon as each training is done."""
    declared = Declared.read(declared_first(sys.argv[1:]))
    printed = int(declared.claims["table1.total.train"])
    args = arguments(declared.table3, printed)
    if args.one:
        only = timed(declared, args.one, args.steps[0], args)
        if only.failure:
            sys.exit(f"error: {only.failure}")
        print(only.line)
        return
    print(f"{args.images} images, {args.size} px, {args.precision}, {args.at_once} at once")
    print("| run | steps | million parameters | s an epoch | images/s | device |\n|---|---|---|---|---|---|")
    hours = dict.fromkeys(args.steps, 0.0)
    left_out = dict.fromkeys(args.steps, 0)
    for row in all_timed(declared, args):
        if row.failure:
            left_out[row.steps] += 1
            print(f"| {row.run} | {row.steps} | | | {row.failure} | |", flush=True)
            continue
        epochs = declared.train(row.run).epochs * printed / args.images
        hours[row.steps] += row.seconds / args.at_once / 3600 * epochs
        cells = f"{row.parameters / 1e6:.1f} | {row.seconds:.2f} | {rounded(args.images / row.seconds)}"
        print(f"| {row.run} | {row.steps} | {cells} | {row.device} |", flush=True)
    for steps in args.steps:
        count = len(args.runs) - left_out[steps]
        print(f"{count} network(s), {steps}, the paper's epochs of {printed} images each: {hours[steps]:.2f} h")
    paper, epoch = declared.claims["training_time"], declared.claims["epoch_time"]
    print(f"the paper, for the fused network alone: {paper:g} h, {epoch:g} s an epoch")


if __name__ == "__main__":
    main()
