"""Images per second of the training loop, beside what the hardware allows and beside a plain loop.

    python tests/benchmarks/training.py [--models resnet18 mobilenetv2_100] [--size 64] [--batch 32] [--repeats 5]

floor: forward, backward and optimiser step on one batch that never changes: nothing can train faster.
loop:  this project's loop, on packed bytes, with flips, normalisation, history and all its checks.
plain: torchvision's ImageFolder and transforms, a DataLoader, the same network and optimiser; decodes JPEG files.

The three take turns, so that other work on the machine meets all alike; the table has medians over the repeats. On a
CPU a second is one of processor time a thread, which other programs do not lengthen: on an idle machine the same as by
the clock. Runs on the CPU and, where there is one, on a GPU. Needs neither Snakemake nor data: images are made.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from workflow_scripts.contracts.entry import namespace
from workflow_scripts.models import registry
from workflow_scripts.settings.runs import Train
from workflow_scripts.training import devices, recipe
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.data import Feeder, Subset
from workflow_scripts.training.loop import Saving, fit
from workflow_scripts.training.randomness import keys_of

CLASSES = [f"class_{number}" for number in range(8)]
SOURCE_SIZE = (363, 360)


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["resnet18", "mobilenetv2_100"])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--images", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    return parser.parse_args()


def synchronised(device: torch.device) -> float:
    """Seconds, after the device has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time() / torch.get_num_threads()


def floor_speed(model: torch.nn.Module, feeder: Feeder, train: object) -> float:
    """Images per second on one fixed batch."""
    optimizer, loss = recipe.optimiser(model, train), torch.nn.CrossEntropyLoss()
    images, targets = feeder.batch(np.arange(train.batch_size))
    model.train()
    steps = len(feeder) // train.batch_size
    start = synchronised(feeder.device)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        with devices.autocast(feeder.device, train.precision):
            logits = model(images)
        loss(logits.float(), targets).backward()
        optimizer.step()
    return steps * train.batch_size / (synchronised(feeder.device) - start)


def loop_speed(model: torch.nn.Module, feeder: Feeder, empty: Feeder, train: object, work: Path) -> float:
    """Images per second of this project's loop: one epoch, without validation."""
    start = synchronised(feeder.device)
    fit(model, feeder, empty, train, CLASSES, 0, Saving(Checkpoints(work)))
    return len(feeder) / (synchronised(feeder.device) - start)


def plain_speed(model: torch.nn.Module, folder: Path, size: int, device: torch.device, train: object) -> float:
    """Images per second of a plain loop over JPEG files."""
    from torchvision import datasets, transforms

    steps = [transforms.Resize((size, size)), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    steps.append(transforms.Normalize([0.5] * 3, [0.25] * 3))
    files = datasets.ImageFolder(folder, transforms.Compose(steps))
    workers = 0 if device.type == "cpu" else 8
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


def made_files(folder: Path, count: int) -> None:
    """JPEG files of a microscope's size, smooth enough to compress like photographs."""
    from PIL import Image

    generator = np.random.default_rng(0)
    for number in range(count):
        small = generator.integers(0, 256, (24, 24, 3)).astype("uint8")
        place = folder / CLASSES[number % len(CLASSES)]
        place.mkdir(exist_ok=True)
        Image.fromarray(small).resize(SOURCE_SIZE, Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=90)


def compare(name: str, device: torch.device, args: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Median speeds of the three for one network on one device."""
    block = {"epochs": 1, "batch_size": args.batch, "torch_threads": args.threads, "precision": args.precision}
    train = namespace(Train(**block, channels_last=args.channels_last).model_dump())
    images = np.random.default_rng(0).integers(0, 256, (args.images, args.size, args.size, 3)).astype("uint8")
    everything = np.arange(args.images)
    subset = Subset(everything, everything % len(CLASSES), keys_of(map(str, everything)))
    nothing = Subset(everything[:0], everything[:0], subset.keys[:0])
    layout = ([0.5] * 3, [0.25] * 3, args.channels_last)
    feeder, empty = (Feeder(images, part, device, *layout) for part in (subset, nothing))
    plain = registry.create(name, len(CLASSES), args.size, {}).to(device)
    model = registry.create(name, len(CLASSES), args.size, {}).to(device, memory_format=feeder.layout)
    speeds: dict[str, list[float]] = {"floor": [], "loop": [], "plain": []}
    for repeat in range(args.repeats + 1):
        with tempfile.TemporaryDirectory() as work:
            now = {
                "floor": floor_speed(model, feeder, train),
                "loop": loop_speed(model, feeder, empty, train, Path(work)),
                "plain": plain_speed(plain, folder, args.size, device, train),
            }
        if repeat:  # the first warms up
            for key, value in now.items():
                speeds[key].append(value)
    return {key: statistics.median(values) for key, values in speeds.items()}


def main() -> None:
    """Print the table."""
    args = arguments()
    train = namespace(Train(torch_threads=args.threads).model_dump())
    found = [devices.prepare("cpu", train)]
    if torch.cuda.is_available():
        found.append(devices.prepare("cuda", train))
    with tempfile.TemporaryDirectory() as name:
        made_files(Path(name), args.images)
        print(f"{args.size} px, batch {args.batch}, {args.threads} thread(s), {args.precision}, images/s (medians)")
        print(
            "| network | device | floor | loop | plain | loop / floor | loop / plain |\n|---|---|---|---|---|---|---|"
        )
        for device in found:
            for model in args.models:
                speed = compare(model, device, args, Path(name))
                ratios = f"{speed['loop'] / speed['floor']:.2f} | {speed['loop'] / speed['plain']:.2f}"
                numbers = " | ".join(f"{speed[key]:.0f}" for key in ("floor", "loop", "plain"))
                print(f"| {model} | {devices.describe(device)} | {numbers} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
