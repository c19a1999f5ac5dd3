"""DICOM slides: frames where they belong, levels from the files of a series, nothing that shows a label."""

import warnings

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian, MRImageStorage

from tests.data.slides.handmade_slides import (
    HEIGHT,
    SIDE,
    WIDTH,
    cut,
    dicom,
    halves,
    place_frames,
    set_frames,
    tissue,
    write_dicom,
)
from workflow_scripts.data.readers.reader_interface import RefusedSampleError
from workflow_scripts.data.slides.opening import open_slide

ACROSS, DOWN = -(-WIDTH // SIDE), -(-HEIGHT // SIDE)
CORNERS = [(column * SIDE, row * SIDE) for row in range(DOWN) for column in range(ACROSS)]


def whole(path, level: int = 0) -> np.ndarray:
    with open_slide(path) as slide:
        size = slide.levels[level]
        return slide.region(level, 0, 0, size.width, size.height)


def refusal(path) -> str:
    with pytest.raises(RefusedSampleError) as error, open_slide(path):
        pass
    return error.value.reason


def assembled(path) -> np.ndarray:
    """Frames as pydicom decodes them all, put together row by row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = pixel_array(path)
    rows = [np.concatenate(frames[start : start + ACROSS], axis=1) for start in range(0, len(frames), ACROSS)]
    return np.concatenate(rows)[:HEIGHT, :WIDTH]


@pytest.mark.parametrize("compressed", [True, False], ids=["jpeg", "raw"])
def test_frames_lie_row_by_row_with_the_pixels_that_pydicom_decodes(tmp_path, compressed):
    path = write_dicom(tmp_path / "x.dcm", dicom(tissue(), compressed))
    pixels = whole(path)
    assert np.array_equal(pixels, assembled(path))
    assert np.abs(pixels.astype(int) - tissue()).mean() < (12 if compressed else 0.01)


def test_frames_lie_where_they_say_and_white_is_where_none_lies(tmp_path):
    data = dicom(tissue(), compressed=False)
    order = np.random.default_rng(0).permutation(len(CORNERS))[:-1]
    tiles = list(cut(tissue()))
    set_frames(data, [tiles[index] for index in order])
    place_frames(data, [CORNERS[index] for index in order])
    expected = tissue()
    (missing,) = set(range(len(CORNERS))) - set(order)
    left, top = CORNERS[missing]
    expected[top : top + SIDE, left : left + SIDE] = 255
    assert np.array_equal(whole(write_dicom(tmp_path / "x.dcm", data)), expected)


@pytest.mark.parametrize("compressed", [True, False], ids=["jpeg", "raw"])
def test_frames_that_lie_column_by_column_are_told_by_what_lies_beyond_the_slide(tmp_path, compressed):
    data = dicom(tissue(), compressed)
    by_row = write_dicom(tmp_path / "rows.dcm", data)
    tiles = np.array(list(cut(tissue()))).reshape(DOWN, ACROSS, SIDE, SIDE, 3)
    set_frames(data, tiles.transpose(1, 0, 2, 3, 4).reshape(-1, SIDE, SIDE, 3))
    del data.DimensionOrganizationType
    data.SeriesInstanceUID = "1.2.4"
    assert np.array_equal(whole(write_dicom(tmp_path / "columns.dcm", data)), whole(by_row))


def test_an_order_that_nothing_tells_is_refused(tmp_path):
    data = dicom(tissue(), compressed=False)
    set_frames(data, list(cut(tissue()))[::-1])
    del data.DimensionOrganizationType
    assert refusal(write_dicom(tmp_path / "x.dcm", data)) == "unsupported_mode"
    # What is said is believed.
    data.DimensionOrganizationType = "TILED_FULL"
    assert whole(write_dicom(tmp_path / "x.dcm", data)).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("move", [(5, 0), (0, 5), (SIDE, 0), (9000, 0), (-SIDE, 0)])
def test_frames_beside_the_grid_or_upon_each_other_are_refused(tmp_path, move):
    data = dicom(tissue(), compressed=False)
    place_frames(data, [(move[0], move[1]), *CORNERS[1:]])
    assert refusal(write_dicom(tmp_path / "x.dcm", data)) == "unsupported_mode"


def test_more_frames_than_tiles_are_refused(tmp_path):
    data = dicom(tissue(), compressed=False)
    set_frames(data, [*cut(tissue())] * 2)
    assert refusal(write_dicom(tmp_path / "x.dcm", data)) == "unsupported_mode"


def test_smaller_files_of_the_series_are_the_levels_below(tmp_path):
    pictures = halves(tissue(), 3)
    names = ("b.dcm", "c.dcm", "a.dcm")
    for name, picture in zip(names, pictures, strict=True):
        write_dicom(tmp_path / name, dicom(picture, compressed=False))
    write_dicom(tmp_path / "other.dcm", dicom(pictures[1], compressed=False, series="9.9"))
    write_dicom(tmp_path / "label.dcm", dicom(pictures[1], ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"]))
    write_dicom(tmp_path / "square.dcm", dicom(tissue(200, 200), compressed=False))
    (tmp_path / "notes.txt").write_text("a text")
    with open_slide(tmp_path / "b.dcm") as slide:
        assert [path.name for path in slide.files] == list(names)
        assert [level.downsample for level in slide.levels] == pytest.approx([1, 2, 4], rel=0.01)
    for level, picture in enumerate(pictures):
        assert np.array_equal(whole(tmp_path / "b.dcm", level), picture)
    with open_slide(tmp_path / "c.dcm") as slide:
        assert [path.name for path in slide.files] == ["c.dcm", "a.dcm"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "LABEL", "NONE"]}, "not_a_slide"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"]}, "not_a_slide"),
        ({"SpecimenLabelInImage": "YES"}, "not_a_slide"),
        ({"SOPClassUID": MRImageStorage}, "not_a_slide"),
        ({"BitsAllocated": 16}, "unsupported_mode"),
        ({"InConcatenationNumber": 2}, "incomplete"),
        ({"TotalPixelMatrixRows": 0}, "incomplete"),
    ],
)
def test_labels_and_other_kinds_of_images_are_refused(tmp_path, changes, reason):
    assert refusal(write_dicom(tmp_path / "x.dcm", dicom(tissue(), **changes))) == reason


def test_a_deflated_file_is_refused(tmp_path):
    data = dicom(tissue(), compressed=False)
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert refusal(write_dicom(tmp_path / "x.dcm", data)) == "unsupported_mode"


def test_frames_in_several_pieces_are_put_together(tmp_path):
    path = write_dicom(tmp_path / "x.dcm", dicom(tissue()))
    expected = whole(path)
    data = dcmread(path)
    frames = [bytes(frame) for frame in encoded_frames(data)]
    data.PixelData = encapsulate(frames, fragments_per_frame=3)
    path = write_dicom(tmp_path / "y.dcm", data)
    assert np.array_equal(whole(path), expected)
    data.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=False)
    assert refusal(write_dicom(tmp_path / "y.dcm", data)) == "unreadable"


def encoded_frames(data) -> list[bytes]:
    return list(generate_frames(data.PixelData, number_of_frames=data.NumberOfFrames))


def test_microns_come_from_the_spacing_else_from_an_area_whose_sides_agree(tmp_path):
    def microns(**changes) -> tuple[float | None, str]:
        with open_slide(write_dicom(tmp_path / "x.dcm", dicom(tissue(), **changes))) as slide:
            return slide.microns, slide.microns_from

    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing = [0.0005, 0.0005]
    shared.PixelMeasuresSequence = [measures]
    area = {"ImagedVolumeWidth": WIDTH * 0.00025, "ImagedVolumeHeight": HEIGHT * 0.00025}
    assert microns(SharedFunctionalGroupsSequence=[shared], **area) == (0.5, "dicom")
    assert microns(**area) == (pytest.approx(0.25), "dicom")
    assert microns(ImagedVolumeWidth=15.0, ImagedVolumeHeight=15.0) == (None, "")
    assert microns() == (None, "")


def test_the_objective_and_whether_there_is_a_profile_are_read(tmp_path):
    optics = Dataset()
    optics.ObjectiveLensPower, optics.ICCProfile = 20, b"\0" * 128
    with open_slide(write_dicom(tmp_path / "x.dcm", dicom(tissue(), OpticalPathSequence=[optics]))) as slide:
        assert slide.vendor == "dicom" and slide.objective == 20 and slide.has_colour_profile
