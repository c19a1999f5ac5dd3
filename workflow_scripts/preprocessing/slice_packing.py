"""How slices of scans are packed: rows are uint8 S×S×1 pixels.

In this order: window by percentiles of the whole slice, crop, local contrast on 8 bits, resize. The window is that of
the slice and not of the crop, so that a dark lesion stays darker than a bright one.
"""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, SlicePacking
from workflow_scripts.data.readers.reader_interface import OpenFile, Part
from workflow_scripts.data.reading import FileSample
from workflow_scripts.data.slice_crop import FramedFile, SliceBox, crop_window
from workflow_scripts.preprocessing.packer import PicturePacker

WHITE = 255
HALF = 127
# Whole numbers below this are counted, others are sorted, which takes four times as long.
COUNTED = 2**16
SMALLEST_TILE = 8
# The box in a picture for people, as a share of the longer side, and its colour.
LINE_SHARE = 1 / 90
BOX_COLOUR = (230, 159, 0)
RESAMPLING = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR}

# Jobs share the cores as processes.
cv2.setNumThreads(1)


@dataclass(frozen=True)
class SlicePacker(PicturePacker):
    """Packs slices, or boxes of them."""

    size: int
    slices: SlicePacking

    @classmethod
    def of(cls, packing: Packing) -> Self:
        """As PicturePacker.of."""
        assert packing.slices is not None  # see packer_registry.load
        return cls(packing.size, packing.slices)

    @property
    def array(self) -> ArrayDescription:
        """As Packer.array."""
        return ArrayDescription(PIXELS, "uint8", (self.size, self.size, 1), WHITE)

    def order(self) -> tuple[str, ...]:
        """As Packer.order."""
        settings, size = self.slices, self.size
        low, high = settings.window
        contrast = f"CLAHE, clip limit {settings.clip_limit:g}, at most {settings.tiles}×{settings.tiles} tiles"
        return (
            f"window of the whole slice, percentiles {low:g} to {high:g}, to 8 bits",
            f"crop to the box and {settings.margin:g} of its sides around it",
            *([contrast] if settings.local_contrast == "clahe" else []),
            f"resize to {size}×{size}, {settings.resize}",
        )

    def words(self) -> str:
        """As PicturePacker.words."""
        low, high = self.slices.window
        contrast = ["CLAHE"] if self.slices.local_contrast == "clahe" else []
        return ", ".join([f"window {low:g} to {high:g} %", *contrast, self.slices.resize])

    def row(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """As PicturePacker.row."""
        frame, box = _frame(opened, sample.part)
        return packed_slice(frame, box, self.size, self.slices)

    def shown(self, opened: OpenFile, part: Part | None) -> np.ndarray:
        """As PicturePacker.shown: the whole slice with a frame around what is packed, where that is not all of it."""
        frame, box = _frame(opened, part)
        picture = np.repeat(windowed(frame, black_and_white(frame, self.slices.window))[..., None], 3, axis=2)
        rows, columns = crop_window(frame.shape, box, self.slices.margin)
        if (rows.stop - rows.start, columns.stop - columns.start) == frame.shape:
            return picture
        line = max(1, round(max(frame.shape) * LINE_SHARE))
        corners = (columns.start, rows.start), (columns.stop - 1, rows.stop - 1)
        return cv2.rectangle(picture, *corners, BOX_COLOUR, line)

    def region(self, mask: np.ndarray, sample: FileSample) -> np.ndarray:
        """As PicturePacker.region."""
        assert isinstance(sample.part, SliceBox)
        window = crop_window(mask.shape, sample.part, self.slices.margin)
        inside = np.where(mask[window] > 0, WHITE, 0).astype(np.uint8)
        return resized(inside, self.size, self.slices.resize) > HALF


def packed_slice(frame: np.ndarray, box: SliceBox, size: int, settings: SlicePacking) -> np.ndarray:
    """uint8 size×size×1 of a box of a frame, H×W numbers of any type."""
    crop = windowed(frame[crop_window(frame.shape, box, settings.margin)], black_and_white(frame, settings.window))
    if settings.local_contrast == "clahe":
        crop = local_contrast(crop, settings.clip_limit, settings.tiles)
    return resized(crop, size, settings.resize)[..., None]


def black_and_white(frame: np.ndarray, percentiles: tuple[float, float]) -> tuple[float, float]:
    """The values that become black and white: the smallest that so many percent of the pixels do not exceed.

    Where both are one value, the lowest and the highest of the frame, so that what little there is can be seen.
    """
    lowest, highest, _, _ = cv2.minMaxLoc(frame)
    ranks = [max(0, math.ceil(share / 100 * frame.size) - 1) for share in percentiles]
    counted = _counted(frame, lowest, highest)
    if counted is None:
        ordered = np.sort(frame, axis=None)
        low, high = (float(ordered[rank]) for rank in ranks)
    else:
        low, high = (lowest + int(step) for step in np.searchsorted(np.cumsum(counted), ranks, side="right"))
    return (low, high) if low < high else (lowest, highest)


def windowed(pixels: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """uint8 pixels, 0 at and below the first end, 255 at and above the second."""
    low, high = ends
    scale = WHITE / (high - low) if high > low else 0.0
    # In place: most of the time would go into arrays in between.
    steps = pixels.astype(np.float32)
    steps -= np.float32(low)
    steps *= np.float32(scale)
    np.rint(steps, out=steps)
    return np.clip(steps, 0, WHITE, out=steps).astype(np.uint8)


def local_contrast(pixels: np.ndarray, clip_limit: float, tiles: int) -> np.ndarray:
    """CLAHE of uint8 H×W pixels; at most `tiles` tiles a side, each of at least 8 pixels where there are so many."""
    height, width = pixels.shape
    across, down = (max(1, min(tiles, side // SMALLEST_TILE)) for side in (width, height))
    return cv2.createCLAHE(clip_limit, (across, down)).apply(np.ascontiguousarray(pixels))


def resized(pixels: np.ndarray, size: int, how: str) -> np.ndarray:
    """uint8 size×size of H×W pixels; a side that grows does so between the nearest pixels, whatever `how` says."""
    height, width = pixels.shape
    smaller = min(width, size), min(height, size)
    pixels = cv2.resize(np.ascontiguousarray(pixels), smaller, interpolation=RESAMPLING[how])
    return pixels if smaller == (size, size) else cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)


def _frame(opened: OpenFile, part: Part | None) -> tuple[np.ndarray, SliceBox]:
    """The whole frame H×W that a part is of, and the part."""
    assert isinstance(opened, FramedFile) and isinstance(part, SliceBox), (opened, part)
    return opened.frame(part.frame)[..., 0], part


def _counted(frame: np.ndarray, lowest: float, highest: float) -> np.ndarray | None:
    """How often each whole number from the lowest to the highest occurs; None where values are others, or too many."""
    if not lowest.is_integer() or not highest - lowest < COUNTED:
        return None
    if frame.dtype.kind in "iu" and frame.itemsize <= 2:
        # Differences of two 16-bit numbers, modulo 2^16, are those above the lowest.
        steps = frame.astype(np.uint16) - np.uint16(int(lowest) % 2**16)
    else:
        above = np.subtract(frame, np.float32(lowest), dtype=np.float32)
        steps = above.astype(np.uint16)
        if not np.array_equal(steps, above):
            return None
    bins = int(highest - lowest) + 1
    return cv2.calcHist([steps], [0], None, [bins], [0, bins]).ravel().astype(np.int64)
