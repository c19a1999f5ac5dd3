"""What is read of a slide's text: numbers, from where they can be trusted; and never a word, nor a label."""

import numpy as np
import pytest
import tifffile

from tests.data.slides.handmade_slides import (
    APERIO,
    OME,
    SIDE,
    aperio_ycbcr,
    dicom,
    halves,
    tissue,
    write_dicom,
    write_tiff,
)
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.readers.slide_reader import SlideReader, Tile
from workflow_scripts.data.slides.opening import open_slide
from workflow_scripts.data.slides.slide import Slide

NAME = "Nusquam"


def slide_of(path, text="", **options) -> Slide:
    with open_slide(write_tiff(path / "x.tif", [tissue()], text, **options)) as slide:
        return slide


def test_aperios_text_says_microns_and_objective(tmp_path):
    slide = slide_of(tmp_path, APERIO)
    assert (slide.vendor, slide.microns, slide.microns_from, slide.objective) == ("aperio", 0.499, "aperio", 20)


def test_an_aperio_file_may_say_neither(tmp_path):
    slide = slide_of(tmp_path, "Aperio Image Library v11.0.37\r\n4443x3567 (256x256) J2K/KDU Q=70|Filename = MPP")
    assert (slide.microns, slide.microns_from, slide.objective) == (None, "", None)


def test_ome_xml_says_microns_in_units_of_each_axis(tmp_path):
    slide = slide_of(tmp_path, OME)
    assert (slide.vendor, slide.microns, slide.microns_from, slide.objective) == ("ome", 0.25, "ome_xml", 40)


@pytest.mark.parametrize("unit", ["&#181;m", "&#xB5;m", "μm", "um"])
def test_ome_xml_writes_the_micrometre_in_many_ways(tmp_path, unit):
    text = OME.replace('SizeY="250"', 'SizeY="0.25"').replace("nm", unit).replace("µm", unit)
    assert slide_of(tmp_path, text).microns == 0.25


def test_pixels_of_an_unknown_unit_say_nothing(tmp_path):
    assert slide_of(tmp_path, OME.replace("µm", "pixel")).microns is None


@pytest.mark.parametrize(
    ("resolution", "unit", "microns"),
    [
        ((40_000, 40_000), "CENTIMETER", 0.25),
        ((50_800, 50_800), "INCH", 0.5),
        ((40_000, 40_000), "NONE", None),
        ((40_000, 20_000), "CENTIMETER", None),
        ((72, 72), "INCH", None),
        ((1, 1), "CENTIMETER", None),
    ],
)
def test_a_resolution_counts_with_a_unit_and_a_value_that_a_slide_can_have(tmp_path, resolution, unit, microns):
    slide = slide_of(tmp_path, resolution=resolution, resolutionunit=unit)
    assert slide.microns == (microns and pytest.approx(microns)) and slide.vendor == "tiff"
    assert slide.microns_from == ("tiff_resolution" if microns else "")


def test_a_profile_of_colours_is_noted_and_not_applied(tmp_path):
    assert slide_of(tmp_path, iccprofile=b"\0" * 200, compression="lzw").has_colour_profile
    with open_slide(tmp_path / "x.tif") as slide:
        assert np.array_equal(slide.region(0, 0, 0, 50, 50), tissue()[:50, :50])
    assert not slide_of(tmp_path).has_colour_profile


def named_files(folder) -> list:
    """Files of each reader that bear a name wherever one fits, also on their labels."""
    text = APERIO + f"|Filename = {NAME}|User = {NAME}|Date = {NAME}"
    svs = folder / "named.svs"
    with tifffile.TiffWriter(svs) as file:
        how = {"photometric": "rgb", "metadata": None, "compression": "lzw"}
        tags = [("Artist", "s", 0, NAME, True), ("HostComputer", "s", 0, NAME, True)]
        file.write(tissue(), tile=(SIDE, SIDE), description=text, extratags=tags, software=NAME, **how)
        label = np.tile(np.frombuffer(NAME.encode() + b"..", np.uint8), (90, 10)).reshape(90, 30, 3)
        file.write(label, description=f"Aperio\r\nlabel {NAME}", subfiletype=1, rowsperstrip=16, **how)
    ome = OME.replace("<Pixels ", f'<Description>{NAME}</Description><Pixels Name="{NAME}" ')
    data = dicom(tissue(), compressed=False)
    data.PatientName = data.PatientID = data.StudyDescription = data.ContainerIdentifier = NAME
    by_openslide = aperio_ycbcr(folder / "ycc.svs", tissue())
    by_openslide.write_bytes(by_openslide.read_bytes().replace(b"v11.2.1", NAME.encode()))
    return [svs, write_tiff(folder / "ome.tif", [tissue()], ome), write_dicom(folder / "x.dcm", data), by_openslide]


def test_a_name_in_text_or_on_a_label_reaches_no_value(tmp_path):
    label = np.frombuffer(NAME.encode(), np.uint8)
    for path in named_files(tmp_path):
        assert NAME.encode() in path.read_bytes()
        with SlideReader().open(path, Limits()) as opened:
            slide = opened.slide
            public = {name: value for name, value in vars(slide).items() if not name.startswith("_")}
            values = f"{public} {slide!r} {opened.inspect(Tile(0, 0, SIDE))}"
            assert NAME not in values.replace(str(path), "")
            for level, size in enumerate(slide.levels):
                pixels = slide.region(level, 0, 0, size.width, size.height).ravel()
                windows = np.lib.stride_tricks.sliding_window_view(pixels, len(label))
                assert not (windows == label).all(axis=1).any()


def test_what_a_refusal_says_quotes_nothing_of_the_file(tmp_path):
    refused = 0
    for path in named_files(tmp_path):
        whole = path.read_bytes()
        for size in range(200, len(whole), len(whole) // 9):
            cut = tmp_path / f"cut{path.suffix}"
            cut.write_bytes(whole[:size])
            try:
                with open_slide(cut) as slide:
                    slide.region(0, 0, 0, 600, 500)
            except Exception as error:
                assert NAME not in f"{error} {error.__cause__}"
                refused += 1
    assert refused >= 8


def test_levels_below_say_nothing_else_than_the_full_one(tmp_path):
    path = write_tiff(tmp_path / "x.tif", halves(tissue(), 2), resolution=(40_000, 40_000), resolutionunit=3)
    with open_slide(path) as slide:
        assert len(slide.levels) == 2 and slide.microns == pytest.approx(0.25)
