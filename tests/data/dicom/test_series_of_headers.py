"""Series: which images belong together, in which order they lie, what is missing or stands there twice."""

import math

import numpy as np
import pytest

from tests.data.dicom.written_dicom import CORONAL, SAGITTAL, TRANSVERSE, enhanced, slice_of, write, write_series
from workflow_scripts.data.dicom.headers import read_headers
from workflow_scripts.data.dicom.series import Series, plane_of, series_of


def only(folder) -> Series:
    [series] = series_of(read_headers(folder))
    return series


def turned(degrees: float) -> list[float]:
    """A sagittal orientation turned about the long axis of the body."""
    angle = math.radians(degrees)
    return [-math.sin(angle), math.cos(angle), 0, 0, 0, -1]


def test_slices_are_ordered_by_their_position_and_not_by_number_or_name(tmp_path):
    series = only(write_series(tmp_path, [0, 3, 6, 9]))
    assert [image.position_mm for image in series.slices] == [0, 3, 6, 9]
    assert [image.header.number for image in series.slices] == [4, 3, 2, 1]
    assert (series.plane, series.gap_mm, series.missing, series.time_points) == ("sagittal", 3, 0, 1)


def test_a_gap_of_twice_the_usual_one_is_a_missing_slice(tmp_path):
    assert only(write_series(tmp_path, [0, 3, 9, 12, 15, 18, 27])).missing == 3


def test_uneven_positions_are_no_missing_slices(tmp_path):
    assert only(write_series(tmp_path, [0, 3.6, 7.1, 10.9, 14.4])).missing == 0


@pytest.mark.parametrize(
    ("orientation", "plane"),
    [(SAGITTAL, "sagittal"), (CORONAL, "coronal"), (TRANSVERSE, "transverse")]
    + [(turned(20), "sagittal"), (turned(45), "oblique"), (turned(75), "coronal")],
)
def test_the_plane_is_the_one_that_the_normal_comes_nearest_to(orientation, plane):
    assert plane_of(orientation) == plane


def test_a_localizer_of_three_planes_is_told_as_such(tmp_path):
    for index, plane in enumerate((SAGITTAL, CORONAL, TRANSVERSE)):
        write_series(tmp_path / str(index), [0, 10], first=10 * index + 1, ImageOrientationPatient=plane)
    series = only(tmp_path)
    assert series.planes == {"sagittal": 2, "coronal": 2, "transverse": 2}
    assert series.plane == "" and not series.slices


def test_one_plane_in_two_orientations_is_two_stacks(tmp_path):
    write_series(tmp_path / "a", [0, 4])
    write_series(tmp_path / "b", [0, 4], first=11, ImageOrientationPatient=turned(10))
    series = only(tmp_path)
    assert (series.planes, series.orientations, series.slices) == ({"sagittal": 4}, 2, ())


def test_rounded_cosines_are_one_orientation(tmp_path):
    write(tmp_path / "a", slice_of(0, 1))
    write(tmp_path / "b", slice_of(3, 2, ImageOrientationPatient=[0, 0.99999, 0.0001, 0, 0, -1]))
    assert len(only(tmp_path).slices) == 2


def test_a_file_that_was_exported_twice_counts_once(tmp_path):
    write_series(tmp_path / "a", [0, 3, 6])
    write_series(tmp_path / "b", [0, 3, 6])
    series = only(tmp_path)
    assert len(series.images) == 6 and len(series.copies) == 3 and series.time_points == 1
    assert [image.header.file[:2] for image in series.slices] == ["a/"] * 3


def test_files_of_one_uid_at_several_places_are_slices(tmp_path):
    assert len(only(write_series(tmp_path, [0, 3, 6], SOPInstanceUID="1.2.9")).slices) == 3


def test_a_single_further_image_at_a_place_is_a_copy_of_which_the_first_number_counts(tmp_path):
    write_series(tmp_path, [0, 3, 6, 9, 12])
    write(tmp_path / "again.dcm", slice_of(6, 20))
    series = only(tmp_path)
    assert [image.header.number for image in series.slices] == [5, 4, 3, 2, 1]
    assert [image.header.number for image in series.copies] == [20] and series.time_points == 1


def test_several_images_at_every_place_are_times_and_are_not_interleaved(tmp_path):
    for time in range(3):
        write_series(tmp_path / str(time), [0, 3, 6], first=3 * time + 1)
    series = only(tmp_path)
    assert series.time_points == 3 and len(series.slices) == 3 and not series.copies


def test_frames_of_one_file_are_slices(tmp_path):
    write(tmp_path / "x", enhanced([8, 0, 4]))
    series = only(tmp_path)
    assert [image.frame.index for image in series.slices] == [1, 2, 0]
    assert series.files == ("x",) and series.sequence == ("SE",) and series.echo_time_ms == 90


def test_files_of_a_time_series_are_told_though_each_has_many_frames(tmp_path):
    for time in range(2):
        write(tmp_path / str(time), enhanced([0, 4, 8], SOPInstanceUID=f"1.9.{time}"))
    assert only(tmp_path).time_points == 2


def test_a_series_without_orientation_or_position_has_no_slices(tmp_path):
    write_series(tmp_path / "a", [0, 3])
    write(tmp_path / "b", slice_of(6, 9, ImagePositionPatient=None))
    assert not only(tmp_path).slices
    write(tmp_path / "b", slice_of(6, 9, ImageOrientationPatient=None))
    assert not only(tmp_path).slices and only(tmp_path).plane == ""
    write(tmp_path / "b", slice_of(6, 9, ImageOrientationPatient=[0.0] * 6))
    assert not only(tmp_path).slices


def test_positions_are_along_the_normal_also_of_an_oblique_series(tmp_path):
    series = only(write_series(tmp_path, [0, 4, 8], ImageOrientationPatient=turned(20)))
    assert np.allclose([image.position_mm for image in series.slices], [0, 4, 8], atol=1e-6)
