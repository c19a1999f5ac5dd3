"""Tiles are squares of the grid that are tissue, in µm; the same ones whatever else there is."""

from dataclasses import replace

import numpy as np
import pytest

from tests.data.slides.made_slides import INKS, Drawn, MadeSlide
from workflow_scripts.contracts.slide_overviews import PADDING, PEN, TISSUE
from workflow_scripts.contracts.step_settings.ingest_settings import TileRule
from workflow_scripts.data.slides.tiling import Tiling, side_of, tiling_of
from workflow_scripts.data.slides.tissue import TissueMask, tissue_mask

RULE = TileRule(microns=0.5, pixels=128)


def tiled(drawn: Drawn, rule: TileRule = RULE, microns: float = 0.5) -> Tiling:
    height, width = drawn.pixels.shape[:2]
    mask, _ = tissue_mask(MadeSlide(drawn.pixels, (4,)), microns)
    return tiling_of(mask, width, height, microns, rule, "W1")


def truth_shares(drawn: Drawn, tiling: Tiling, what: str) -> list[float]:
    side = tiling.side
    return [drawn.truth[what][t.top : t.top + side, t.left : t.left + side].mean() for t in tiling.tiles]


@pytest.mark.parametrize("overlap", [0.0, 0.5])
@pytest.mark.parametrize("ink", INKS)
def test_no_tile_is_background_pen_or_padding(ink, overlap):
    drawn = Drawn.glass().tissue(900, 700, 700, 600).stroke(ink, (200, 100), (1500, 1400))
    drawn.black(1300, 0, 2048, 500).black(0, 1300, 700, 1536)
    tiling = tiled(drawn, replace(RULE, overlap=overlap))
    assert tiling.tiles and tiling.pen and tiling.padding and tiling.background
    assert max(truth_shares(drawn, tiling, "pen")) == 0 and max(truth_shares(drawn, tiling, "padding")) == 0
    assert min(truth_shares(drawn, tiling, "tissue")) > 0.4
    assert tiling.grid == tiling.pen + tiling.padding + tiling.background + tiling.over_cap + len(tiling.tiles)


def test_shares_are_those_of_the_mask():
    codes = np.random.default_rng(0).integers(0, 2, (40, 50)).astype(np.uint8)
    mask = TissueMask("ok", codes, 10.0, 10.0, 8.0, 0, 30.0, 30.0)
    tiling = tiling_of(mask, 500, 400, 0.5, TileRule(microns=0.5, pixels=65, min_tissue=0.0), "W1")
    fine = (codes == TISSUE).repeat(10, axis=0).repeat(10, axis=1)
    expected = [fine[t.top : t.top + 65, t.left : t.left + 65].mean() for t in tiling.tiles]
    assert len(expected) == 7 * 6 and [t.tissue for t in tiling.tiles] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("code", [PEN, PADDING])
def test_a_tile_with_a_spot_of_pen_or_padding_is_not_taken(code):
    codes = np.full((40, 50), TISSUE, np.uint8)
    codes[0, 0] = code
    tiling = tiling_of(
        TissueMask("ok", codes, 10.0, 10.0, 8.0, 0, 30.0, 30.0), 500, 400, 0.5, TileRule(pixels=100), "W1"
    )
    assert (tiling.pen + tiling.padding, len(tiling.tiles)) == (1, 19)


def test_a_side_is_in_micrometres_and_no_tile_hangs_over_an_edge():
    assert [side_of(RULE, microns) for microns in (0.25, 0.5, 0.499, 0.2275)] == [256, 128, 128, 281]
    tiling = tiled(Drawn.glass(1000, 700).tissue(500, 350, 900, 900), replace(RULE, overlap=0.25))
    assert {(t.left, t.top) for t in tiling.tiles} == {
        (x, y) for x in range(0, 1000 - 127, 96) for y in range(0, 700 - 127, 96)
    }
    assert {(t.column * 96, t.row * 96) for t in tiling.tiles} == {(t.left, t.top) for t in tiling.tiles}


def test_a_slide_smaller_than_a_tile_has_none():
    assert tiled(Drawn.glass(400, 100).tissue(200, 50, 400, 400)) == Tiling(128, 0, 0, 0, 0, 0, ())


def test_the_tiles_that_a_cap_leaves_depend_on_slide_and_place_alone():
    drawn = Drawn.glass().tissue(900, 700, 700, 600)
    everything = tiled(drawn).tiles
    ten, twenty = (tiled(drawn, replace(RULE, max_tiles=most)) for most in (10, 20))
    assert len(ten.tiles) == 10 and ten.over_cap == len(everything) - 10
    assert set(ten.tiles) < set(twenty.tiles) < set(everything)
    # In the order of the grid, spread over it, and other ones of another slide.
    assert list(ten.tiles) == sorted(ten.tiles, key=lambda tile: (tile.row, tile.column))
    mask, _ = tissue_mask(MadeSlide(drawn.pixels, (4,)), 0.5)
    other = tiling_of(mask, 2048, 1536, 0.5, replace(RULE, max_tiles=10), "W2")
    assert set(other.tiles) != set(ten.tiles)


def test_less_tissue_may_be_asked_for():
    drawn = Drawn.glass().tissue(900, 700, 500, 400)
    counts = [len(tiled(drawn, replace(RULE, min_tissue=share)).tiles) for share in (0.1, 0.5, 0.99)]
    assert counts[0] > counts[1] > counts[2] > 0
