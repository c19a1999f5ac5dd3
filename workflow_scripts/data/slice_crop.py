"""Which pixels of a slice a sample is (the box of a lesion, or all), and whether there is anything to see in them."""

from typing import Protocol, runtime_checkable

import numpy as np

from workflow_scripts.data.readers.reader_interface import RefusedSampleError


@runtime_checkable
class SliceBox(Protocol):
    """A box in a frame of a file, in pixels; right and bottom are the first beyond it. Frames count from 0."""

    @property
    def frame(self) -> int: ...
    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def right(self) -> int: ...
    @property
    def bottom(self) -> int: ...


@runtime_checkable
class FramedFile(Protocol):
    """An open file of frames."""

    def frame(self, index: int) -> np.ndarray:
        """H×W×1 of a whole frame, of 16 bits or float32."""


def crop_window(shape: tuple[int, ...], box: SliceBox, margin: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns of the box in a frame of H×W pixels, with a margin on each side, cut at the frame's edges.

    `margin` is a share of the box's own height and width. The window of a box beside the frame is empty.
    """
    height, width = shape[:2]
    down, across = round(margin * (box.bottom - box.top)), round(margin * (box.right - box.left))
    return _within(box.top - down, box.bottom + down, height), _within(box.left - across, box.right + across, width)


def crop_fault(frame: np.ndarray, box: SliceBox) -> RefusedSampleError | None:
    """Why a box of a frame (H×W or H×W×1) is no sample: nothing of it lies inside, or all of its pixels are equal."""
    height, width = frame.shape[:2]
    pixels = frame[crop_window(frame.shape, box)]
    if pixels.size == 0:
        corners = f"{box.left},{box.top} to {box.right},{box.bottom}"
        return RefusedSampleError("outside_image", f"box {corners} in a slice of {width}×{height} px")
    if pixels.min() == pixels.max():
        sides = f"{pixels.shape[1]}×{pixels.shape[0]} px"
        return RefusedSampleError("constant_image", f"all {sides} of the box have the value {pixels.min():g}")
    return None


def _within(start: int, stop: int, side: int) -> slice:
    return slice(max(0, start), max(0, min(stop, side)))
