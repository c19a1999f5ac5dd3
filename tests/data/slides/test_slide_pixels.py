"""Pixels of slides: equal to what other readers give, white where there is nothing, of bounded memory."""

import numpy as np
import openslide
import pytest
import tifffile

from tests.data.slides.handmade_slides import (
    APERIO,
    APERIO_J2K_RGB,
    HEIGHT,
    OME,
    SIDE,
    WIDTH,
    aperio_ycbcr,
    cut,
    halves,
    tissue,
    write_encoded,
    write_tiff,
)
from workflow_scripts.data.slides import tile_cache
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.openslide_slide import OpenSlideSlide
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.data.slides.tiff_slide import TiffSlide
from workflow_scripts.data.slides.tiled_slide import TiledSlide

LEVELS = 3
# Name → what is written; all of them open with OpenSlide too but for the classic big-endian ones.
WRITTEN = {
    "aperio jpeg": {"description": APERIO, "compressionargs": {"outcolorspace": "rgb"}},
    "aperio subsampled": {"description": APERIO, "subsampling": (2, 2)},
    "aperio jpeg 2000": {"description": APERIO, "compression": APERIO_J2K_RGB},
    "tiff jpeg": {"subsampling": (2, 2), "big": True},
    "tiff lzw": {"compression": "lzw", "predictor": True},
    "tiff deflate": {"compression": "deflate"},
    "tiff plain": {"compression": None},
    "ome": {"description": OME, "inside": True},
}
BIG_ENDIAN = {
    "big-endian ome": {"description": OME, "inside": True, "byteorder": ">"},
    "big-endian tiff": {"compression": "lzw", "byteorder": ">"},
}


def whole(slide: Slide, level: int) -> np.ndarray:
    size = slide.levels[level]
    return slide.region(level, 0, 0, size.width, size.height)


def stored_levels(path) -> list[np.ndarray]:
    """What tifffile makes of every level as a whole."""
    with tifffile.TiffFile(path) as file:
        first = file.pages[0]
        pages = [first, *(first.pages or ())] if first.pages else list(file.pages)
        return [page.asarray() for page in pages]


@pytest.mark.parametrize("kind", [*WRITTEN, *BIG_ENDIAN])
def test_every_level_has_the_pixels_that_tifffile_reads_from_it_as_a_whole(tmp_path, kind):
    path = write_tiff(tmp_path / "x.tif", halves(tissue(), LEVELS), **(WRITTEN | BIG_ENDIAN)[kind])
    with open_slide(path) as slide:
        assert isinstance(slide, TiffSlide) and len(slide.levels) == LEVELS
        assert [level.downsample for level in slide.levels] == pytest.approx([1, 2, 4], rel=0.01)
        for level, stored in enumerate(stored_levels(path)):
            assert np.array_equal(whole(slide, level), stored)
    assert np.abs(stored_levels(path)[0].astype(int) - tissue()).mean() < 12


@pytest.mark.parametrize("kind", [kind for kind in WRITTEN if kind != "ome"])
def test_every_level_has_the_pixels_that_openslide_gives(tmp_path, kind):
    path = write_tiff(tmp_path / "x.tif", halves(tissue(), LEVELS), **WRITTEN[kind])
    with TiffSlide(path) as slide, OpenSlideSlide(path) as by_openslide:
        assert slide.levels == by_openslide.levels and len(slide.levels) == LEVELS
        for level in range(LEVELS):
            assert np.array_equal(whole(slide, level), whole(by_openslide, level))


def test_a_window_is_a_part_of_its_level_wherever_it_lies(tmp_path):
    path = write_tiff(tmp_path / "x.tif", halves(tissue(), LEVELS), **WRITTEN["tiff deflate"])
    around = np.pad(tissue(), ((90, 90), (90, 90), (0, 0)), constant_values=255)
    rng = np.random.default_rng(0)
    with open_slide(path) as slide:
        for _ in range(60):
            left, top = int(rng.integers(-90, WIDTH)), int(rng.integers(-90, HEIGHT))
            width, height = int(rng.integers(1, 90)), int(rng.integers(1, 90))
            expected = around[top + 90 : top + 90 + height, left + 90 : left + 90 + width]
            assert np.array_equal(slide.region(0, left, top, width, height), expected)
        assert (slide.region(0, -400, 0, 300, 20) == 255).all() and (slide.region(0, 0, 9000, 3, 4) == 255).all()
        assert slide.region(0, 0, 9000, 3, 4).shape == (4, 3, 3)


def test_a_tile_that_the_file_does_not_hold_is_white(tmp_path):
    tiles = [tile.tobytes() for tile in cut(tissue())]
    gone = [b"" if index == 1 else tile for index, tile in enumerate(tiles)]
    path = write_encoded(tmp_path / "x.tif", iter(gone), (HEIGHT, WIDTH, 3), compression=None)
    expected = tissue()
    expected[:SIDE, SIDE : 2 * SIDE] = 255
    with open_slide(path) as slide:
        assert np.array_equal(whole(slide, 0), expected)


def test_what_is_clear_is_white_and_what_is_half_clear_is_lighter(tmp_path):
    colours = tissue()
    alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[:200], alpha[200:300] = 0, 51
    pixels = np.concatenate([colours, alpha], axis=2)
    path = write_tiff(tmp_path / "x.tif", [pixels], compression="deflate", extrasamples=["unassalpha"])
    with open_slide(path) as slide:
        shown = whole(slide, 0)
    assert (shown[:200] == 255).all() and np.array_equal(shown[300:], colours[300:])
    assert np.abs(shown[200:300] - (colours[200:300] * 0.2 + 204)).max() <= 0.5
    pixels[..., :3] = (colours * (alpha / 255)).round()
    path = write_tiff(tmp_path / "y.tif", [pixels], compression="deflate", extrasamples=["assocalpha"])
    with open_slide(path) as slide:
        assert np.abs(whole(slide, 0).astype(int) - shown).max() <= 1


