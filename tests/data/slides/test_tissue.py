"""Tissue is told from glass, noise, padding and marks of pens; slides without any are told apart."""

import cv2
import numpy as np
import pytest

from tests.data.slides.made_slides import INKS, Drawn, MadeSlide
from workflow_scripts.contracts.slide_overviews import LONGEST, PADDING, PEN, TISSUE
from workflow_scripts.data.slides import small_picture
from workflow_scripts.data.slides.tissue import TissueMask, tissue_mask


def mask_of(drawn: Drawn, *steps: int, microns: float = 0.5) -> TissueMask:
    return tissue_mask(MadeSlide(drawn.pixels, steps), microns)[0]


def at_full_size(mask: TissueMask, drawn: Drawn, code: int) -> np.ndarray:
    """bool H×W: where the mask has the code, in the size of the drawn picture."""
    height, width = drawn.pixels.shape[:2]
    rows = np.minimum((np.arange(height) / mask.down).astype(int), mask.codes.shape[0] - 1)
    columns = np.minimum((np.arange(width) / mask.across).astype(int), mask.codes.shape[1] - 1)
    return mask.codes[rows][:, columns] == code


def dice(first: np.ndarray, second: np.ndarray) -> float:
    return 2 * (first & second).sum() / (first.sum() + second.sum())


@pytest.mark.parametrize("steps", [(), (4,), (2, 4, 8, 16, 32)])
def test_tissue_is_found_whatever_levels_a_slide_has(steps):
    drawn = Drawn.glass().tissue(900, 700, 600, 450)
    mask = mask_of(drawn, *steps)
    assert mask.status == "ok" and dice(at_full_size(mask, drawn, TISSUE), drawn.truth["tissue"]) > 0.95
    assert mask.microns == pytest.approx(8, rel=0.3) and mask.limit == mask.otsu


@pytest.mark.parametrize("noise", [0, 2, 6, 12])
def test_an_empty_slide_has_no_tissue_however_noisy(noise):
    assert mask_of(Drawn.glass(noise=noise), 4, 16).status == "blank"


def test_a_slide_of_padding_and_glass_is_empty_and_nobody_drew_on_it():
    mask = mask_of(Drawn.glass().black(0, 0, 700, 1536), 4)
    assert (
        mask.status == "blank" and mask.share(PEN) == 0 and mask.share(PADDING) == pytest.approx(700 / 2048, abs=0.03)
    )
    assert mask_of(Drawn.glass().black(0, 0, 2048, 1536), 4).status == "blank"


def test_tinted_glass_is_no_tissue():
    drawn = Drawn.glass()
    drawn.pixels = (drawn.pixels * np.array([1, 0.99, 0.9])).astype(np.uint8)
    assert mask_of(drawn, 4).status == "blank"
    mask = mask_of(drawn.tissue(900, 700, 500, 400), 4)
    assert dice(at_full_size(mask, drawn, TISSUE), drawn.truth["tissue"]) > 0.9


def test_a_faint_stain_of_the_glass_is_no_tissue():
    drawn = Drawn.glass()
    drawn.pixels[300:900, 400:1300] = (drawn.pixels[300:900, 400:1300] * np.array([0.95, 0.95, 0.91])).astype(np.uint8)
    assert mask_of(drawn, 4).status == "blank"


def test_a_slide_that_tissue_fills_is_tissue_everywhere():
    mask = mask_of(Drawn.glass().tissue(1000, 700, 3000, 3000), 4)
    assert mask.share(TISSUE) > 0.98 and mask.limit < mask.otsu


def test_light_on_a_dark_ground_is_refused_and_a_slide_with_much_padding_is_not():
    dark = np.zeros((1536, 2048, 3), np.uint8)
    cv2.ellipse(dark, (900, 700), (500, 400), 0, 0, 360, (20, 30, 200), -1)
    assert tissue_mask(MadeSlide(dark, (4,)), 0.5)[0].status == "fluorescence"
    padded = Drawn.glass().tissue(400, 400, 300, 300).black(0, 900, 2048, 1536).black(900, 0, 2048, 1536)
    assert mask_of(padded, 4).status == "ok"


@pytest.mark.parametrize("ink", INKS)
def test_a_mark_is_no_tissue_beside_it_or_on_it(ink):
    drawn = Drawn.glass().tissue(700, 700, 500, 450)
    drawn.stroke(ink, (300, 200), (1900, 1300))
    mask = mask_of(drawn, 4)
    marked = at_full_size(mask, drawn, PEN)
    assert marked[drawn.truth["pen"]].mean() > 0.99
    assert not (at_full_size(mask, drawn, TISSUE) & drawn.truth["pen"]).any()
    # What lies further off than a margin is still tissue.
    far = cv2.distanceTransform((~drawn.truth["pen"]).astype(np.uint8), cv2.DIST_L2, 5) > 250
    kept = drawn.truth["tissue"] & far
    assert at_full_size(mask, drawn, TISSUE)[kept].mean() > 0.95


@pytest.mark.parametrize("ink", INKS)
def test_a_slide_of_marks_alone_says_so(ink):
    assert mask_of(Drawn.glass().stroke(ink, (200, 200), (1800, 1300)), 4).status == "only_pen"


def test_a_blue_counterstain_is_no_pen():
    drawn = Drawn.glass()
    drawn.tissue(900, 700, 600, 450)
    blue = drawn.truth["tissue"]
    drawn.pixels[blue] = np.array([150, 185, 215]) + np.random.default_rng(3).integers(-8, 8, (blue.sum(), 3))
    mask = mask_of(drawn, 4)
    assert mask.share(PEN) == 0 and dice(at_full_size(mask, drawn, TISSUE), blue) > 0.9


def test_a_slide_of_one_level_is_read_in_strips_and_gives_the_same_picture(monkeypatch):
    pixels = Drawn.glass(1000, 997).tissue(500, 500, 300, 300).pixels
    whole = small_picture.small_picture(MadeSlide(pixels), 16)
    monkeypatch.setattr(small_picture, "_STRIP", 40_000)
    slide = MadeSlide(pixels)
    in_strips = small_picture.small_picture(slide, 16)
    assert slide.largest <= 40_000 and whole.pixels.shape == (63, 63, 3)
    assert np.array_equal(whole.pixels, in_strips.pixels)


def test_an_overview_is_as_fine_as_it_may_be_and_its_mask_fits_it():
    drawn = Drawn.glass(2048, 1030).tissue(900, 500, 600, 300)
    _, overview = tissue_mask(MadeSlide(drawn.pixels, (4,)), 0.5)
    assert max(overview.picture.shape) == LONGEST and overview.mask.shape == overview.picture.shape[:2]
    height, width = overview.mask.shape
    truth = cv2.resize(drawn.truth["tissue"].astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    assert dice(overview.mask == TISSUE, truth) > 0.95


def test_a_gap_between_tissue_and_the_edge_of_a_slide_stays_a_gap():
    mask = mask_of(Drawn.glass(1600, 1200).tissue(800, 900, 500, 264), 4)
    assert mask.share(TISSUE) > 0.1 and not (mask.codes[-1] == TISSUE).any()
