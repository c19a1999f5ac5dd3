"""How long the 23 trainings of CVM-Cervix's Table 3 take on this machine, beside the hours the paper took for one.

    python tests/benchmarks/table3.py [--runs cvm resnet18 …] [--images 5308] [--epochs 2] [--at-once 1]

Each run that config.yaml declares at scale paper, with its own settings, is trained for a few epochs on made images of
the paper's number and size; its last epoch, with validation, counts. The first one is left out: it meets cold caches.
Of fewer images the hours are those of the paper's number all the same, in proportion. With `--at-once 4` four trainings
share the processor or the GPU, and the sum of their epochs is divided by four. Needs neither Snakemake nor data.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from declared import Declared, feeder, made_images, rounded

from workflow_scripts.runtime.reservations import process_gpus
from workflow_scripts.training import devices
from workflow_scripts.training.loop import Saving, fit

LINE = re.compile(r"(\d+) parameters, ([\d.]+) s an epoch on (.+)")


class EpochEnds:
    """In the place of saved states: when each epoch ended."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def load(self) -> None:
        """Nothing to continue from."""

    def save(self, *_: object) -> None:
        """Note the time; the loop has just read the epoch's losses, so the device is done."""
        self.at.append(time.monotonic())


def arguments(known: list[str], images: int) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", choices=known, metavar="RUN", default=known, help=", ".join(known))
    parser.add_argument("--images", type=int, default=images, help="training images")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=1, help="trainings that share the device")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--one", metavar="RUN", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.epochs < 2:
        parser.error("--epochs: at least 2, the first does not count")
    return args


def time_one(declared: Declared, args: argparse.Namespace) -> str:
    """Train one run in this process, see LINE."""
    train = declared.train(args.one, epochs=args.epochs, precision=args.precision)
    on_gpu = devices.type_of(args.device) == "cuda"
    number = process_gpus(devices.gpus(), 1, args.at_once)[0] if on_gpu else None
    device = devices.prepare(args.device, train, number)
    share = declared.claimed("table1.total.validation") / declared.claimed("table1.total.train")
    validated = math.ceil(args.images * share)
    images, rows = made_images(args.images + validated, args.size), np.arange(args.images + validated)
    layout = (len(declared.classes), device, train)
    parts = [feeder(images, part, *layout) for part in (rows[: args.images], rows[args.images :])]
    model, ends = declared.network(args.one, args.size), EpochEnds()
    fit(model, *parts, train, declared.classes, 0, Saving(ends, math.inf, 0, finished=True))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    seconds, where = ends.at[-1] - ends.at[-2], devices.describe(device, args.at_once)
    return f"{parameters} parameters, {seconds:.2f} s an epoch on {where}"


def start(run: str, args: argparse.Namespace) -> tuple[str, int, float, str]:
    """Train one run in a process of its own: its name, parameters, seconds an epoch, device."""
    options = {"images": args.images, "size": args.size, "epochs": args.epochs, "device": args.device}
    options |= {"precision": args.precision, "at-once": args.at_once, "one": run}
    command = [sys.executable, __file__, *(str(part) for key, value in options.items() for part in (f"--{key}", value))]
    done = subprocess.run(command, capture_output=True, text=True)
    found = LINE.search(done.stdout)
    if not found:
        sys.exit(f"error: {run} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return run, int(found[1]), float(found[2]), found[3]


def main() -> None:
    """Print the table, a line as soon as each training is done."""
    declared = Declared()
    printed = int(declared.claimed("table1.total.train"))
    args = arguments(declared.table3(), printed)
    if args.one:
        print(time_one(declared, args))
        return
    print(f"{args.images} images, {args.size} px, {args.precision}, {args.at_once} at once")
    print("| run | million parameters | s an epoch | images/s | device |\n|---|---|---|---|---|")
    hours = 0.0
    with ThreadPoolExecutor(args.at_once) as pool:
        for run, parameters, seconds, device in pool.map(lambda run: start(run, args), args.runs):
            hours += seconds / args.at_once / 3600 * declared.train(run).epochs * printed / args.images
            speed = args.images / seconds
            print(f"| {run} | {parameters / 1e6:.1f} | {seconds:.2f} | {rounded(speed)} | {device} |", flush=True)
    paper, epoch = declared.claimed("training_time"), declared.claimed("epoch_time")
    print(f"{len(args.runs)} network(s), the paper's epochs of {printed} images each: {hours:.2f} h")
    print(f"the paper, for the fused network alone: {paper:g} h, {epoch:g} s an epoch")


if __name__ == "__main__":
    main()
