"""Packed tiles of slides: their pixels and their size, intensities one tile at a time, regions, and what people see."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from workflow_scripts.contracts.ground_truth_table import CLASS_SIGN, TISSUE
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, TilePacking
from workflow_scripts.data.readers.reader_interface import OpenFile, Part, Seen
from workflow_scripts.data.reading import FileSample
from workflow_scripts.preprocessing import packer_registry
from workflow_scripts.preprocessing.tile_packing import TilePacker, stretched

PLAIN = TilePacking()
STRETCHED = TilePacking(intensity="percentiles", window=(2, 98))


@dataclass(frozen=True)
class Tile(Part):
    left: int
    top: int
    side: int


class Picture:
    """A slide of one level that lies in memory."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    def tile(self, left: int, top: int, side: int, size: int) -> np.ndarray:
        return cv2.resize(self.pixels[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)


class PictureFile(OpenFile):
    """An open file with such a slide."""

    def __init__(self, pixels: np.ndarray) -> None:
        super().__init__(Path("slide"))
        self.slide = Picture(pixels)

    def inspect(self, part: Part | None) -> Seen:
        raise NotImplementedError

    def rows(self, part: Part | None) -> np.ndarray:
        assert isinstance(part, Tile)
        return self.slide.tile(part.left, part.top, part.side, part.side)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(90, 200, (80, 120, 3)).astype(np.uint8)


def packed(pixels: np.ndarray, tile: Tile, size: int, tiles: TilePacking = PLAIN) -> np.ndarray:
    return TilePacker(size, tiles).row(PictureFile(pixels), FileSample(0, tile))


def test_a_tile_is_the_mean_of_the_pixels_below_its_own(pixels: np.ndarray) -> None:
    row = packed(pixels, Tile(20, 10, 64), 32)
    window = pixels[10:74, 20:84].astype(float)
    wanted = window.reshape(32, 2, 32, 2, 3).mean((1, 3))
    assert row.dtype == np.uint8 and np.abs(row - wanted).max() <= 0.5


def test_a_tile_of_the_wanted_size_is_the_pixels_of_the_slide(pixels: np.ndarray) -> None:
    np.testing.assert_array_equal(packed(pixels, Tile(7, 5, 48), 48), pixels[5:53, 7:55])


def test_intensities_are_stretched_for_each_tile_and_hues_stay(pixels: np.ndarray) -> None:
    dark = pixels // 2
    rows = [packed(picture, Tile(0, 0, 64), 64, STRETCHED).astype(int) for picture in (pixels, dark)]
    assert all(row.min() == 0 and row.max() == 255 for row in rows)
    assert np.abs(rows[0] - rows[1]).max() <= 5  # a slide that is half as bright looks the same
    red = pixels.copy()
    red[..., 1:] //= 2
    row = packed(red, Tile(0, 0, 64), 64, STRETCHED)
    assert row[..., 0].mean() > 2 * row[..., 1].mean()


def test_a_tile_of_one_value_stays_as_it_is() -> None:
    flat = np.full((8, 8, 3), 200, np.uint8)
    np.testing.assert_array_equal(stretched(flat, (1, 99)), flat)


def test_a_region_is_what_shows_the_class_where_the_tile_shows_it_and_nothing_is_beside_the_slide() -> None:
    mask = np.full((60, 80), TISSUE, np.uint8)
    mask[20:40, 30:50] = CLASS_SIGN
    packer = TilePacker(16, PLAIN)
    region = packer.region(mask, FileSample(0, Tile(30, 20, 32)))
    assert region.shape == (16, 16) and region[:10, :10].all() and region.sum() == 100
    assert packer.region(mask, FileSample(0, Tile(-16, -16, 96))).sum() == pytest.approx(400 / 36, abs=4)
    assert not packer.region(mask, FileSample(0, Tile(60, 40, 64))).any()


def test_people_see_the_tile_as_the_slide_has_it(pixels: np.ndarray) -> None:
    packer = TilePacker(16, STRETCHED)
    np.testing.assert_array_equal(packer.shown(PictureFile(pixels), Tile(20, 10, 64)), pixels[10:74, 20:84])


def test_what_is_done_to_a_tile_is_said() -> None:
    packer = packer_registry.load("slide", Packing(size=224, tiles=STRETCHED))
    assert packer.array.as_record() == {"kind": "pixels", "dtype": "uint8", "row_shape": [224, 224, 3], "scale": 255}
    assert packer.order()[1:] == ("resize to 224×224, area", packer.order()[2]) and "2 to 98" in packer.order()[2]
    assert packer.words() == "area, stretched 2 to 98 %"
    assert "percentiles" not in " ".join(TilePacker(224, PLAIN).order()) and TilePacker(224, PLAIN).words() == "area"


def test_a_window_rises() -> None:
    with pytest.raises(ValueError, match="the first percentile must be lower"):
        TilePacking(window=(99, 1))
