"""DICOM files: slices, whole or a box of them, as float32 values with one channel. See data.dicom for what is refused.

Which series a slice is of, where it lies and how it was taken is known to the adapter, which has read every header.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from workflow_scripts.data.dicom.decoding import Pixels
from workflow_scripts.data.equal_pairs import UNCOMPARED
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, Picture, RefusedSampleError, Seen


@dataclass(frozen=True)
class Slice(Part):
    """A frame of a file, counted from 0, and a box of it in pixels; right and bottom are the first beyond it."""

    frame: int
    left: int
    top: int
    right: int
    bottom: int


class DicomFile(OpenFile):
    """An open file with its frames."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__(path)
        self.pixels = Pixels(path, limits.max_megapixels)

    def inspect(self, part: Part | None) -> Seen:
        """Width and height in pixels; only equal values make two slices one picture, for neighbours always look alike.

        Where all pixels have one value, the sample is refused.
        """
        values = self.rows(part)
        if values.min() == values.max():
            raise RefusedSampleError("constant_image", "all its pixels have one value")
        height, width, _ = values.shape
        digest = self.digest(part)
        return Seen({"width": width, "height": height}, digest, Picture(digest, width / height, UNCOMPARED))

    def rows(self, part: Part | None) -> np.ndarray:
        """float32 H×W×1 of the part, rescaled; MONOCHROME1 is inverted. None: the first frame.

        A box is cut at the slice's edges.
        """
        assert part is None or isinstance(part, Slice), part
        if part is None:
            return self.frame(0)
        values = self.frame(part.frame)
        height, width, _ = values.shape
        left, top, right, bottom = max(part.left, 0), max(part.top, 0), min(part.right, width), min(part.bottom, height)
        if left >= right or top >= bottom:
            raise RefusedSampleError("outside_image", f"a box beside the {width}×{height} pixels")
        return values[top:bottom, left:right]

    def frame(self, index: int) -> np.ndarray:
        """The same of a whole frame, held while the file is open; leave its values as they are."""
        return self.pixels.frame(index)


@dataclass(frozen=True)
class DicomReader:
    """DICOM files of magnetic resonance, one frame or many.

    Columns: series: its pseudonym; slice: number along the normal of its plane, from 0; position_mm: along it. What no
    header says is empty.
    """

    modality: ClassVar[str] = "dicom"
    columns: ClassVar[Mapping[str, str]] = {
        "width": "int",
        "height": "int",
        "series": "str",
        "slice": "int",
        "position_mm": "float",
        "spacing_mm": "float",
        "thickness_mm": "float",
        "echo_time_ms": "float",
        "repetition_time_ms": "float",
        "field_strength_t": "float",
    }
    part: ClassVar[type[Part]] = Slice
    symmetries: ClassVar[bool] = False

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[DicomFile]:
        """Open a file for as long as parts of it are read. Raises RefusedSampleError."""
        yield DicomFile(path, limits)
