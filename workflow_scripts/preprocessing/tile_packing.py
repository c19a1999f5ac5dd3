"""How tiles of slides are packed: rows are uint8 S×S×3 RGB pixels.

A tile is read from the level of the slide that is just fine enough, and brought to its size by the mean of the pixels
that fall into a new one. Nothing else is done to its colours unless `preprocess.tiles` says so.
"""

from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import cv2
import numpy as np

from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.ground_truth_table import CLASS_SIGN
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, TilePacking
from workflow_scripts.data.readers.reader_interface import OpenFile, Part
from workflow_scripts.data.reading import FileSample
from workflow_scripts.preprocessing.packer import PicturePacker

WHITE = 255
HALF = 127

# Jobs share the cores as processes.
cv2.setNumThreads(1)


class TiledSlide(Protocol):
    """A slide whose tiles can be read."""

    def tile(self, left: int, top: int, side: int, size: int) -> np.ndarray:
        """uint8 size×size×3 of a square of the slide, given in pixels of its full resolution."""
        ...


@runtime_checkable
class SlideHolder(Protocol):
    """An open file that is a slide."""

    slide: TiledSlide


@runtime_checkable
class Square(Protocol):
    """A part of a slide: corner and side in pixels of its full resolution."""

    left: int
    top: int
    side: int


@dataclass(frozen=True)
class TilePacker(PicturePacker):
    """Packs tiles of slides."""

    size: int
    tiles: TilePacking

    @classmethod
    def of(cls, packing: Packing) -> Self:
        """As PicturePacker.of."""
        assert packing.tiles is not None  # see packer_registry.load
        return cls(packing.size, packing.tiles)

    @property
    def array(self) -> ArrayDescription:
        """As Packer.array."""
        return ArrayDescription(PIXELS, "uint8", (self.size, self.size, 3), WHITE)

    def order(self) -> tuple[str, ...]:
        """As Packer.order."""
        low, high = self.tiles.window
        stretched = f"stretch each tile, percentiles {low:g} to {high:g} of all its values, to 8 bits"
        return (
            "read the tile from the level that is just fine enough, on white",
            f"resize to {self.size}×{self.size}, area",
            *([stretched] if self.tiles.intensity == "percentiles" else []),
        )

    def words(self) -> str:
        """As PicturePacker.words."""
        low, high = self.tiles.window
        return f"area, stretched {low:g} to {high:g} %" if self.tiles.intensity == "percentiles" else "area"

    def row(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """As PicturePacker.row."""
        square = _square(sample.part)
        assert isinstance(opened, SlideHolder), opened
        pixels = opened.slide.tile(square.left, square.top, square.side, self.size)
        return stretched(pixels, self.tiles.window) if self.tiles.intensity == "percentiles" else pixels

    def shown(self, opened: OpenFile, part: Part | None) -> np.ndarray:
        """As PicturePacker.shown: the tile at the slide's full resolution."""
        return opened.rows(part)

    def region(self, mask: np.ndarray, sample: FileSample) -> np.ndarray:
        """As PicturePacker.region; the mask has the slide's full resolution, values: contracts.ground_truth_table."""
        square = _square(sample.part)
        tile = np.zeros((square.side, square.side), np.uint8)
        inside = mask[max(0, square.top) : square.top + square.side, max(0, square.left) : square.left + square.side]
        top, left = max(0, -square.top), max(0, -square.left)
        tile[top : top + inside.shape[0], left : left + inside.shape[1]] = np.where(inside == CLASS_SIGN, WHITE, 0)
        return cv2.resize(tile, (self.size, self.size), interpolation=cv2.INTER_AREA) > HALF


def stretched(pixels: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """uint8 H×W×3 with percentiles of all values at 0 and 255; a tile in which both are one value stays as it is."""
    low, high = np.percentile(pixels, window)
    if high <= low:
        return pixels
    values = (np.arange(256) - low) * (WHITE / (high - low))
    return np.clip(np.rint(values), 0, WHITE).astype(np.uint8)[pixels]


def _square(part: Part | None) -> Square:
    """The part, which says where the tile is."""
    assert isinstance(part, Square), part
    return part
