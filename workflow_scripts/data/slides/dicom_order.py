"""Which frame of a DICOM slide is which tile: where each says that it lies, or by their order.

Some converters write column by column and say nothing of it. What the last tiles of rows and columns hold beyond the
slide tells: it is of one colour in the right order alone.
"""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset

from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.dicom_frames import Frames
from workflow_scripts.data.slides.tiled_slide import Grid

MISSING = -1
# Pixels beside the slide's edge that compression mixes with it, and what it leaves of a colour's deviation.
_BLOCK, _FLAT = 16, 3.0


def frame_numbers(header: Dataset, grid: Grid, frames: Frames) -> np.ndarray:
    """The frame of each tile, row by row; MISSING where there is none. Raises RefusedSampleError."""
    positions = list(_positions(header))
    if positions:
        return _placed(positions[: frames.count], grid)
    if frames.count != grid.count:
        raise RefusedSampleError("unsupported_mode", "it has another number of frames than tiles")
    by_row = np.arange(grid.count)
    if header.get("DimensionOrganizationType") == "TILED_FULL" or min(grid.columns, grid.rows) == 1:
        return by_row
    by_column = by_row.reshape(grid.columns, grid.rows).T.ravel()
    for numbers in (by_row, by_column):
        if _ends_flat(numbers, grid, frames):
            return numbers
    raise RefusedSampleError("unsupported_mode", "it does not say in which order its frames lie")


def _ends_flat(numbers: np.ndarray, grid: Grid, frames: Frames) -> bool:
    """Whether tiles at the right and at the bottom are of one colour beyond the slide, as far as they reach there."""
    order = numbers.reshape(grid.rows, grid.columns)
    right = grid.width - (grid.columns - 1) * grid.across + _BLOCK
    below = grid.height - (grid.rows - 1) * grid.down + _BLOCK
    if right < grid.across and not all(_is_flat(frames.frame(number)[:, right:]) for number in order[:-1, -1]):
        return False
    return below >= grid.down or all(_is_flat(frames.frame(number)[below:]) for number in order[-1, :-1])


def _is_flat(pixels: np.ndarray) -> bool:
    return bool(pixels.std(axis=(0, 1)).max() < _FLAT)


def _placed(positions: list[tuple[int, int]], grid: Grid) -> np.ndarray:
    numbers = np.full(grid.count, MISSING)
    for number, (x, y) in enumerate(positions):
        column, row = x // grid.across, y // grid.down
        inside = 0 <= x < grid.width and 0 <= y < grid.height
        index = row * grid.columns + column
        if not inside or x % grid.across or y % grid.down or numbers[index] != MISSING:
            raise RefusedSampleError("unsupported_mode", "its frames overlap, or lie in several planes")
        numbers[index] = number
    return numbers


def _positions(header: Dataset) -> Iterator[tuple[int, int]]:
    """Left and top of each frame in pixels, where frames say it."""
    for group in header.get("PerFrameFunctionalGroupsSequence") or ():
        if position := group.get("PlanePositionSlideSequence"):
            item = position[0]
            # Counted from 1.
            column, row = item.ColumnPositionInTotalImagePixelMatrix, item.RowPositionInTotalImagePixelMatrix
            yield int(column) - 1, int(row) - 1
