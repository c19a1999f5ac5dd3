"""Speed and memory of the packing: of images beside the plainest loop that gives the same pixels, of slices beside the
plain script that anyone would write.

Run as `python tests/benchmarks/preprocessing.py [images] [jobs]`. All variants are measured in turn in the same run,
several rounds; the table holds medians and their ratio to the plain loop, because absolute numbers move with the load
of the machine. Processor time, of all processes together, moves less than the clock. No number is asserted.
"""

import hashlib
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from PIL import Image  # noqa: E402

from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, SlicePacking  # noqa: E402
from workflow_scripts.data.readers.image_reader import ImageReader  # noqa: E402
from workflow_scripts.data.reading import RawFiles  # noqa: E402
from workflow_scripts.preprocessing.packed_array import pack  # noqa: E402
from workflow_scripts.preprocessing.packing import ImagePacker  # noqa: E402
from workflow_scripts.preprocessing.slice_packing import packed_slice  # noqa: E402
from workflow_scripts.runtime.work_folder import WorkFolder  # noqa: E402

SIZE, ROUNDS = 96, 3
SLICE_SIZE, SLICES = 100, 60


def make_jpegs(folder: Path, count: int, side: int, distinct: int = 200) -> pd.DataFrame:
    """`count` JPEG files of side×side pixels, `distinct` different ones and links to them, and their manifest."""
    folder.mkdir()
    digests = []
    for index in range(count):
        path = folder / f"{index:06d}.jpg"
        if index < distinct:
            rng = np.random.default_rng(index)
            rough = rng.integers(60, 220, (side // 12, side // 12, 3), dtype=np.uint8)
            smooth = np.asarray(Image.fromarray(rough).resize((side, side), Image.Resampling.BICUBIC), dtype=float)
            noisy = smooth + rng.normal(0, 6, smooth.shape)
            Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path, quality=90)
            digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        else:
            os.link(folder / f"{index % distinct:06d}.jpg", path)
            digests.append(digests[index % distinct])
    names = [f"{index:06d}.jpg" for index in range(count)]
    return pd.DataFrame({"id": names, "path": names, "source": "folder", "sha256": digests})


def plain_rows(out: Path, paths: list[Path], first: int, total: int) -> None:
    """What anyone would write: open, convert, resize, put into the array."""
    array = np.lib.format.open_memmap(out, mode="r+", dtype=np.uint8, shape=(total, SIZE, SIZE, 3))
    for row, path in enumerate(paths, start=first):
        array[row] = np.asarray(Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def plain(out: Path, paths: list[Path], processes: int) -> None:
    np.lib.format.open_memmap(out, mode="w+", dtype=np.uint8, shape=(len(paths), SIZE, SIZE, 3))
    step = -(-len(paths) // processes)
    workers = [
        multiprocessing.Process(target=plain_rows, args=(out, paths[first : first + step], first, len(paths)))
        for first in range(0, len(paths), step)
    ]
    if processes == 1:
        plain_rows(out, paths, 0, len(paths))
        return
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def files_of(folder: Path) -> RawFiles:
    return RawFiles({"folder": folder}, {"folder": ImageReader()})


def ours(out: Path, manifest: pd.DataFrame, folder: Path, jobs: int, draft: bool) -> None:
    work = WorkFolder(out.parent / ".work", "benchmark")
    pack(out, manifest, files_of(folder), ImagePacker(Packing(SIZE, draft=draft)), jobs, work)


def speed(work: Path, count: int, jobs: int) -> None:
    folder = work / "speed"
    manifest = make_jpegs(folder, count, 360)
    paths = [folder / name for name in manifest["path"]]
    variants = {
        "plain loop, one process": partial(plain, paths=paths, processes=1),
        f"plain loop, {jobs} processes": partial(plain, paths=paths, processes=jobs),
        "preprocess, 1 job": partial(ours, manifest=manifest, folder=folder, jobs=1, draft=False),
        f"preprocess, {jobs} jobs": partial(ours, manifest=manifest, folder=folder, jobs=jobs, draft=False),
        f"preprocess, {jobs} jobs, draft": partial(ours, manifest=manifest, folder=folder, jobs=jobs, draft=True),
    }
    times, costs = ({name: [] for name in variants} for _ in range(2))
    for _ in range(ROUNDS):
        for index, (name, variant) in enumerate(variants.items()):
            start, busy = time.perf_counter(), sum(os.times()[:4])
            variant(work / f"{index}.npy")
            times[name].append(time.perf_counter() - start)
            costs[name].append(sum(os.times()[:4]) - busy)
    reference = np.load(work / "0.npy")
    print(f"\n{count} JPEGs of 360×360 to {SIZE}×{SIZE}, median of {ROUNDS} rounds, {os.cpu_count()} cores\n")
    print("| | images/s | × plain | CPU ms/image | same pixels as plain |\n|" + "---|" * 5)
    for index, (name, seconds) in enumerate(times.items()):
        ratio = statistics.median(a / b for a, b in zip(times["plain loop, one process"], seconds, strict=True))
        same = "yes" if np.array_equal(reference, np.load(work / f"{index}.npy")) else "no"
        cost = 1000 * statistics.median(costs[name]) / count
        print(f"| {name} | {count / statistics.median(seconds):.0f} | {ratio:.2f} | {cost:.2f} | {same} |")


@dataclass(frozen=True)
class SliceBox:
    """A box of the only frame."""

    left: int
    top: int
    right: int
    bottom: int
    frame: int = 0


def scan(seed: int, side: int = 512) -> np.ndarray:
    """A raw slice, uint16, smooth tissue and noise."""
    generator = np.random.default_rng(seed)
    rough = Image.fromarray(generator.normal(500, 180, (16, 16)).astype(np.float32))
    tissue = np.asarray(rough.resize((side, side), Image.Resampling.BICUBIC))
    return np.clip(tissue + generator.normal(0, 25, tissue.shape), 0, 4095).astype(np.uint16)


def plain_slice(frame: np.ndarray, box: SliceBox) -> np.ndarray:
    """What anyone would write: min-max, crop, CLAHE and size with scikit-image."""
    from skimage.exposure import equalize_adapthist
    from skimage.transform import resize

    pixels = frame.astype(np.float64)
    pixels = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    crop = equalize_adapthist(pixels[box.top : box.bottom, box.left : box.right])
    return (resize(crop, (SLICE_SIZE, SLICE_SIZE), anti_aliasing=True) * 255).astype(np.uint8)[..., None]


def our_slice(frame: np.ndarray, box: SliceBox) -> np.ndarray:
    settings = SlicePacking(margin=0, local_contrast="clahe")
    return packed_slice(frame.astype(np.float32), box, SLICE_SIZE, settings)


def slices() -> None:
    """Milliseconds a slice from the raw pixels in memory to the row, one thread, of a lesion's box and of all of it."""
    frames = [scan(seed) for seed in range(8)]
    print(f"\nRaw slices of 512×512 to {SLICE_SIZE}×{SLICE_SIZE}, median of {ROUNDS} rounds of {SLICES}, one thread\n")
    print("| | plain ms | ours ms | × plain |\n|" + "---|" * 4)
    for name, box in (("box of 130×110", SliceBox(180, 200, 310, 310)), ("whole slice", SliceBox(0, 0, 512, 512))):
        times: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(ROUNDS):
            for which, work in (("plain", plain_slice), ("ours", our_slice)):
                start = time.perf_counter()
                for number in range(SLICES):
                    work(frames[number % len(frames)], box)
                times[which].append(1000 * (time.perf_counter() - start) / SLICES)
        plain_ms, own_ms = (statistics.median(times[which]) for which in ("plain", "ours"))
        ratio = statistics.median(first / second for first, second in zip(*times.values(), strict=True))
        print(f"| {name} | {plain_ms:.2f} | {own_ms:.2f} | {ratio:.2f} |")


def memory(work: Path, jobs: int) -> None:
    """Peak memory of a process that packs, and of its largest worker, over few and many images."""
    print(f"\nPeak memory, {jobs} jobs, images of 64×64 to 224×224\n")
    print("| images | array MB | process MB | worker MB |\n|" + "---|" * 4)
    for count in (2000, 20000):
        manifest = make_jpegs(work / f"memory{count}", count, 64)
        manifest.to_csv(work / "manifest.csv", index=False)
        command = [sys.executable, __file__, "--pack", str(work), f"memory{count}", str(jobs)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        own, worker = map(float, said.split())
        print(f"| {count} | {count * 224 * 224 * 3 / 1e6:.0f} | {own:.0f} | {worker:.0f} |")
        (work / "memory.npy").unlink()


def pack_and_tell(work: Path, name: str, jobs: int) -> None:
    manifest = pd.read_csv(work / "manifest.csv", dtype=str)
    state = WorkFolder(work / ".work", "benchmark")
    pack(work / "memory.npy", manifest, files_of(work / name), ImagePacker(Packing(224)), jobs, state)
    print(*(resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pack"]:
        pack_and_tell(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        count, jobs = (int(text) for text in (sys.argv[1:] + ["1000", "2"][len(sys.argv) - 1 :]))
        with tempfile.TemporaryDirectory() as name:
            speed(Path(name), count, jobs)
            slices()
            memory(Path(name), jobs)
