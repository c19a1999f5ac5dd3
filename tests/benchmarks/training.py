"""Images per second of the training loop, beside what the hardware allows and beside what else there is.

    python tests/benchmarks/training.py [--runs resnet18 cvm] [--size 64] [--batch 32] [--timm-script train.py]

floor:    forward, backward and optimiser step on one batch that never changes: nothing can train faster.
loop:     this project's loop, on packed bytes, with flips, normalisation, history and all its checks.
replayed: the same with `train.replay`: each step is recorded once. On a GPU; on a CPU where --replayed asks for it.
plain:    torchvision's ImageFolder and transforms, a DataLoader, the same network and optimiser; decodes JPEG files.
timm:     timm's own training script on the same files, with the same network and settings; see timm_script.py. It has
          no switch for TF32: beside float32 and tf32 it runs as PyTorch's defaults are.

Runs are those that config.yaml declares for CVM-Cervix at scale paper; there is a row for each of them, batch size,
precision and layout. The columns take turns, so that other work on the machine meets all alike; the table has medians
over the repeats, of this project's loop over its second epoch, and how long the fastest loop takes for the paper's
epoch. A column that fails says why, and takes nothing along. On a CPU a second of all but timm's is one of processor
time a thread, which other programs do not lengthen; timm's is one by the clock, and its workers have cores of their
own: measure on an idle machine. Measures one device, a GPU where there is one. Needs neither Snakemake nor data: images
are made; with --declared (see declared.py) nor pydantic.
"""

import argparse
import copy
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import timm_script
import torch
from declared import Declared, EpochEnds, add_declared, declared_first, feeder, made_images, reason_of, rounded

from workflow_scripts.contracts.step_settings.train_settings import Precision, Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices, recipe
from workflow_scripts.training.feeders.batches import Batches, TrainingBatches
from workflow_scripts.training.loop import fit

SOURCE_SIZE = (363, 360)
# Columns of this project's loop.
OWN = {"loop", "replayed"}


@dataclass(frozen=True)
class Row:
    """One row of the table: what is trained, and how."""

    run: str
    batch: int
    precision: Precision
    channels_last: bool


def arguments(known: tuple[str, ...]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", choices=known, metavar="RUN", default=["resnet18", "mobilenet_v2"])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--images", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=4, help="of timm's script, and of the plain loop on a GPU")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--layouts", nargs="+", choices=["channels-first", "channels-last"], default=["channels-first"])
    parser.add_argument("--precision", nargs="+", choices=["float32", "tf32", "bfloat16"], default=["float32"])
    parser.add_argument("--replayed", action="store_true", help="the column of it, on a CPU too")
    parser.add_argument("--only", nargs="+", choices=["floor", "loop", "replayed", "plain", "timm"], help="columns")
    parser.add_argument("--timm-script", type=Path, metavar="train.py")
    add_declared(parser)
    return parser.parse_args()


def synchronised(device: torch.device) -> float:
    """Seconds, after the device has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time() / torch.get_num_threads()


def floor_speed(model: torch.nn.Module, feeder: TrainingBatches, train: Train) -> float:
    """Images per second on one fixed batch."""
    optimizer, loss = recipe.optimiser(model, train), torch.nn.CrossEntropyLoss()
    batch = feeder.batch(np.arange(train.batch_size))
    model.train()
    steps = len(feeder) // train.batch_size
    start = synchronised(feeder.device)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        with devices.autocast(feeder.device, train.precision):
            logits = model(*batch.inputs)
        loss(logits.float(), batch.targets).backward()
        optimizer.step()
    return steps * train.batch_size / (synchronised(feeder.device) - start)


def loop_speed(
    model: torch.nn.Module, feeder: TrainingBatches, empty: Batches, train: Train, classes: list[str]
) -> float:
    """Images per second of this project's loop: the second of two epochs, without validation."""
    ends = EpochEnds(lambda: synchronised(feeder.device))
    fit(model, feeder, empty, train, classes, 0, ends.saving)
    return len(feeder) / ends.last_epoch


