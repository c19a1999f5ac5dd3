"""From files to packed arrays: pixels uint8 N×S×S×3 and masks uint8 N×S×S, rows in manifest order.

The same bytes whatever the number of jobs.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from workflow_scripts.data.images import Box, crop, decode, pixel_digest, read_bytes
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.selecting import changed
from workflow_scripts.preprocessing.masks import mask
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.process_pool import ordered_map

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
    mask: str


@dataclass(frozen=True)
class Arrays:
    """The files that are filled, and at which byte the first row of each begins; `masks` is None without masks."""

    images: Path
    images_start: int
    masks: Path | None
    masks_start: int


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
    inner = image.resize(tuple(max(1, round(side * scale)) for side in image.size), resample)
    canvas = Image.new("RGB", target, border_colour(image))
    canvas.paste(inner, ((packing.size - inner.width) // 2, (packing.size - inner.height) // 2))
    return canvas


def packed(data: bytes, packing: Packing, max_megapixels: float) -> tuple[np.ndarray, float]:
    """Pixels (uint8 size×size×3) of a whole file's bytes, and its width / height; RefusedSampleError as decode.

    Its mask, where the packing has one, is preprocessing.masks.mask of these pixels.
    """
    image = decode(data, max_megapixels, _at_least(packing))
    return np.asarray(fitted(image, packing)), image.width / image.height


def border_colour(image: Image.Image) -> tuple[int, int, int]:
    """Median red, green and blue (0-255) of the outermost pixels."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(value) for value in np.median(border, axis=0))


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
            whole = windows is None or np.isnan(windows[row][0])
            parts.append(Part(row, None if whole else Box(*map(int, windows[row])), sha256, change))
        yield FileTask(sources[source] / path, tuple(parts))


class ChangedFileError(UserError):
    """A raw file is not what ingest saw; `path` is the file."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(path, what)
        self.path = path

    def __str__(self) -> str:
        return " ".join(map(str, self.args))


def pack_file(task: FileTask, packing: Packing, arrays: Arrays) -> int:
    """Write the rows of a file into the arrays; the number of rows.

    ChangedFileError when the file is not what ingest saw.
    """
    try:
        data = read_bytes(task.path)
        # A window is given in full-size pixels: only whole files can be decoded smaller.
        image = decode(data, at_least=_at_least(packing) if task.parts[0].box is None else None)
        windows = [image if part.box is None else crop(image, part.box) for part in task.parts]
    except RefusedSampleError as refusal:
        raise ChangedFileError(task.path, f"could be read by ingest, but now: {refusal}") from None
    for part, window in zip(task.parts, windows, strict=True):
        seen = hashlib.sha256(data).hexdigest() if part.box is None else pixel_digest(window)
        if seen != part.sha256:
            raise ChangedFileError(task.path, "has changed since ingest read it")
        pixels = np.asarray(fitted(changed(window, part.change), packing))
        _write_row(arrays.images, arrays.images_start, part.row, pixels)
        if arrays.masks is not None:
            _write_row(arrays.masks, arrays.masks_start, part.row, mask(pixels, packing.mask))
    return len(task.parts)


def _write_row(path: Path, start: int, row: int, values: np.ndarray) -> None:
    # Not through a map: a full disk would kill the process instead of raising, and written pages count as memory.
    with path.open("r+b") as handle:
        handle.seek(start + row * values.nbytes)
        handle.write(values.tobytes())


def pack(
    images: Path, masks: Path, manifest: pd.DataFrame, sources: dict[str, Path], packing: Packing, jobs: int
) -> tuple:
    """Write images.npy and masks.npy, each whole or not at all; returns the shape (N, size, size, 3) of the first.

    Without masks the second one has no rows. Memory does not grow with N. Raises UserError for a file that is not what
    ingest saw, OSError for a full disk.
    """
    shape = (len(manifest), packing.size, packing.size, 3)
    masked = packing.mask != "none"
    with atomic_path(images) as images_part, atomic_path(masks) as masks_part:
        start = _reserve(images_part, shape)
        masks_start = _reserve(masks_part, shape[:3] if masked else (0, *shape[1:3]))
        arrays = Arrays(images_part, start, masks_part if masked else None, masks_start)
        work = partial(pack_file, packing=packing, arrays=arrays)
        done = sum(ordered_map(work, file_tasks(manifest, sources), jobs))
        assert done == len(manifest), (done, len(manifest))
    return shape


def _reserve(path: Path, shape: tuple[int, ...]) -> int:
    """Make an array file of bytes and ask for all its space; the byte at which its first row begins."""
    if not shape[0]:
        with path.open("wb") as handle:
            np.save(handle, np.zeros(shape, np.uint8))
        return 0
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    start = array.offset
    del array
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with path.open("r+b") as handle:
            # Asks for all the space now, so that a full disk is known before an hour of work.
            os.posix_fallocate(handle.fileno(), 0, start + int(np.prod(shape)))
    return start
