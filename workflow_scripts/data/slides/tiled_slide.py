"""A slide whose file holds tiles that are decoded alone: its windows are put together from the tiles they touch."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.slide import WHITE, Slide, SlideFacts
from workflow_scripts.data.slides.tile_cache import TileCache


@dataclass(frozen=True)
class Grid:
    """Size of a level and of its tiles in pixels; tiles are counted row by row."""

    width: int
    height: int
    across: int
    down: int

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // self.across)

    @property
    def rows(self) -> int:
        """Tiles in a column."""
        return -(-self.height // self.down)

    @property
    def count(self) -> int:
        """Tiles of the level."""
        return self.columns * self.rows


class TiledSlide(Slide):
    """A slide of grids of tiles, a grid a level."""

    def __init__(self, files: tuple[Path, ...], grids: list[Grid], facts: SlideFacts) -> None:
        super().__init__(files, [(grid.width, grid.height) for grid in grids], facts)
        self._grids = grids
        self._cache = TileCache()

    @abstractmethod
    def _decoded(self, level: int, index: int) -> np.ndarray | None:
        """uint8 H×W×3 of a tile, no smaller than what of it lies in the level; None: it is missing, thus white."""

    def _pixels(self, level: int, left: int, top: int, width: int, height: int) -> np.ndarray:
        grid = self._grids[level]
        window = np.empty((height, width, 3), np.uint8)
        for row in range(top // grid.down, -(-(top + height) // grid.down)):
            upper, lower = max(row * grid.down, top), min((row + 1) * grid.down, top + height)
            for column in range(left // grid.across, -(-(left + width) // grid.across)):
                start, end = max(column * grid.across, left), min((column + 1) * grid.across, left + width)
                target = window[upper - top : lower - top, start - left : end - left]
                tile = self._tile(level, row * grid.columns + column)
                if tile is None:
                    target[...] = WHITE
                    continue
                y, x = row * grid.down, column * grid.across
                target[...] = tile[upper - y : lower - y, start - x : end - x]
        return window

    def _tile(self, level: int, index: int) -> np.ndarray | None:
        pixels = self._cache.get((level, index))
        if pixels is None:
            pixels = self._decoded(level, index)
            if pixels is None:
                return None
            row, column = divmod(index, self._grids[level].columns)
            _check(pixels, self._grids[level], row, column)
            self._cache.put((level, index), pixels)
        return pixels


def _check(pixels: np.ndarray, grid: Grid, row: int, column: int) -> None:
    """Refuse a decoded tile that does not cover its place; tiles at the edges may be cut there."""
    down, across = min(grid.down, grid.height - row * grid.down), min(grid.across, grid.width - column * grid.across)
    if pixels.dtype != np.uint8 or pixels.shape[2:] != (3,) or pixels.shape[0] < down or pixels.shape[1] < across:
        raise RefusedSampleError("unreadable", "a tile is of another size than its header says")
