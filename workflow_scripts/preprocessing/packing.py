"""From files to the packed array: pixels uint8 N×S×S×3, rows in manifest order.

The same bytes whatever the number of jobs.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from workflow_scripts.contracts.array_writer import RowWriter, new_array
from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.data.images import Box, crop, decode, pixel_digest, read_bytes
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.selecting import changed
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.results_layout import remedy

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Packing:
    """How an image becomes size×size pixels: the settings `preprocess`."""

    size: int
    fit: str
    interpolation: str
    draft: bool

    @property
    def array(self) -> ArrayDescription:
        """What the packed images are."""
        return ArrayDescription(PIXELS, "uint8", (self.size, self.size, 3), 255)


@dataclass(frozen=True)
class Part:
    """A row of the array, its window of the file (None: all of it), its sha256 there, and how a copy is turned."""

    row: int
    box: Box | None
    sha256: str
    change: str


@dataclass(frozen=True)
class FileTask:
    """A file and the rows it fills."""

    path: Path
    parts: tuple[Part, ...]


def fitted(image: Image.Image, packing: Packing) -> Image.Image:
    """The RGB image as size×size pixels, antialiased.

    squash: both sides to `size`; pad: the longer side to `size`, the rest in the median colour of the image's border;
    crop: the shorter side to `size`, the middle taken.
    """
    target = (packing.size, packing.size)
    resample = FILTERS[packing.interpolation]
    if packing.fit == "squash":
        return image.resize(target, resample)
    if packing.fit == "crop":
        return ImageOps.fit(image, target, resample)
    scale = packing.size / max(image.size)
    inner = image.resize(scaled(image, scale), resample)
    canvas = Image.new("RGB", target, border_colour(image))
    canvas.paste(inner, ((packing.size - inner.width) // 2, (packing.size - inner.height) // 2))
    return canvas


def packed(data: bytes, packing: Packing, max_megapixels: float) -> tuple[np.ndarray, float]:
    """Pixels (uint8 size×size×3) of a whole file's bytes, and its width / height; RefusedSampleError as decode."""
    image = decode(data, max_megapixels, _at_least(packing))
    return np.asarray(fitted(image, packing)), image.width / image.height


def scaled(image: Image.Image, scale: float) -> tuple[int, int]:
    """Width and height of an image made larger or smaller, a pixel at least."""
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def border_colour(image: Image.Image) -> tuple[int, int, int]:
    """Median red, green and blue (0-255) of the outermost pixels."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(value) for value in np.median(border, axis=0))
    return red, green, blue


def _at_least(packing: Packing) -> int | None:
    return packing.size if packing.draft else None


def file_tasks(manifest: pd.DataFrame, sources: dict[str, Path]) -> Iterator[FileTask]:
    """Files of the manifest in its order; neighbouring rows of one file share its decoding."""
    windows = manifest[["left", "top", "right", "bottom"]].to_numpy() if "left" in manifest else None
    changes = manifest["change"].astype(str).replace("nan", "") if "change" in manifest else [""] * len(manifest)
    columns = zip(manifest["source"], manifest["path"], manifest["sha256"], changes, strict=True)
    for (source, path), rows in groupby(enumerate(columns), key=lambda item: item[1][:2]):
        if source not in sources:
            raise UserError(f"the manifest has files of {source!r}, but --source names {', '.join(sources)}")
        parts = []
        for row, (_, _, sha256, change) in rows:
            sides = None if windows is None or np.isnan(windows[row][0]) else windows[row]
            parts.append(Part(row, None if sides is None else Box(*map(int, sides)), sha256, change))
        yield FileTask(sources[source] / path, tuple(parts))


class ChangedFileError(UserError):
    """A raw file is not what ingest saw; `path` is the file."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(path, what)
        self.path = path

    def __str__(self) -> str:
        return " ".join(map(str, self.args))


def remedied(error: ChangedFileError, dataset: Path, made: bool) -> UserError:
    """The error with what to do: make the file again where it is `made`, else the dataset in this folder."""
    return UserError(f"{error}; {remedy(error.path if made else dataset / 'record.json')}")


def windows_of(task: FileTask, at_least: int | None = None) -> list[Image.Image]:
    """The RGB picture of each part of a file, as it lies there; ChangedFileError when they are not what ingest saw.

    at_least: side in pixels down to which a whole file may be decoded smaller than it is.
    """
    try:
        data = read_bytes(task.path)
        # A window is given in full-size pixels: only whole files can be decoded smaller.
        image = decode(data, at_least=at_least if task.parts[0].box is None else None)
        windows = [image if part.box is None else crop(image, part.box) for part in task.parts]
    except RefusedSampleError as refusal:
        raise ChangedFileError(task.path, f"could be read by ingest, but now: {refusal}") from None
    for part, window in zip(task.parts, windows, strict=True):
        seen = hashlib.sha256(data).hexdigest() if part.box is None else pixel_digest(window)
        if seen != part.sha256:
            raise ChangedFileError(task.path, "has changed since ingest read it")
    return windows


def pack_file(task: FileTask, packing: Packing, rows: RowWriter) -> int:
    """Write the rows of a file into the array; the number of rows. ChangedFileError as windows_of."""
    for part, window in zip(task.parts, windows_of(task, _at_least(packing)), strict=True):
        rows.write(part.row, np.asarray(fitted(changed(window, part.change), packing)))
    return len(task.parts)


def pack(path: Path, manifest: pd.DataFrame, sources: dict[str, Path], packing: Packing, jobs: int) -> None:
    """Write the array, whole or not at all.

    Memory does not grow with N. Raises UserError for a file that is not what ingest saw, OSError for a full disk.
    """
    with new_array(path, len(manifest), packing.array.dtype, packing.array.row_shape) as rows:
        work = partial(pack_file, packing=packing, rows=rows)
        done = sum(ordered_map(work, file_tasks(manifest, sources), jobs))
        assert done == len(manifest), (done, len(manifest))
