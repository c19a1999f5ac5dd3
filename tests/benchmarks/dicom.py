"""Headers and slices a second beside bare pydicom, and the memory that ingest needs for few and for many studies.

Run as a script, e.g. `python tests/benchmarks/dicom.py --studies 8`; prints one table. Headers: `dcmread` of every file
with the same tags and without pixels, beside what ingest does with them. Slices: `dcmread` and `pixel_array`, beside
the reader. Both in CPU seconds of one process, the best of three rounds that alternate. Memory: the largest resident
size of ingest on that many studies, and on four times as many. `--files` names a folder of real files instead.

From file to row: raw, JPEG-LS and JPEG 2000 slices of 512×512, read, a box cut out, its local contrast made even,
brought to 100×100; beside a plain script (pixel_array, least and largest value, scikit-image's CLAHE and resize),
and beside the decoder alone, the fastest that there is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless
from skimage.exposure import equalize_adapthist
from skimage.transform import resize

from tests.data.dicom.written_dicom import CORONAL, set_pixels, slice_of, write
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, SeriesRule
from workflow_scripts.contracts.step_settings.preprocess_settings import SlicePacking
from workflow_scripts.data.dicom.decoding import Pixels
from workflow_scripts.data.dicom.headers import Header, read_headers
from workflow_scripts.data.dicom.tags import TAGS
from workflow_scripts.data.readers.dicom_reader import DicomReader, Slice
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import FileSample
from workflow_scripts.preprocessing.slice_packing import SlicePacker

ROOT = Path(__file__).resolve().parents[2]
SLICES, SIDE, ROUNDS = 20, 256, 3
LARGE, PACKED, ROW = 512, 30, 100
# A small lesion's box, a large one's, and no lesion.
BOXES = {
    "130×110": Slice(0, 180, 200, 310, 310),
    "232×232": Slice(0, 140, 140, 372, 372),
    "whole": Slice(0, 0, 0, LARGE, LARGE),
}
# Name → transfer syntax and the fastest decoder of it; empty: none is needed.
SYNTAXES = {
    "raw": (ExplicitVRLittleEndian, ""),
    "JPEG-LS": (JPEGLSLossless, "pyjpegls"),
    "JPEG 2000": (JPEG2000Lossless, ""),
}


def write_studies(root: Path, studies: int) -> Path:
    """Studies of a sagittal T2-weighted series that is taken and two that are not."""
    pixels = np.random.default_rng(0).integers(0, 4096, (SIDE, SIDE), dtype=np.uint16)
    kinds = ({}, {"ImageOrientationPatient": CORONAL}, {"EchoTime": "10"})
    for study in range(studies):
        for index, changes in enumerate(kinds):
            for number in range(SLICES):
                own = {"PatientID": f"p{study}", "StudyInstanceUID": f"1.2.{study}", **changes}
                data = slice_of(3.0 * number, number + 1, f"1.2.{study}.{index}", **own)
                set_pixels(data, pixels + np.uint16(number + study))
                write(root / f"{study}" / f"{index}" / f"{number}.dcm", data)
    rows = "".join(f"p{study},{'ab'[study % 2]}\n" for study in range(studies))
    (root / "patients.csv").write_text(f"patient,label\n{rows}")
    return root


def rates(count: int, *functions: Callable[[], object]) -> list[float]:
    """Files a CPU second of each function, the best of some rounds."""
    best = [0.0] * len(functions)
    for _ in range(ROUNDS):
        for index, function in enumerate(functions):
            started = time.process_time()
            function()
            best[index] = max(best[index], count / (time.process_time() - started))
    return best


def bare_headers(files: list[Path]) -> None:
    for path in files:
        dcmread(path, stop_before_pixels=True, specific_tags=[*TAGS])


def bare_pixels(files: list[Path]) -> None:
    for path in files:
        _ = dcmread(path).pixel_array


def own_pixels(files: list[Path]) -> None:
    for path in files:
        Pixels(path).frame(0)


def write_slices(root: Path, syntax: str) -> list[Path]:
    """Slices of smooth tissue and noise of 12 bits in a syntax."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:LARGE, :LARGE] / LARGE
    tissue = 1500 + 900 * np.sin(7 * rows) * np.cos(5 * columns)
    files = []
    for number in range(PACKED):
        data = slice_of(3.0 * number, number + 1, "1.2.3")
        set_pixels(data, np.clip(tissue + rng.normal(0, 60, tissue.shape), 0, 4095).astype(np.uint16))
        files.append(write(root / f"{number}.dcm", data, syntax))
    return files


