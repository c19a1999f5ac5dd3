"""TIFF, SVS and OME-TIFF slides of either byte order, by tifffile's decoder of tiles: faster than OpenSlide, and safe.

OpenSlide reads no classic big-endian file, and decodes a tile for every window that touches it once it is forgotten.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.slide import on_white
from workflow_scripts.data.slides.tiff_directories import check_directories
from workflow_scripts.data.slides.tiff_levels import levels_of_tiff
from workflow_scripts.data.slides.tiled_slide import Grid, TiledSlide

_PREMULTIPLIED = 1
_WITH_ALPHA = 4


@dataclass(frozen=True)
class _Segments:
    """Where the tiles, or strips, of a level lie in the file in bytes, and how they are decoded."""

    decode: Callable[..., Any]
    offsets: np.ndarray
    counts: np.ndarray
    options: dict[str, bytes]
    premultiplied: bool


class TiffSlide(TiledSlide):
    """The tiles of a TIFF file."""

    def __init__(self, path: Path) -> None:
        with quiet():
            check_directories(path)
        with quiet(), tifffile.TiffFile(path) as tiff:
            levels = levels_of_tiff(tiff)
            # To ask for these reads the file at some place of its own.
            self._segments = [_segments(page) for page in levels.pages]
            grids = [_grid(page) for page in levels.pages]
        size = path.stat().st_size
        for grid, segments in zip(grids, self._segments, strict=True):
            _check(grid, segments, size)
        super().__init__((path,), grids, levels.facts)
        self._file = path.open("rb")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _decoded(self, level: int, index: int) -> np.ndarray | None:
        segments = self._segments[level]
        offset, count = int(segments.offsets[index]), int(segments.counts[index])
        if not count:
            return None
        with quiet():
            data = os.pread(self._file.fileno(), count, offset)
            if len(data) < count:
                raise RefusedSampleError("truncated", "the file ends inside its pixels")
            pixels = segments.decode(data, index, **segments.options)[0][0]
        return on_white(pixels, segments.premultiplied) if pixels.shape[-1] == _WITH_ALPHA else pixels


def _segments(page: tifffile.TiffPage) -> _Segments:
    # What a fourth channel is says the file; without a word, it is taken for plain alpha.
    premultiplied = tuple(page.extrasamples) == (_PREMULTIPLIED,)
    tables = page.jpegtables
    options = {} if tables is None else {"jpegtables": tables}
    offsets, counts = np.array(page.dataoffsets, np.int64), np.array(page.databytecounts, np.int64)
    return _Segments(page.decode, offsets, counts, options, premultiplied)


def _grid(page: tifffile.TiffPage) -> Grid:
    if page.is_tiled:
        return Grid(page.imagewidth, page.imagelength, page.tilewidth, page.tilelength)
    return Grid(page.imagewidth, page.imagelength, page.imagewidth, page.rowsperstrip)


def _check(grid: Grid, segments: _Segments, size: int) -> None:
    """Refuse a file that does not hold all of its tiles; `size`: of the file in bytes."""
    if not len(segments.offsets) == len(segments.counts) == grid.count:
        raise RefusedSampleError("unreadable", "it has another number of tiles than its size needs")
    if (segments.counts < 0).any() or (segments.offsets < 0).any():
        raise RefusedSampleError("unreadable", "it does not say where its tiles are")
    if (segments.offsets + segments.counts)[segments.counts > 0].max(initial=0) > size:
        raise RefusedSampleError("truncated", "the file ends inside its pixels")
