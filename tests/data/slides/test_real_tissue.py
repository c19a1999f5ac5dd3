"""Real slides and pictures with marks of pens, where they are: in the folder that REAL_DATA names; else skipped."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from workflow_scripts.contracts.slide_overviews import PEN, TISSUE
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.small_picture import SmallPicture
from workflow_scripts.data.slides.tissue import TissueMask, mask_of, tissue_mask


def real(name: str) -> Path:
    path = Path(os.environ.get("REAL_DATA", "/nowhere")) / name
    if not path.exists():
        pytest.skip(f"{name} is not here; REAL_DATA names the folder of such data sets")
    return path


def of_picture(name: str, microns: float) -> TissueMask:
    pixels = cv2.cvtColor(cv2.imread(str(real(name)), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return mask_of(SmallPicture(pixels, 0, 1, 1), microns)


def of_slide(name: str, microns: float) -> TissueMask:
    with open_slide(real(name)) as slide:
        return tissue_mask(slide, microns)[0]


def boxes_of(mask: TissueMask, code: int, *boxes: tuple[int, int, int, int]) -> list[float]:
    """The share of a code in boxes (left, top, right, bottom) of the mask's pixels."""
    return [float((mask.codes[top:bottom, left:right] == code).mean()) for left, top, right, bottom in boxes]


def test_a_red_pen_is_dropped_and_the_tissue_beside_it_is_not():
    mask = of_picture("slides/tcga-red-pen.png", 8)
    assert boxes_of(mask, PEN, (60, 150, 120, 300), (20, 250, 140, 330)) == [1, 1]
    assert min(boxes_of(mask, TISSUE, (250, 150, 450, 250), (380, 240, 470, 400))) > 0.95
    assert mask.share(PEN) == pytest.approx(0.24, abs=0.04)


def test_a_blue_pen_is_dropped_also_where_it_is_thin():
    mask = of_picture("slides/wsi-blue-pen.png", 30)
    assert min(boxes_of(mask, PEN, (150, 65, 170, 73), (152, 108, 158, 130))) > 0.98
    assert min(boxes_of(mask, TISSUE, (100, 5, 120, 40), (60, 75, 90, 90))) > 0.9
    assert not (mask.codes[:, :140] == PEN).any()


def test_marks_of_three_colours_are_told_from_tissue():
    mask = of_slide("slides/small_dicom.dcm", 4)
    assert mask.status == "ok" and mask.share(PEN) == pytest.approx(0.105, abs=0.02)
    assert mask.share(TISSUE) == pytest.approx(0.39, abs=0.03)
    # Pixels that are nearer to green or to full blue than to any stain are marks.
    with open_slide(real("slides/small_dicom.dcm")) as slide:
        pixels = cv2.resize(slide.region(0, 0, 0, 3236, 2638), mask.codes.shape[::-1], interpolation=cv2.INTER_AREA)
    red, green, blue = pixels.astype(int).transpose(2, 0, 1)
    inked = (green > red + 40) & (green > blue - 20) | (blue > red + 90) & (blue > green + 70)
    assert (mask.codes[inked] == PEN).mean() > 0.97


@pytest.mark.parametrize(
    ("name", "microns", "share"),
    [
        ("slides/CMU-1-Small-Region.svs", 0.499, 0.35),
        ("slides/tcga-cr-7395-01a-01-ts1.svs", 0.5, 0.63),
        ("slides_ome_ndpi/OS-1-detail.ome.tif", 0.2271, 1.0),
        ("slides_ome_ndpi/OS-2-ndpi.ome.tif", 0.2271, 0.86),
    ],
)
def test_slides_without_marks_have_none_and_as_much_tissue_as_one_sees(name, microns, share):
    mask = of_slide(name, microns)
    assert mask.status == "ok" and mask.share(PEN) == 0 and mask.share(TISSUE) == pytest.approx(share, abs=0.04)


def test_tissue_of_a_real_slide_is_darker_than_what_is_not():
    mask = of_slide("slides/tcga-cr-7395-01a-01-ts1.svs", 0.5)
    with open_slide(real("slides/tcga-cr-7395-01a-01-ts1.svs")) as slide:
        picture = slide.region(1, 0, 0, slide.levels[1].width, slide.levels[1].height)
    grey = cv2.resize(picture, mask.codes.shape[::-1], interpolation=cv2.INTER_AREA).mean(axis=2)
    assert np.median(grey[mask.codes == TISSUE]) < np.median(grey[mask.codes != TISSUE]) - 40


def test_a_fluorescence_slide_is_refused():
    assert of_slide("slides_ome_ndpi/test3-DAPI-2-(387).ndpi", 0.228).status == "fluorescence"
