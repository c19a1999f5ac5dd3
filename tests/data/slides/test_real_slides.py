"""Real slides of several makers, where they are: in the folder that REAL_DATA names; else they are skipped."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pydicom.pixels import pixel_array

from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.openslide_slide import OpenSlideSlide
from workflow_scripts.data.slides.slide import Slide

# File → reader, vendor, microns, objective, width and height of the full level, levels.
SLIDES = {
    "slides/CMU-1-Small-Region.svs": ("TiffSlide", "aperio", 0.499, 20, 2220, 2967, 1),
    "slides/tcga-cr-7395-01a-01-ts1.svs": ("TiffSlide", "aperio", None, None, 4443, 3567, 2),
    "slides/small_dicom.dcm": ("DicomSlide", "dicom", None, None, 3236, 2638, 1),
    "slides_ome_ndpi/OS-1-detail.ome.tif": ("TiffSlide", "ome", 0.2271, None, 1101, 1101, 1),
    "slides_ome_ndpi/OS-2-ndpi.ome.tif": ("TiffSlide", "ome", 0.2271, None, 2202, 2202, 1),
    "slides_ome_ndpi/test3-DAPI-2-(387).ndpi": ("OpenSlideSlide", "hamamatsu", 0.2282, 40, 3968, 4864, 7),
}
REFUSED = ("broken.svs", "tcga-red-pen.png", "wsi-blue-pen.png")


def real(name: str) -> Path:
    """A real file; where it is missing the test is skipped."""
    path = Path(os.environ.get("REAL_DATA", "/nowhere")) / name
    if not path.exists():
        pytest.skip(f"{name} is not here; REAL_DATA names the folder of such data sets")
    return path


def whole(slide: Slide, level: int = 0) -> np.ndarray:
    size = slide.levels[level]
    return slide.region(level, 0, 0, size.width, size.height)


@pytest.mark.parametrize("name", SLIDES)
def test_every_slide_opens_with_what_it_says(name):
    reader, vendor, microns, objective, width, height, levels = SLIDES[name]
    with open_slide(real(name)) as slide:
        assert (type(slide).__name__, slide.vendor, slide.objective) == (reader, vendor, objective)
        assert slide.microns == (microns and pytest.approx(microns, abs=5e-5))
        assert (slide.levels[0].width, slide.levels[0].height, len(slide.levels)) == (width, height, levels)
        assert slide.tile(width // 3, height // 3, 448, 224).shape == (224, 224, 3)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_slide_is_refused(name):
    with pytest.raises(RefusedSampleError, match="not_a_slide"):
        open_slide(real("slides") / name)


@pytest.mark.parametrize("name", [name for name in SLIDES if name.endswith(".svs")])
def test_pixels_of_aperio_are_those_of_openslide_at_every_level(name):
    with open_slide(real(name)) as slide, OpenSlideSlide(real(name)) as by_openslide:
        assert slide.levels == by_openslide.levels
        for level in range(len(slide.levels)):
            assert np.array_equal(whole(slide, level), whole(by_openslide, level))


@pytest.mark.parametrize("name", [name for name in SLIDES if name.endswith(".tif")])
def test_pixels_of_big_endian_ome_are_those_that_tifffile_reads_as_a_whole(name):
    with open_slide(real(name)) as slide:
        assert np.array_equal(whole(slide), tifffile.imread(real(name)))


def test_frames_of_the_dicom_slide_are_pydicoms_and_fit_together():
    with open_slide(real("slides/small_dicom.dcm")) as slide, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = pixel_array(real("slides/small_dicom.dcm"))
        pixels = whole(slide)
    # Six rows, column after column: its header does not say so.
    columns = [np.concatenate(frames[start : start + 6]) for start in range(0, 42, 6)]
    assert np.array_equal(pixels, np.concatenate(columns, axis=1)[:2638, :3236])
    seams = np.abs(np.diff(pixels[:, 499:501].astype(int), axis=1)).mean()
    inside = np.abs(np.diff(pixels[:, 249:251].astype(int), axis=1)).mean()
    assert seams < 3 * inside


def test_pixels_of_the_ndpi_are_those_that_tifffile_reads(tmp_path):
    path = real("slides_ome_ndpi/test3-DAPI-2-(387).ndpi")
    with open_slide(path) as slide, tifffile.TiffFile(path) as file:
        for level in range(4):
            assert np.array_equal(whole(slide, level), file.series[0].levels[level].asarray())
