"""From files to the packed array: pixels uint8 N×S×S×3, rows in manifest order.

The same bytes whatever the number of jobs.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from workflow_scripts.contracts.array_writer import RowWriter, new_array
from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.readers.image_reader import ImageFile
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import ChangedFileError, FileSample, FileTask, RawFiles, verified
from workflow_scripts.data.selecting import changed
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.results_layout import remedy

FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def array_of(packing: Packing) -> ArrayDescription:
    """What the packed images are."""
    return ArrayDescription(PIXELS, "uint8", (packing.size, packing.size, 3), 255)


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


def packed(picture: Image.Image, packing: Packing, change: str = "") -> np.ndarray:
    """Pixels (uint8 size×size×3) of an RGB picture; `change` says how a copy is turned, see data.selecting."""
    return np.asarray(fitted(changed(picture, change), packing))


def limits_of(packing: Packing) -> Limits:
    """How a file is opened that is packed whole; a part of one is given in pixels of the whole picture."""
    return Limits(at_least=packing.size if packing.draft else None)


def scaled(image: Image.Image, scale: float) -> tuple[int, int]:
    """Width and height of an image made larger or smaller, a pixel at least."""
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def border_colour(image: Image.Image) -> tuple[int, int, int]:
    """Median red, green and blue (0-255) of the outermost pixels."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(value) for value in np.median(border, axis=0))
    return red, green, blue


def remedied(error: ChangedFileError, dataset: Path, synthetic: bool) -> UserError:
    """The error with what to do: make the file again where it is `made`, else the dataset in this folder."""
    return UserError(f"{error}; {remedy(error.path if synthetic else dataset / 'record.json')}")


def pictures_of(task: FileTask, limits: Limits) -> Iterator[tuple[FileSample, Image.Image]]:
    """The samples of an image file, each with its RGB picture; ChangedFileError when one is not what ingest saw."""
    for sample, opened in verified(task, limits):
        assert isinstance(opened, ImageFile)
        yield sample, opened.picture(sample.part)


def pack_file(task: FileTask, packing: Packing, rows: RowWriter) -> int:
    """Write the rows of a file into the array; the number of rows.

    ChangedFileError when the file is not what ingest saw.
    """
    limits = limits_of(packing) if task.samples[0].part is None else Limits()
    for sample, picture in pictures_of(task, limits):
        rows.write(sample.row, packed(picture, packing, sample.change))
    return len(task.samples)


def pack(path: Path, manifest: pd.DataFrame, raw: RawFiles, packing: Packing, jobs: int) -> None:
    """Write the array, whole or not at all.

    Memory does not grow with N. Raises UserError for a file that is not what ingest saw, OSError for a full disk.
    """
    array = array_of(packing)
    with new_array(path, len(manifest), array.dtype, array.row_shape) as rows:
        work = partial(pack_file, packing=packing, rows=rows)
        done = sum(ordered_map(work, raw.tasks(manifest), jobs))
        assert done == len(manifest), (done, len(manifest))
