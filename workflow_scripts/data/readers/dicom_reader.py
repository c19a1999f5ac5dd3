"""DICOM files: slices, whole or a box of them, as values of one channel. See data.dicom for what is refused.

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
from workflow_scripts.data.slice_crop import crop_fault, crop_window


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
        """Width and height of the whole slice in pixels.

        Thumbnails of slices are not compared, for neighbouring ones always look alike. A box beside the slice, or of
        pixels of one value, is refused.
        """
        box = self._box(part)
        frame = self.frame(box.frame)
        if fault := crop_fault(frame, box):
            raise fault
        values = self.rows(part)
        digest = self.digest(part)
        picture = Picture(digest, values.shape[1] / values.shape[0], UNCOMPARED)
        return Seen({"width": frame.shape[1], "height": frame.shape[0]}, digest, picture)

    def rows(self, part: Part | None) -> np.ndarray:
        """H×W×1 of the part, rescaled; MONOCHROME1 is inverted. None: the first frame.

        A box is cut at the slice's edges.
        """
        box = self._box(part)
        frame = self.frame(box.frame)
        values = frame[crop_window(frame.shape, box)]
        if values.size == 0:
            raise RefusedSampleError("outside_image", f"a box beside the {frame.shape[1]}×{frame.shape[0]} pixels")
        return values

    def _box(self, part: Part | None) -> Slice:
        assert part is None or isinstance(part, Slice), part
        if part is not None:
            return part
        height, width, _ = self.frame(0).shape
        return Slice(0, 0, 0, width, height)

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
    neighbours_alike: ClassVar[bool] = True

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[DicomFile]:
        """Open a file for as long as parts of it are read. Raises RefusedSampleError."""
        yield DicomFile(path, limits)
