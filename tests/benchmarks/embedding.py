"""Pictures per second of the step `embed`, beside the bare forward pass of the same network.

    python tests/benchmarks/embedding.py [--models narrow_vgg vgg16] [--size 224] [--blocks 2] [--repeats 3]

bare:    the forward pass on one block of pictures that never changes, in the step's layout of memory.
fastest: the same in the batch size and the layout of memory that are fastest here: nothing can embed faster.
step:    from the array of pictures to the sealed record: reads, normalises, turns, rounds to float16, writes, digests.
start:   what the step does once, however many pictures there are: the network is built and tried on one picture. It is
         left out of `step`.

Columns take turns, so that other work on the machine meets all alike; the table has medians over the repeats, of the
ratio those within each repeat. On a CPU a second is one of processor time a thread: waiting for the disk is not in it.
Images are made, weights random: neither changes how long a forward pass takes.
"""

import argparse
import os
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from declared import made_images, rounded
from torch import nn
from training import synchronised

from workflow_scripts.contracts.arrays import ARRAY_INDEX, DATA, INDEX, RECORD, ArrayDescription, Arrays, open_arrays
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import embed
from workflow_scripts.training import devices
from workflow_scripts.training.embedder import BLOCK, SYMMETRIES, Embedder

THREADS = 1
# What the fastest forward pass is looked for among.
BATCHES = (4, BLOCK)
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
# What is run once before anything is measured.
SMALL, SMALLEST = "narrow_vgg", 32


@dataclass(frozen=True)
class Seconds:
    """Seconds of the columns; setup: the batch and the layout of the fastest forward pass."""

    bare: float
    fastest: float
    setup: str
    start: float
    step: float


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["narrow_vgg", "vgg16"])
    parser.add_argument("--stage", type=int, help="of a VGG-like network; without it: the last map")
    parser.add_argument("--symmetries", choices=list(SYMMETRIES), default="none")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--blocks", type=int, default=2, help=f"of {BLOCK} pictures, which the step writes together")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    return parser.parse_args()


def write_pictures(folder: Path, images: np.ndarray) -> Arrays:
    """The array of uint8 N×S×S×3 images, as the step `preprocess` leaves it; returns it, memory-mapped."""
    folder.mkdir()
    arrays = Arrays.of_rows(ArrayDescription("pixels", "uint8", images.shape[1:], 255), images)
    np.save(folder / DATA, images)
    ARRAY_INDEX.write(folder / INDEX, arrays.index)
    outputs = {name: digest_file(folder / name) for name in (DATA, INDEX)}
    described = arrays.description.as_record()
    write_record(folder / RECORD, make_record({}, "", {}, array=described, outputs=outputs, synthetic=True))
    return open_arrays(folder)


def forward_seconds(network: nn.Module, images: torch.Tensor, passes: int, device: torch.device) -> float:
    """Seconds of so many forward passes of a batch; the first one, which sets things up, is not counted."""
    with torch.no_grad():
        network(images)
        start = synchronised(device)
        for _ in range(passes):
            network(images)
        return synchronised(device) - start


def bare_seconds(embedder: Embedder, count: int, device: torch.device) -> float:
    """Seconds of the forward passes of so many pictures and their symmetries, a block at a time."""
    (images,) = embedder.pictures.batch(np.arange(BLOCK)).inputs
    return forward_seconds(embedder.network, images, count // BLOCK * embedder.symmetries, device)


def fastest_seconds(embedder: Embedder, count: int, device: torch.device) -> tuple[float, str]:
    """The same of the fastest of BATCHES and layouts, measured on one block of pictures; and which that is."""
    (images,) = embedder.pictures.batch(np.arange(BLOCK)).inputs
    seconds = {}
    for name, layout in LAYOUTS.items():
        network = embedder.network.to(memory_format=layout)
        for batch in BATCHES:
            part = images[:batch].contiguous(memory_format=layout)
            seconds[f"{batch}, {name}"] = forward_seconds(network, part, BLOCK // batch, device)
    fastest = min(seconds, key=seconds.__getitem__)
    return seconds[fastest] * embedder.symmetries * count / BLOCK, fastest


def measure(settings: EmbedSettings, arrays: Arrays, folder: Path, device: torch.device) -> Seconds:
    """The columns of one network, once; `folder`: new, for what the step writes."""
    start = synchronised(device)
    embedder = Embedder.of(settings, arrays, None, device)
    embedder.described()
    once = synchronised(device) - start
    bare = bare_seconds(embedder, len(arrays.data), device)
    fastest, setup = fastest_seconds(embedder, len(arrays.data), device)
    out = folder / "embedding"
    out.mkdir(parents=True)
    job = argparse.Namespace(
        settings=plain(settings),
        code="",
        log=None,
        arrays=folder.parent / "arrays",
        weights=None,
        device=device.type,
        work=folder / "work",
        out=out,
    )
    start = synchronised(device)
    embed.main(job)
    return Seconds(bare, fastest, setup, once, synchronised(device) - start - once)


def repeated(settings: EmbedSettings, images: np.ndarray, repeats: int, device: torch.device) -> list[Seconds]:
    """The columns of one network, each time anew."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = write_pictures(Path(folder) / "arrays", images)
        return [measure(settings, arrays, Path(folder) / str(number), device) for number in range(repeats)]


def main() -> None:
    """Print the table."""
    args = arguments()
    device = devices.prepare(args.device, Train(torch_threads=THREADS))
    # Modules that a job imports when it first needs them are no part of any column.
    repeated(EmbedSettings("made", "first", Embedding(SMALL), 0, THREADS), made_images(BLOCK, SMALLEST), 1, device)
    count = args.blocks * BLOCK
    print(f"{count} pictures of {args.size} px, symmetries: {args.symmetries}, on {devices.describe(device)}")
    print("| model | bare, pictures/s | fastest | in batches of | step | step / bare | step / fastest | start, s |")
    print("|---" * 8 + "|")
    for model in args.models:
        embedding = Embedding(model, stage=args.stage, symmetries=args.symmetries)
        settings = EmbedSettings("made", model, embedding, 0, THREADS)
        cells = cells_of(repeated(settings, made_images(count, args.size), args.repeats, device), count)
        print("|".join(["", *(f" {cell} " for cell in [model, *cells]), ""]), flush=True)


def cells_of(repeats: list[Seconds], count: int) -> list[str]:
    """A row of the table behind the model's name."""
    bare, fastest, step = (
        rounded(count / statistics.median(getattr(seconds, column) for seconds in repeats))
        for column in ("bare", "fastest", "step")
    )
    to_bare, to_fastest = (
        f"{statistics.median(getattr(seconds, column) / seconds.step for seconds in repeats):.3f}"
        for column in ("bare", "fastest")
    )
    setup = statistics.mode(seconds.setup for seconds in repeats)
    start = rounded(statistics.median(seconds.start for seconds in repeats))
    return [bare, fastest, setup, step, to_bare, to_fastest, start]


if __name__ == "__main__":
    main()
