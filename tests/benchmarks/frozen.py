"""Seconds of an epoch with frozen first stages: from pixels, and from stored maps of the eight flips and turns.

    python tests/benchmarks/frozen.py [--model vgg16] [--stages 4] [--size 224] [--images 32] [--repeats 3]

embed:  the maps of all flips and turns of the training images, once, as they are stored (float16).
pixels: an epoch of this project's loop through the whole network, whose first stages are frozen.
maps:   the same epoch of what is behind them, from the file of maps.

The columns take turns, so that other work on the machine meets all alike; the table has medians over the repeats and
the ratio of the medians. After `pays after` epochs of all trainings together that share the maps, pixels would have
taken longer. On a CPU a second is one of processor time a thread. Images are made, weights random: neither changes how
long an epoch takes.
"""

import argparse
import math
import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from declared import made_images, rounded
from torch import nn
from training import synchronised

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays, MapNetwork, MapSource
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.contracts.step_settings.train_settings import Augment, Train
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.training import devices
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.embedder import BLOCK, Embedder
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.feeders.maps import MapView
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.loop import Saving, fit
from workflow_scripts.training.one_training import behind_maps
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset

CLASSES = ["AC", "SCC"]
NOBODY = np.arange(0)
COLUMNS = ("embed", "pixels", "maps")


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="vgg16")
    parser.add_argument("--head", type=float, default=1 / 16, help="share of a VGG's 4096 hidden numbers; 0: no option")
    parser.add_argument("--stages", type=int, default=4)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    return parser.parse_args()


def subset(count: int) -> Subset:
    """So many samples of one row each, of both classes in turn."""
    rows = np.arange(count)
    return Subset(rows, np.ones_like(rows), rows % len(CLASSES), keys_of(map(str, rows)))


def embed(embedder: Embedder, pixels: Arrays, path: Path) -> Arrays:
    """Write the maps of the eight symmetries of pictures as the step does; returns them, memory-mapped."""
    count = len(pixels.data)
    blocks = [range(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    np.save(path, np.concatenate([embedder.rows(block) for block in blocks]))
    mean, std = tuple(embedder.mean), tuple(embedder.std)
    source = MapSource(pixels.description, mean, std, embedder.symmetries, MapNetwork("", {}, None, 0))
    stored = np.load(path, mmap_mode="r")
    return replace(Arrays.of_rows(ArrayDescription("maps", "float16", stored.shape[1:], 1), stored), source=source)


def epoch(network: nn.Module, view: View, arrays: Arrays, samples: Subset, device: torch.device, work: Path) -> float:
    """Seconds of one epoch of the loop, without validation."""
    learned, empty = view.training(arrays, samples, device), view.applied(arrays, samples.repeated(NOBODY), device)
    start = synchronised(device)
    fit(network, learned, empty, view.train, CLASSES, 0, Saving(Checkpoints(work), math.inf, math.inf))
    return synchronised(device) - start


def measure(args: argparse.Namespace, train: Train, device: torch.device, folder: Path) -> dict[str, float]:
    """Seconds of each column, once."""
    samples, options = subset(args.images), {"mlp_ratio": args.head} if args.head else {}
    pixels = made_images(args.images, args.size)
    arrays = Arrays.of_rows(ArrayDescription("pixels", "uint8", pixels.shape[1:], 255), pixels)
    network = registry.create(args.model, len(CLASSES), square(args.size), options)
    embedding = Embedding(args.model, options, stage=args.stages, symmetries="eight", normalise="half")
    embedder = Embedder.of(EmbedSettings("", "", embedding, 0, 1), arrays, None, device)
    start = synchronised(device)
    maps = embed(embedder, arrays, folder / "data.npy")
    seconds = {"embed": synchronised(device) - start}
    normalisation = embedder.mean, embedder.std
    seconds["pixels"] = epoch(network, PixelView(train, 0, *normalisation), arrays, samples, device, folder / "pixels")
    behind, how = behind_maps(network, train)
    rows = replace(samples, first=samples.first * embedder.symmetries, count=samples.count * embedder.symmetries)
    seconds["maps"] = epoch(behind, MapView(how, 0, *normalisation), maps, rows, device, folder / "maps")
    return seconds


def main() -> None:
    """Print the table."""
    args = arguments()
    flips = Augment(horizontal_flip=0.5, vertical_flip=0.5, quarter_turns=True)
    block = {"optimizer": "sgd", "learning_rate": 1e-4, "frozen_stages": args.stages, "augment": flips}
    train = Train(epochs=1, batch_size=args.batch, **block)
    device = devices.prepare(args.device, train)
    repeats = []
    for _ in range(args.repeats):
        with tempfile.TemporaryDirectory() as folder:
            repeats.append(measure(args, train, device, Path(folder)))
    seconds = {column: statistics.median(values[column] for values in repeats) for column in COLUMNS}
    saved = seconds["pixels"] - seconds["maps"]
    pays = f"{math.ceil(seconds['embed'] / saved)} epochs" if saved > 0 else "never"
    print(f"{args.images} images of {args.size} px, batch {args.batch}, on {devices.describe(device)}")
    print("| model | stages | embed, s | pixels, s an epoch | maps, s an epoch | pixels / maps | pays after |")
    print("|---" * 7 + "|")
    cells = [args.model, args.stages, *(rounded(seconds[column]) for column in COLUMNS)]
    print("|".join(["", *(f" {cell} " for cell in [*cells, rounded(seconds["pixels"] / seconds["maps"]), pays]), ""]))


if __name__ == "__main__":
    main()
