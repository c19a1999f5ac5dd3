"""The squares of a slide that become tiles: those of a grid that are tissue, without pen marks and padding."""

import hashlib
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.slide_overviews import PADDING, PEN, TISSUE
from workflow_scripts.contracts.step_settings.ingest_settings import TileRule
from workflow_scripts.data.slides.tissue import TissueMask

# A slide whose pixels are larger than those of its tiles by more than this factor would be blown up.
MOST_BLOWN_UP = 1.1
# Largest share of a tile that may be pen or padding: a corner of one pixel of the mask.
_SPOILT = 0.002


@dataclass(frozen=True)
class PlacedTile:
    """A tile: its place in the grid from 0, its corner in pixels of the full level, and its share of tissue."""

    row: int
    column: int
    left: int
    top: int
    tissue: float


@dataclass(frozen=True)
class Tiling:
    """The tiles of a slide, by row and column, and what became of the other squares of its grid.

    side: of a square, in pixels of the full level; grid: squares; pen, padding, background: dropped for that; over_cap:
    beyond the most that are taken.
    """

    side: int
    grid: int
    pen: int
    padding: int
    background: int
    over_cap: int
    tiles: tuple[PlacedTile, ...]


def side_of(rule: TileRule, microns: float) -> int:
    """Side of a tile in pixels of a full level of so many µm per pixel."""
    return max(round(rule.pixels * rule.microns / microns), 1)


def tiling_of(mask: TissueMask, width: int, height: int, microns: float, rule: TileRule, slide: str) -> Tiling:
    """The tiles of a slide of width × height pixels of so many µm.

    The grid begins at its upper left corner; squares that hang over its edges are none of it. `slide`: its pseudonym,
    which with row and column says which tiles are taken where there are too many.
    """
    side = side_of(rule, microns)
    step = max(round(side * (1 - rule.overlap)), 1)
    lefts, tops = np.arange(0, width - side + 1, step), np.arange(0, height - side + 1, step)
    shares = {
        code: _shares(mask.codes == code, lefts / mask.across, tops / mask.down, side / mask.across, side / mask.down)
        for code in (PEN, PADDING, TISSUE)
    }
    pen = shares[PEN] > _SPOILT
    padding = ~pen & (shares[PADDING] > _SPOILT)
    background = ~pen & ~padding & (shares[TISSUE] < rule.min_tissue)
    rows, columns = np.nonzero(~(pen | padding | background))
    tiles = [
        PlacedTile(int(row), int(column), int(lefts[column]), int(tops[row]), float(shares[TISSUE][row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]
    kept = _capped(tiles, rule.max_tiles, slide)
    counts = (int(pen.sum()), int(padding.sum()), int(background.sum()), len(tiles) - len(kept))
    return Tiling(side, pen.size, *counts, tuple(kept))


def _shares(mask: np.ndarray, lefts: np.ndarray, tops: np.ndarray, across: float, down: float) -> np.ndarray:
    """Part of each square that is of the mask, rows × columns; corners and sides in pixels of the mask."""
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1))
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    by_row = _between(sums, tops, tops + down)
    return _between(by_row.T, lefts, lefts + across).T / (across * down)


def _between(sums: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Differences of running sums along the first axis, at places between its rows, too."""
    return _at(sums, last) - _at(sums, first)


def _at(sums: np.ndarray, edges: np.ndarray) -> np.ndarray:
    edges = np.clip(edges, 0, len(sums) - 1)
    below = np.minimum(edges.astype(int), len(sums) - 2)
    part = (edges - below)[:, None]
    return sums[below] * (1 - part) + sums[below + 1] * part


def _capped(tiles: list[PlacedTile], most: int | None, slide: str) -> list[PlacedTile]:
    """So many of the tiles, chosen by a hash: no order of files and no other tile changes which."""
    if most is None or len(tiles) <= most:
        return tiles
    ranked = sorted(tiles, key=lambda tile: hashlib.sha256(f"{slide} {tile.row} {tile.column}".encode()).digest())
    return sorted(ranked[:most], key=lambda tile: (tile.row, tile.column))
