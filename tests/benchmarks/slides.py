"""Tiles a second of whole slides beside OpenSlide, and of the way from a slide to an array beside plain scripts.

Run as a script, e.g. `python tests/benchmarks/slides.py`; prints two tables. The slide is made: 20,000×20,000 pixels,
JPEG tiles of 256, three levels, a quarter of it tissue; `--slide` names a real one instead.

Reading: rows of the grid of level 0, tile after tile: OpenSlide's `read_region` and RGB, beside the reader; CPU
seconds, the best of three rounds that alternate. Both give the same pixels, else nothing is printed.

From slide to array, once each, in a process of its own: a plain script that reads every tile, looks whether it is
white, and writes those that are not as PNG; the same with nothing written; a mask first, and the tiles in it by
OpenSlide; the same by the reader. Memory is the largest resident size of that process, `beyond` without the array and
without what the process had before it opened the slide.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import imagecodecs
import numpy as np
import openslide
import tifffile
from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import TileRule
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.data.slides.tiling import tiling_of
from workflow_scripts.data.slides.tissue import tissue_mask

ROOT = Path(__file__).resolve().parents[2]
SIDE, STORED, TILE, ROUNDS = 20_000, 256, 224, 3
MICRONS = 0.5
# Downsamples of the levels below the full one.
BELOW = (4, 16)
KINDS = 24
# A tile whose mean is above it is glass to the plain script.
WHITENESS = 220


@dataclass(frozen=True)
class Cost:
    """Of a way from slide to array: seconds, tiles, and MiB."""

    wall: float
    cpu: float
    tiles: int
    peak: float
    beyond: float


def write_slide(path: Path, side: int = SIDE) -> Path:
    """A slide of round pieces of tissue on glass; lower levels are made of the full one's tiles."""
    kinds = [_glass(), *(_tissue(seed) for seed in range(KINDS))]
    layout = _layout(-(-side // STORED))
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for downsample in (1, *BELOW):
            small = [cv2.resize(kind, (STORED // downsample,) * 2, interpolation=cv2.INTER_AREA) for kind in kinds]
            size = -(-side // downsample)
            file.write(
                _encoded(small, layout, downsample),
                shape=(size, size, 3),
                dtype="uint8",
                tile=(STORED, STORED),
                compression="jpeg",
                photometric="ycbcr",
                subsampling=(2, 2),
                subfiletype=int(downsample > 1),
                resolution=(10_000 / MICRONS / downsample,) * 2,
                resolutionunit="CENTIMETER",
                metadata=None,
            )
    return path


def _glass() -> np.ndarray:
    noise = np.random.default_rng(0).normal(242, 1.5, (STORED, STORED, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def _tissue(seed: int) -> np.ndarray:
    """Pink with dark nuclei."""
    rng = np.random.default_rng(seed + 1)
    tile = np.full((STORED, STORED, 3), (214, 150, 188), np.uint8)
    for x, y in rng.integers(0, STORED, (90, 2)):
        cv2.ellipse(tile, (int(x), int(y)), (6, 4), int(rng.integers(180)), 0, 360, (92, 62, 130), -1)
    return np.clip(tile + rng.normal(0, 7, tile.shape), 0, 255).astype(np.uint8)


def _layout(count: int) -> np.ndarray:
    """The kind of each tile of the full level; 0 is glass."""
    rows, columns = np.mgrid[:count, :count] / count
    pieces = ((0.3, 0.3, 0.17), (0.68, 0.4, 0.16), (0.45, 0.75, 0.18))
    inside = np.any([(rows - y) ** 2 + (columns - x) ** 2 < radius**2 for y, x, radius in pieces], axis=0)
    return np.where(inside, np.random.default_rng(0).integers(1, KINDS + 1, inside.shape), 0)


def _encoded(small: list[np.ndarray], layout: np.ndarray, downsample: int) -> Iterator[bytes]:
    """JPEG tiles of a level, row by row, each encoded once."""
    known: dict[bytes, bytes] = {}
    for top in range(0, len(layout), downsample):
        for left in range(0, len(layout), downsample):
            places = layout[top : top + downsample, left : left + downsample]
            key = places.tobytes() + bytes(places.shape)
            if key not in known:
                tile = np.full((STORED, STORED, 3), 242, np.uint8)
                picture = np.concatenate([np.concatenate([small[kind] for kind in row], axis=1) for row in places])
                tile[: picture.shape[0], : picture.shape[1]] = picture
                known[key] = imagecodecs.jpeg_encode(
                    tile, level=80, colorspace="rgb", outcolorspace="ycbcr", subsampling="420"
                )
            yield known[key]


def grid(width: int, height: int, rows: int | None = None) -> list[tuple[int, int]]:
    """Left and top of tiles row by row; of `rows` rows in the middle, or of all."""
    tops = list(range(0, height - TILE + 1, TILE))
    first = 0 if rows is None else max(0, (len(tops) - rows) // 2)
    return [(left, top) for top in tops[first:][:rows] for left in range(0, width - TILE + 1, TILE)]


def read_openslide(path: Path, places: list[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Tiles as most scripts read them."""
    with openslide.OpenSlide(path) as slide:
        for corner in places:
            yield np.asarray(slide.read_region(corner, 0, (TILE, TILE)).convert("RGB"))


def read_own(path: Path, places: list[tuple[int, int]]) -> Iterator[np.ndarray]:
    """The same tiles by the reader."""
    with open_slide(path) as slide:
        for left, top in places:
            yield slide.tile(left, top, TILE, TILE)


def rates(count: int, *readers: Callable[[], Iterator[np.ndarray]]) -> list[float]:
    """Tiles a CPU second of each reader, the best of some rounds."""
    best = [0.0] * len(readers)
    for _ in range(ROUNDS):
        for index, reader in enumerate(readers):
            started = time.process_time()
            for _tile in reader():
                pass
            best[index] = max(best[index], count / (time.process_time() - started))
    return best


def digest(tiles: Iterator[np.ndarray]) -> str:
    """sha256 of the pixels of tiles."""
    total = hashlib.sha256()
    for tile in tiles:
        total.update(tile.tobytes())
    return total.hexdigest()


def every_tile(path: Path, folder: Path, write: bool) -> int:
    """The plain script: every tile is read; those that are not white are kept. Gives their number."""
    with openslide.OpenSlide(path) as slide:
        places = grid(*slide.dimensions)
    kept = 0
    for (left, top), tile in zip(places, read_openslide(path, places), strict=True):
        if tile.mean() < WHITENESS:
            kept += 1
            if write:
                Image.fromarray(tile).save(folder / f"{left}-{top}.png")
    return kept


def masked(path: Path, folder: Path, tile_of: Callable[[Slide, int, int, int], np.ndarray]) -> int:
    """A mask on a small level first; tiles in it go into an array that is mapped into memory. Gives their number."""
    with open_slide(path) as slide:
        full = slide.levels[0]
        mask, _ = tissue_mask(slide, slide.microns or MICRONS)
        rule = TileRule(microns=slide.microns or MICRONS, pixels=TILE, min_tissue=0.25)
        tiling = tiling_of(mask, full.width, full.height, slide.microns or MICRONS, rule, "slide")
        shape = (len(tiling.tiles), TILE, TILE, 3)
        data = np.lib.format.open_memmap(folder / "data.npy", "w+", np.uint8, shape)
        for row, tile in enumerate(tiling.tiles):
            data[row] = tile_of(slide, tile.left, tile.top, tiling.side)
        data.flush()
    return len(data)


def masked_openslide(path: Path, folder: Path) -> int:
    """The tiles by OpenSlide, which most that make masks use."""
    with openslide.OpenSlide(path) as slide:

        def tile_of(_: Slide, left: int, top: int, side: int) -> np.ndarray:
            return np.asarray(slide.read_region((left, top), 0, (side, side)).convert("RGB"))

        return masked(path, folder, tile_of)


def masked_own(path: Path, folder: Path) -> int:
    """The tiles by the reader."""
    return masked(path, folder, lambda slide, left, top, side: slide.tile(left, top, side, TILE))


WAYS: dict[str, Callable[[Path, Path], int]] = {
    "every tile, white ones dropped, PNG": lambda path, folder: every_tile(path, folder, True),
    "the same, nothing written": lambda path, folder: every_tile(path, folder, False),
    "mask first, OpenSlide": masked_openslide,
    "mask first, here": masked_own,
}


def resident() -> float:
    """MiB, the largest so far of this process; what getrusage says is, after a start by another one, of that one."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def measure(way: str, path: Path) -> Cost:
    """The cost of a way in this process."""
    with tempfile.TemporaryDirectory() as name:
        before, started, wall = resident(), time.process_time(), time.perf_counter()
        tiles = WAYS[way](path, Path(name))
        cpu, wall = time.process_time() - started, time.perf_counter() - wall
        array = Path(name) / "data.npy"
        output = array.stat().st_size / 2**20 if array.exists() else 0.0
        return Cost(wall, cpu, tiles, resident(), max(0.0, resident() - before - output))


def measured_alone(way: str, path: Path) -> Cost:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--slide", str(path), "--measure", way]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, check=True)
    return Cost(**json.loads(done.stdout))


def print_reading(path: Path, rows: int) -> None:
    """The table of reading."""
    with open_slide(path) as slide:
        places = grid(slide.levels[0].width, slide.levels[0].height, rows)
    if digest(read_own(path, places)) != digest(read_openslide(path, places)):
        raise SystemExit("the two readers give other pixels")
    by_openslide, own = rates(len(places), lambda: read_openslide(path, places), lambda: read_own(path, places))
    print("| tiles a CPU second | OpenSlide | here | ratio |\n|---|---|---|---|")
    print(f"| {len(places)} of {TILE}×{TILE} | {by_openslide:.0f} | {own:.0f} | {own / by_openslide:.2f} |")


def print_ways(path: Path) -> None:
    """The table from slide to array."""
    costs = {way: measured_alone(way, path) for way in WAYS}
    print("\n| from slide to array | tiles | wall s | CPU s | of the CPU s | peak MiB | beyond |")
    print("|---|---|---|---|---|---|---|")
    slowest = next(iter(costs.values()))
    for way, cost in costs.items():
        numbers = (
            f"{cost.wall:.1f} | {cost.cpu:.1f} | {slowest.cpu / cost.cpu:.1f} | {cost.peak:.0f} | {cost.beyond:.0f}"
        )
        print(f"| {way} | {cost.tiles} | {numbers} |")


def main(args: argparse.Namespace) -> None:
    """Print the tables."""
    if args.measure:
        print(json.dumps(asdict(measure(args.measure, args.slide))))
        return
    with tempfile.TemporaryDirectory() as name:
        path = args.slide or write_slide(Path(name) / "slide.tif", args.side)
        print_reading(path, args.rows)
        print_ways(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=SIDE, help=f"of the slide that is made (default: {SIDE})")
    parser.add_argument("--rows", type=int, default=24, help="of tiles that are read (default: 24)")
    parser.add_argument("--slide", type=Path, help="a slide to time instead")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    main(parser.parse_args())
