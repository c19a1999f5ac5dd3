"""What the search for near copies costs for many pictures, in a whole run of the step that reads the raw files.

cervix measure near_copies_size -- python tests/benchmarks/near_copies_size.py DATA [--count 20000] [--copies 0 6000]

DATA holds unpacked data sets, as for near_copies.py. Where there are fewer real pictures than --count, further ones are
mixed of two real ones, half and half; --copies of all are changed copies of real ones, a row for each such number. The
time is that of two processes on this machine, memory is what the step's processes together hold (PSS), looked at every
second.
"""

import argparse
import multiprocessing
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil
from PIL import Image

from tests.benchmarks.near_copies import SETS
from tests.made_copies import all_together
from tests.raw import run_ingest
from workflow_scripts.contracts.dataset_record import DatasetRecord
from workflow_scripts.contracts.record import read_view

SIDE = 128


def written(data: Path, folder: Path, count: int, copies: int) -> int:
    """Write so many pictures into two folders of classes; how many are real."""
    paths = [path for name, pattern in SETS.items() for path in sorted((data / name).glob(pattern))]
    rng = np.random.default_rng(1)
    real = [_read(path) for path in paths[: count - copies]]
    made = [all_together(real[number % len(real)], rng) for number in range(copies)]
    pictures = [*real, *made]
    while len(pictures) < count:
        first, second = rng.choice(len(real), 2, replace=False)
        pictures.append(((real[first].astype(np.uint16) + real[second]) // 2).astype(np.uint8))
    for number, pixels in enumerate(pictures):
        path = folder / "xy"[number % 2] / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, compress_level=1)
    return len(real)


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize((SIDE, SIDE)))


def _ingest(raw: Path, out: Path) -> None:
    run_ingest(out, sources={"folder": raw}, jobs=2)


def _held(root: psutil.Process) -> float:
    """MiB that a process and those below it hold together."""
    memory = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            memory += process.memory_full_info().pss / 2**20
        except psutil.Error:
            continue
    return memory


def measured(data: Path, count: int, copies: int) -> str:
    """A row of the table, of a run of the step; SystemExit when it fails."""
    with tempfile.TemporaryDirectory() as name:
        raw, out = Path(name, "raw"), Path(name, "out")
        real = written(data, raw, count, copies)
        process = multiprocessing.get_context("spawn").Process(target=_ingest, args=(raw, out))
        started = time.monotonic()
        process.start()
        largest, ended = 0.0, threading.Event()

        def watch() -> None:
            nonlocal largest
            while not ended.wait(1.0):
                try:
                    largest = max(largest, _held(psutil.Process(process.pid)))
                except psutil.Error:
                    return

        watching = threading.Thread(target=watch)
        watching.start()
        process.join()
        seconds = time.monotonic() - started
        ended.set()
        watching.join()
        if process.exitcode:
            sys.exit(f"the step ended with status {process.exitcode}")
        findings = read_view(DatasetRecord, out / "record.json").near_copies
        assert findings is not None
    left = findings.unread + findings.unmatched + findings.uncompared
    counts = f"{findings.compared} | {left} | {findings.proven}"
    return f"| {count} | {real} | {copies} | {seconds / 60:.1f} | {largest:.0f} | {counts} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--copies", type=int, nargs="+", default=[0])
    args = parser.parse_args()
    print("| pictures | real | copies made | minutes | MiB | pairs compared | not in time | proven |")
    print("|---|---|---|---|---|---|---|---|")
    for copies in args.copies:
        print(measured(args.data, args.count, copies), flush=True)


if __name__ == "__main__":
    main()
