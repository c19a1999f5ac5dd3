"""Pixels of DICOM files, frame by frame: decoded, rescaled as the file says, bright where the tissue is bright.

Rescaling is looked for in the frame's own functional groups, then in the shared ones, then in the file: pydicom's own
functions ignore functional groups. Windows of the file are not applied: they are one reader's choice.
"""

import math
import os
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.pixels import pixel_array
from pydicom.tag import BaseTag
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from workflow_scripts.data.dicom import tags
from workflow_scripts.data.dicom.choosing import refused_kind
from workflow_scripts.data.dicom.tags import Elements
from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError

TRANSFORMATION, SLOPE, INTERCEPT = 0x00289145, 0x00281053, 0x00281052
# What decoding needs beside the rescaling.
_PIXELS = (0x00280006, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x7FE00008, 0x7FE00009, 0x7FE00010)
_IMAGE = (tags.SOP_CLASS, tags.IMAGE_TYPE, tags.SAMPLES, tags.PHOTOMETRIC, tags.FRAMES)
_GROUPS = (tags.ROWS, tags.COLUMNS, tags.SHARED, tags.PER_FRAME, TRANSFORMATION, SLOPE, INTERCEPT)
_TAGS = [BaseTag(tag) for tag in sorted({*_PIXELS, *_IMAGE, *_GROUPS})]
# Of several decoders pydicom takes the first: for JPEG-LS, one that is three times as slow.
_FASTER: dict[str, str] = {JPEGLSLossless: "pyjpegls", JPEGLSNearLossless: "pyjpegls"}
# In bytes; a file is read at once, its frames are decoded one by one.
LARGEST = 2_000_000_000


class Pixels:
    """The frames of a file. Every method raises RefusedSampleError, in words of our own."""

    def __init__(self, path: Path, max_megapixels: float = math.inf) -> None:
        with quiet(), path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST:
                raise RefusedSampleError("too_large", f"a file of {size / 1e6:.0f} MB")
            self.data = tags.open_dataset(file, _TAGS)
            self.elements = Elements.of(self.data)
            self.count = _frames(self.elements)
            _check(self.elements, max_megapixels)
            self.syntax = _syntax(self.data)
        self._held: tuple[int, np.ndarray] | None = None

    @property
    def width(self) -> int:
        """In pixels."""
        return self.elements.short(tags.COLUMNS)

    @property
    def height(self) -> int:
        """In pixels."""
        return self.elements.short(tags.ROWS)

    def frame(self, index: int) -> np.ndarray:
        """H×W×1 of a frame, counted from 0: rescaled, then inverted where low values are bright.

        float32 where it is rescaled or stored in more than two bytes, else of the type in which it is stored.
        It is held until another one is asked for: leave its values as they are.
        """
        if self._held is None or self._held[0] != index:
            self._held = (index, self._decoded(index))
        return self._held[1]

    def _decoded(self, index: int) -> np.ndarray:
        if not 0 <= index < self.count:
            raise RefusedSampleError("incomplete", f"frame {index + 1} of a file of {self.count}")
        with quiet():
            pixels = self.stored(index)
            if pixels.shape != (self.height, self.width):
                raise RefusedSampleError("unreadable", "its pixels are of another size than its header says")
            slope, intercept = _rescale(self.elements, index)
            # Whole numbers of two bytes stay what they are: half the memory, and nothing is rounded.
            values = pixels.astype(pixels.dtype.newbyteorder("=") if pixels.itemsize <= 2 else np.float32, copy=False)
            if (slope, intercept) != (1.0, 0.0):
                values = (pixels * np.float64(slope) + intercept).astype(np.float32)
            if self.elements.text(tags.PHOTOMETRIC).upper() == "MONOCHROME1":
                values = (float(values.max()) + float(values.min()) - values).astype(values.dtype)
        return values[..., None]

    def stored(self, index: int) -> np.ndarray:
        """Whole numbers H×W of a frame as they are stored."""
        plugin = _FASTER.get(self.syntax, "")
        try:
            return pixel_array(self.data, index=index, decoding_plugin=plugin)
        except (AttributeError, NotImplementedError):
            raise RefusedSampleError("unreadable", "its transfer syntax is missing or not known") from None
        except ValueError:
            raise RefusedSampleError("truncated", "it holds fewer pixels than its header says") from None
        except RuntimeError:
            raise RefusedSampleError("unreadable", "no decoder reads its compressed pixels") from None


def _syntax(data: FileDataset) -> str:
    """The transfer syntax. A file that begins with its header has pixels as plain as that."""
    if "TransferSyntaxUID" not in data.file_meta and not data.preamble:
        implicit, little = data.original_encoding
        plain = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else plain
    return str(data.file_meta.get("TransferSyntaxUID", ""))


def _frames(data: Elements) -> int:
    count = data.number(tags.FRAMES, 1.0)
    if tags.FRAMES in data and data.numbers(tags.FRAMES) == ():
        raise RefusedSampleError("incomplete", "its number of frames is no number")
    return int(count)


def _check(data: Elements, max_megapixels: float) -> None:
    """Refuse what is no grey image of a scanner, and what is too large, before anything is decoded."""
    if not data.stored:
        raise RefusedSampleError("truncated", "the file ends inside its pixels")
    photometric = data.text(tags.PHOTOMETRIC).upper()
    if data.short(tags.SAMPLES) > 1:
        photometric = photometric if photometric and not photometric.startswith("MONO") else "RGB"
    kind = refused_kind(data.text(tags.SOP_CLASS), photometric, data.words(tags.IMAGE_TYPE))
    if kind:
        raise RefusedSampleError("not_an_image" if kind[0] == "no_image" else "unsupported_mode", kind[1])
    width, height = data.short(tags.COLUMNS), data.short(tags.ROWS)
    if not width or not height:
        raise RefusedSampleError("incomplete", "the header says no size")
    if width * height > max_megapixels * 1e6:
        raise RefusedSampleError(
            "too_large", f"{width}×{height} px, more than ingest.max_megapixels ({max_megapixels:g})"
        )


def _rescale(data: Elements, index: int) -> tuple[float, float]:
    """Slope and intercept of a frame; 1 and 0 where nothing says them."""
    for level in (
        data.item(tags.PER_FRAME, index),
        data.item(tags.SHARED),
        data,
    ):
        if level is None:
            continue
        for part in (level.item(TRANSFORMATION), level):
            if part is None or SLOPE not in part:
                continue
            slope, intercept = part.number(SLOPE), part.number(INTERCEPT, 0.0)
            if math.isfinite(slope) and math.isfinite(intercept) and slope != 0:
                return slope, intercept
    return 1.0, 0.0