def plain_speed(
    model: torch.nn.Module, folder: Path, size: int, device: torch.device, train: Train, workers: int
) -> float:
    """Images per second of a plain loop over JPEG files."""
    from torchvision import datasets, transforms

    steps = [transforms.Resize((size, size)), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    steps.append(transforms.Normalize([0.5] * 3, [0.25] * 3))
    files = datasets.ImageFolder(folder, transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(files, train.batch_size, shuffle=True, num_workers=workers)
    optimizer, loss = torch.optim.AdamW(model.parameters(), train.learning_rate), torch.nn.CrossEntropyLoss()
    model.train()
    start = synchronised(device)
    for images, targets in loader:
        optimizer.zero_grad()
        logits = model(images.to(device))
        loss(logits, targets.to(device)).backward()
        optimizer.step()
    return len(files) / (synchronised(device) - start)


def made_files(folder: Path, count: int, classes: list[str]) -> None:
    """JPEG files of a microscope's size, smooth enough to compress like photographs."""
    from PIL import Image

    generator = np.random.default_rng(0)
    for number in range(count):
        small = generator.integers(0, 256, (24, 24, 3)).astype("uint8")
        place = folder / classes[number % len(classes)]
        place.mkdir(exist_ok=True)
        Image.fromarray(small).resize(SOURCE_SIZE, Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=90)


def columns_of(args: argparse.Namespace, device: torch.device) -> list[str]:
    """The columns that are asked for, in their order."""
    replayed = args.replayed or device.type == "cuda"
    columns = ["floor", "loop", *["replayed"] * replayed, "plain", *["timm"] * bool(args.timm_script)]
    return [column for column in columns if not args.only or column in args.only]


def compare(
    declared: Declared, row: Row, args: argparse.Namespace, columns: list[str], folder: Path
) -> dict[str, float | str]:
    """Median speeds of each column for one row, or why there is none."""
    changes = {"epochs": 2, "batch_size": row.batch, "torch_threads": args.threads, "precision": row.precision}
    train = declared.train(row.run, **changes, channels_last=row.channels_last)
    device = devices.prepare(args.device, train)
    images, rows = made_images(args.images, args.size), np.arange(args.images)
    layout = (len(declared.classes), device, train)
    learned, empty = feeder(images, rows, *layout), feeder(images, rows[:0], *layout)
    model = learned.placed(declared.network(row.run, args.size))
    plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format) if "plain" in columns else model
    classes, workers = list(declared.classes), 0 if device.type == "cpu" else args.workers
    measure = {
        "floor": lambda: floor_speed(model, learned, train),
        "loop": lambda: loop_speed(model, learned, empty, train, classes),
        "replayed": lambda: loop_speed(model, learned, empty, replace(train, replay=True), classes),
        "plain": lambda: plain_speed(plain, folder, args.size, device, train, workers),
        "timm": lambda: timm_script.speed(
            *(args.timm_script, row.run, folder, args.size, train, device.type, args.workers, args.declared)
        ),
    }
    speeds: dict[str, list[float]] = {column: [] for column in columns}
    failed: dict[str, str] = {}
    for repeat in range(args.repeats + 1):
        for column in [column for column in columns if column not in failed]:
            try:
                speed = measure[column]()
            except (UserError, RuntimeError) as error:
                failed[column] = reason_of(error)
                continue
            if repeat:  # the first warms up
                speeds[column].append(speed)
    return {column: failed[column] if column in failed else statistics.median(speeds[column]) for column in columns}


def heads_of(columns: list[str], printed: int) -> list[str]:
    """Heads of the cells of a row, see cells_of."""
    ratios = [f"loop / {other}" for other in columns if other != "loop"] if "loop" in columns else []
    return [*columns, *ratios, *[f"s for {printed} images"] * bool(OWN & set(columns))]


def cells_of(speed: dict[str, float | str], columns: list[str], printed: int) -> list[str]:
    """Speeds; the loop's in parts of each other column's; seconds that the fastest loop takes for the paper's epoch."""
    loop, numbers = speed.get("loop"), {key: value for key, value in speed.items() if isinstance(value, float)}
    cells = [rounded(numbers[column]) if column in numbers else str(speed[column]) for column in columns]
    for other in (column for column in columns if column != "loop" and loop is not None):
        both = isinstance(loop, float) and other in numbers
        cells.append(f"{numbers['loop'] / numbers[other]:.2f}" if both else "–")
    if OWN & set(columns):
        own = [numbers[column] for column in OWN & set(numbers)]
        cells.append(rounded(printed / max(own)) if own else "–")
    return cells


def main() -> None:
    """Print the table, a row as soon as it is measured; what fails is named in its cell and takes nothing along."""
    declared = Declared.read(declared_first(sys.argv[1:]))
    args = arguments(declared.table3)
    device = devices.prepare(args.device, declared.train(args.runs[0], torch_threads=args.threads))
    columns, printed = columns_of(args, device), int(declared.claims["table1.total.train"])
    head = ["run", "batch", "precision", "layout", *heads_of(columns, printed)]
    with tempfile.TemporaryDirectory() as name:
        if {"plain", "timm"} & set(columns):
            made_files(Path(name), args.images, list(declared.classes))
        print(f"{args.size} px, {args.threads} thread(s), {devices.describe(device)}, images/s (medians)")
        print("|".join(["", *(f" {cell} " for cell in head), ""]))
        print("|---" * len(head) + "|", flush=True)
        for run, batch, precision, layout in product(args.runs, args.batch, args.precision, args.layouts):
            row = Row(run, batch, precision, layout == "channels-last")
            try:
                speed = compare(declared, row, args, columns, Path(name))
            except (UserError, RuntimeError) as error:
                speed = dict.fromkeys(columns, reason_of(error))
            cells = [run, batch, precision, layout, *cells_of(speed, columns, printed)]
            print("|".join(["", *(f" {cell} " for cell in cells), ""]), flush=True)
    print(f"the paper: {declared.claims['epoch_time']:g} s an epoch of {printed} images")


if __name__ == "__main__":
    main()
