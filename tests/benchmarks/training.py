"""Images per second of the training loop, beside what the hardware allows and beside what else there is.

    python tests/benchmarks/training.py [--runs resnet18 cvm] [--size 64] [--batch 32] [--timm-script train.py]

floor: forward, backward and optimiser step on one batch that never changes: nothing can train faster.
loop:  this project's loop, on packed bytes, with flips, normalisation, history and all its checks.
plain: torchvision's ImageFolder and transforms, a DataLoader, the same network and optimiser; decodes JPEG files.
timm:  timm's own training script on the same files, with the same network and settings; see timm_script.py.

Runs are those that config.yaml declares for CVM-Cervix at scale paper. The columns take turns, so that other work on
the machine meets all alike; the table has medians over the repeats. On a CPU a second of the first three is one of
processor time a thread, which other programs do not lengthen; timm's is one by the clock, and its workers have cores of
their own: measure on an idle machine. Runs on the CPU and, where there is one, on a GPU. Needs neither Snakemake nor
data: images are made.
"""

import argparse
import math
import os
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import timm_script
import torch
from declared import Declared, feeder, made_images, rounded

from workflow_scripts.training import devices, recipe
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.batches import Batches, TrainingBatches
from workflow_scripts.training.loop import Saving, fit

SOURCE_SIZE = (363, 360)


def arguments(known: list[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", choices=known, metavar="RUN", default=["resnet18", "mobilenet_v2"])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=4, help="of timm's script, and of the plain loop on a GPU")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--timm-script", type=Path, metavar="train.py")
    return parser.parse_args()


def synchronised(device: torch.device) -> float:
    """Seconds, after the device has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time() / torch.get_num_threads()


def floor_speed(model: torch.nn.Module, feeder: TrainingBatches, train: SimpleNamespace) -> float:
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
    model: torch.nn.Module,
    feeder: TrainingBatches,
    empty: Batches,
    train: SimpleNamespace,
    classes: list[str],
    work: Path,
) -> float:
    """Images per second of this project's loop: one epoch, without validation."""
    start = synchronised(feeder.device)
    fit(model, feeder, empty, train, classes, 0, Saving(Checkpoints(work), math.inf, math.inf))
    return len(feeder) / (synchronised(feeder.device) - start)


def plain_speed(
    model: torch.nn.Module, folder: Path, size: int, device: torch.device, train: SimpleNamespace, workers: int
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


def compare(
    declared: Declared, run: str, device: torch.device, args: argparse.Namespace, folder: Path
) -> dict[str, float]:
    """Median speeds of each column for one run on one device."""
    changes = {"epochs": 1, "batch_size": args.batch, "torch_threads": args.threads, "precision": args.precision}
    train = declared.train(run, **changes, channels_last=args.channels_last)
    images, rows = made_images(args.images, args.size), np.arange(args.images)
    layout = (len(declared.classes), device, train)
    learned, empty = feeder(images, rows, *layout), feeder(images, rows[:0], *layout)
    plain = declared.network(run, args.size).to(device)
    model = learned.placed(declared.network(run, args.size))
    speeds: dict[str, list[float]] = {}
    for repeat in range(args.repeats + 1):
        with tempfile.TemporaryDirectory() as work:
            now = {
                "floor": floor_speed(model, learned, train),
                "loop": loop_speed(model, learned, empty, train, declared.classes, Path(work)),
                "plain": plain_speed(
                    plain, folder, args.size, device, train, 0 if device.type == "cpu" else args.workers
                ),
            }
            if args.timm_script:
                now["timm"] = timm_script.speed(
                    args.timm_script, run, folder, args.size, train, device.type, args.workers
                )
        if repeat:  # the first warms up
            for key, value in now.items():
                speeds.setdefault(key, []).append(value)
    return {key: statistics.median(values) for key, values in speeds.items()}


def main() -> None:
    """Print the table."""
    declared = Declared()
    args = arguments(declared.table3())
    found = [devices.prepare("cpu", declared.train(args.runs[0], torch_threads=args.threads))]
    if torch.cuda.is_available():
        found.append(devices.prepare("cuda", declared.train(args.runs[0])))
    columns = ["floor", "loop", "plain"] + ["timm"] * bool(args.timm_script)
    ratios = [f"loop / {other}" for other in columns if other != "loop"]
    with tempfile.TemporaryDirectory() as name:
        made_files(Path(name), args.images, declared.classes)
        print(f"{args.size} px, batch {args.batch}, {args.threads} thread(s), {args.precision}, images/s (medians)")
        print("|".join(["", *(f" {cell} " for cell in ["run", "device", *columns, *ratios]), ""]))
        print("|---" * (2 + len(columns) + len(ratios)) + "|")
        for device in found:
            for run in args.runs:
                speed = compare(declared, run, device, args, Path(name))
                cells = [run, devices.describe(device), *(rounded(speed[column]) for column in columns)]
                cells += [f"{speed['loop'] / speed[other]:.2f}" for other in columns if other != "loop"]
                print("|".join(["", *(f" {cell} " for cell in cells), ""]), flush=True)


if __name__ == "__main__":
    main()