def test_openslides_clear_pixels_are_white(tmp_path, monkeypatch):
    path = write_tiff(tmp_path / "x.svs", [tissue()], APERIO)
    read = openslide.OpenSlide.read_region

    def clear(*arguments):
        picture = read(*arguments)
        picture.putalpha(0)
        return picture

    monkeypatch.setattr(openslide.OpenSlide, "read_region", clear)
    with OpenSlideSlide(path) as slide:
        assert (slide.region(0, 0, 0, 9, 9) == 255).all()


def test_strips_are_read_too(tmp_path):
    path = write_tiff(tmp_path / "x.tif", [tissue()], tile=None, rowsperstrip=100, compression="lzw")
    with open_slide(path) as slide:
        assert np.array_equal(whole(slide, 0), tissue())


def test_jpeg_2000_of_ycbcr_comes_from_openslide_in_true_colours(tmp_path):
    path = aperio_ycbcr(tmp_path / "x.svs", tissue())
    with open_slide(path) as slide:
        assert isinstance(slide, OpenSlideSlide) and (slide.vendor, slide.microns) == ("aperio", 0.499)
        assert np.abs(whole(slide, 0).astype(int) - tissue()).max() <= 2


def test_a_tile_of_the_same_size_has_the_files_own_pixels(tmp_path):
    path = write_tiff(tmp_path / "x.tif", halves(tissue(), LEVELS), **WRITTEN["tiff lzw"])
    with open_slide(path) as slide:
        assert np.array_equal(slide.tile(33, 71, 96, 96), tissue()[71:167, 33:129])


def test_a_tile_comes_from_the_smallest_level_that_is_fine_enough(tmp_path):
    levels = halves(tissue(704, 528), LEVELS)
    # Each level in a colour of its own.
    marked = [np.full_like(level, 40 * (index + 1)) for index, level in enumerate(levels)]
    path = write_tiff(tmp_path / "x.tif", marked, **WRITTEN["tiff lzw"])
    with open_slide(path) as slide:
        sides = {96: 40, 189: 40, 192: 80, 300: 80, 384: 120, 500: 120}
        for side, colour in sides.items():
            assert (slide.tile(0, 0, side, 96) == colour).all(), side
        assert (slide.tile(0, 0, 48, 96) == 40).all()


def test_a_tile_that_is_made_smaller_keeps_its_mean(tmp_path):
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:, ::2] = 200
    path = write_tiff(tmp_path / "x.tif", [picture], **WRITTEN["tiff plain"])
    with open_slide(path) as slide:
        assert (slide.tile(0, 0, 256, 128) == 100).all()


def test_a_level_whose_size_was_rounded_stands_for_the_half(tmp_path):
    full = tissue(701, 533)
    path = write_tiff(tmp_path / "x.tif", halves(full, 2), **WRITTEN["tiff lzw"])
    with open_slide(path) as slide:
        assert slide.levels[1].downsample > 2
        assert np.array_equal(slide.tile(64, 0, 192, 96), stored_levels(path)[1][:96, 32:128])


def test_labels_overviews_and_thumbnails_are_no_levels(tmp_path):
    path = tmp_path / "x.svs"
    with tifffile.TiffWriter(path) as file:
        how = {"photometric": "rgb", "metadata": None, "compression": "jpeg"}
        file.write(tissue(), tile=(SIDE, SIDE), description=APERIO, **how)
        file.write(halves(tissue(), 3)[2], description="Aperio\r\nthumbnail", rowsperstrip=16, **how)
        file.write(halves(tissue(), 2)[1], tile=(SIDE, SIDE), **how)
        file.write(tissue(120, 130), description="Aperio\r\nlabel", subfiletype=1, rowsperstrip=16, **how)
        file.write(tissue(300, 100), description="Aperio\r\nmacro", subfiletype=9, tile=(SIDE, SIDE), **how)
    with open_slide(path) as slide:
        assert [level.width for level in slide.levels] == [WIDTH, WIDTH // 2]


def test_tiles_are_decoded_once_and_held_up_to_a_limit(tmp_path, monkeypatch):
    path = write_tiff(tmp_path / "x.tif", [tissue()], **WRITTEN["tiff deflate"])
    decoded = []
    decode = TiffSlide._decoded
    monkeypatch.setattr(TiffSlide, "_decoded", lambda *a: decoded.append(a[2]) or decode(*a))
    with open_slide(path) as slide:
        for _ in range(2):
            for left in range(0, WIDTH, 50):
                slide.region(0, left, 0, 50, HEIGHT)
        assert sorted(decoded) == list(range(30))
    decoded.clear()
    monkeypatch.setattr(tile_cache, "HELD", 4 * SIDE * SIDE * 3)
    with open_slide(path) as slide:
        for left in range(0, WIDTH, 50):
            assert np.array_equal(slide.region(0, left, 0, 50, HEIGHT), tissue()[:, left : left + 50])
        assert isinstance(slide, TiledSlide) and 0 < slide._cache.size <= 4 * SIDE * SIDE * 3
    assert len(decoded) > 30