def decoded(files: list[Path], plugin: str) -> None:
    for path in files:
        data = dcmread(path)
        data.pixel_array_options(decoding_plugin=plugin)
        _ = data.pixel_array


def plain_rows(files: list[Path], box: Slice) -> None:
    for path in files:
        pixels = dcmread(path).pixel_array.astype(np.float32)
        scaled = (pixels - pixels.min()) / (pixels.max() - pixels.min())
        crop = scaled[box.top : box.bottom, box.left : box.right]
        (resize(equalize_adapthist(crop), (ROW, ROW), anti_aliasing=True) * 255).astype(np.uint8)


def own_rows(files: list[Path], box: Slice) -> None:
    packer = SlicePacker(ROW, SlicePacking(margin=0, local_contrast="clahe"))
    for path in files:
        with DicomReader().open(path, Limits()) as opened:
            packer.row(opened, FileSample(0, box))


def print_rows(folder: Path) -> None:
    """The table of slices from file to row."""
    print("\n| slices a second | decoder alone | plain script | here | of the script | of the decoder |")
    print("|---|---|---|---|---|---|")
    for name, (syntax, plugin) in SYNTAXES.items():
        files = write_slices(folder / name, syntax)
        for size, box in BOXES.items():
            work = (partial(decoded, files, plugin), partial(plain_rows, files, box), partial(own_rows, files, box))
            alone, plain_rate, own = rates(len(files), *work)
            ratios = f"{own / plain_rate:.2f} | {own / alone:.2f}"
            print(f"| {name}, {size} | {alone:.0f} | {plain_rate:.0f} | {own:.0f} | {ratios} |")


def peak_memory(root: Path, out: Path) -> float:
    """MiB of ingest in a process of its own."""
    ingest = plain(Ingest(patients="patients.csv", series=SeriesRule("sagittal", "T2")))
    settings = {"study": "test", "adapters": ["dicom"], "synthetic": False, "scale": "demo", "listing": None}
    settings |= {"attributes": [], "ingest": ingest}
    command = [sys.executable, "-m", "workflow_scripts.steps.ingest", "--settings", json.dumps(settings)]
    command += ["--source", f"dicom={root}", "--out", str(out), "--key", str(out / "key"), "--work", str(out / "work")]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ingest ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def main(args: argparse.Namespace) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = write_studies(folder / "few", args.studies)
        root = args.files or few
        headers = [item for item in read_headers(root) if isinstance(item, Header)]
        files = [root / header.file for header in headers]
        single = [root / header.file for header in headers if len(header.frames) == 1 and header.width]
        print("| what | bare pydicom | here | ratio |\n|---|---|---|---|")
        bare, own = rates(len(files), lambda: bare_headers(files), lambda: list(read_headers(root)))
        print(f"| headers a second, {len(files)} files | {bare:.0f} | {own:.0f} | {own / bare:.2f} |")
        bare, own = rates(len(single), lambda: bare_pixels(single), lambda: own_pixels(single))
        print(f"| slices a second, {len(single)} files | {bare:.0f} | {own:.0f} | {own / bare:.2f} |")
        small = peak_memory(few, folder / "out-few")
        large = peak_memory(write_studies(folder / "many", 4 * args.studies), folder / "out-many")
        studies = f"{args.studies} and of {4 * args.studies} studies"
        print(f"| MiB of {studies} | {small:.0f} | {large:.0f} | {large / small:.2f} |")
        print_rows(folder / "rows")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=8, help="studies of 60 files (default: 8)")
    parser.add_argument("--files", type=Path, help="folder of DICOM files to time instead")
    main(parser.parse_args())
