"""Headers: every DICOM file opened once, whatever its name, and nothing kept that is not wanted."""

import math
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    MediaStorageDirectoryStorage,
)

from tests.data.dicom.written_dicom import SAGITTAL, enhanced, slice_of, write, write_series
from workflow_scripts.data.dicom import headers
from workflow_scripts.data.dicom.headers import Header, RefusedFile, read_headers


def only(folder: Path) -> Header | RefusedFile:
    [item] = read_headers(folder)
    return item


def test_what_a_header_says_is_read_and_the_file_is_opened_once(tmp_path, monkeypatch):
    write_series(tmp_path, [0, 3, 6])
    opened = []

    def counted(*given):
        opened.append(given)
        return open(*given)

    monkeypatch.setattr(headers, "open", counted, raising=False)
    first, *_ = read_headers(tmp_path)
    assert len(opened) == 3
    assert (first.file, first.patient, first.number, first.modality) == ("001.dcm", "pat-1", 1, "MR")
    assert (first.width, first.height, first.sequence, first.repetition_time_ms) == (44, 40, ("SE",), 5590.0)
    [frame] = first.frames
    assert frame.orientation == tuple(SAGITTAL) and frame.position == (-6.0, 0.0, 0.0)
    assert (frame.spacing_mm, frame.thickness_mm, frame.echo_time_ms) == (0.5, 3.0, 101.0)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, JPEGLSLossless])
def test_every_syntax_gives_the_same_header(tmp_path, syntax):
    write(tmp_path / "a" / "x.dcm", slice_of())
    write(tmp_path / "b" / "x.dcm", slice_of(), syntax)
    assert only(tmp_path / "a") == only(tmp_path / "b")


def test_a_big_endian_header_is_the_same_too(tmp_path):
    write(tmp_path / "a" / "x.dcm", slice_of())
    data = slice_of()
    data["PixelData"].VR = "OW"
    write(tmp_path / "b" / "x.dcm", data, ExplicitVRBigEndian)
    assert only(tmp_path / "a") == only(tmp_path / "b")


@pytest.mark.parametrize("name", ["x.dcm", "IM0001", "1.2.840.7"])
def test_a_file_without_preamble_is_read_whatever_its_name(tmp_path, name):
    write(tmp_path / name, slice_of(), ImplicitVRLittleEndian, bare=True)
    assert only(tmp_path).patient == "pat-1"


def test_what_is_no_dicom_is_passed_over_and_refused_where_its_ending_says_that_it_is(tmp_path):
    for name in ("README", "notes.txt", "gone.dcm", "x.dcm", "stray.dcm"):
        (tmp_path / name).write_text("about Anna Mueller")
    stray = write(tmp_path / "stray.dcm", slice_of(), ImplicitVRLittleEndian, bare=True)
    stray.write_bytes(b" " + stray.read_bytes())
    (tmp_path / "empty.IMA").touch()
    (tmp_path / "gone.dcm").unlink()
    (tmp_path / "gone.dcm").symlink_to("nowhere")
    refused = {item.file: item.reason for item in read_headers(tmp_path)}
    assert refused == {
        "empty.IMA": "empty_file",
        "gone.dcm": "missing_file",
        "stray.dcm": "not_dicom",
        "x.dcm": "not_dicom",
    }


def test_a_directory_of_a_medium_is_passed_over(tmp_path):
    write(tmp_path / "DICOMDIR", slice_of(SOPClassUID=MediaStorageDirectoryStorage))
    assert not list(read_headers(tmp_path))


def test_a_header_that_ends_too_early_or_names_no_series_is_refused(tmp_path):
    path = write(tmp_path / "x.dcm", slice_of())
    path.write_bytes(path.read_bytes()[:190])
    assert only(tmp_path).reason in ("incomplete", "truncated", "unreadable")
    write(path, slice_of(SeriesInstanceUID=None))
    assert only(tmp_path) == RefusedFile("x.dcm", "incomplete", "the header names no class of object or no series")


@pytest.mark.parametrize("shared", [True, False])
def test_every_frame_of_an_enhanced_file_has_its_own_place_and_echo(tmp_path, shared):
    write(tmp_path / "x", enhanced([0, 4, 8], shared=shared))
    header = only(tmp_path)
    assert [frame.echo_time_ms for frame in header.frames] == [90, 91, 92] and header.sequence == ("SPIN",)
    assert [frame.position[0] for frame in header.frames] == [0, -4, -8]
    assert {(frame.orientation, frame.spacing_mm, frame.thickness_mm) for frame in header.frames} == {
        (tuple(SAGITTAL), 0.7, 4.0)
    }


def test_the_frames_of_a_file_without_groups_have_no_place(tmp_path):
    data = slice_of(NumberOfFrames=3)
    data.PixelData = np.zeros((3, 40, 44), np.uint16).tobytes()
    write(tmp_path / "x", data)
    assert [frame.position for frame in only(tmp_path).frames] == [None, None, None]


def test_what_a_header_lacks_or_says_wrong_is_nan_or_none(tmp_path):
    data = slice_of(PixelSpacing=None, EchoTime=None, ImagePositionPatient=None, InstanceNumber=None)
    data.add_new(0x00181164, "DS", ["0.9", "0.9"])  # the detector's spacing is not the patient's
    write(tmp_path / "x", data)
    header = only(tmp_path)
    [frame] = header.frames
    assert math.isnan(frame.spacing_mm) and math.isnan(frame.echo_time_ms)
    assert frame.position is None and header.number == 0


def test_a_number_that_is_none_is_no_error(tmp_path):
    path = write(tmp_path / "x", slice_of(EchoTime="101"))
    path.write_bytes(path.read_bytes().replace(b"101 ", b"1A1 "))
    assert math.isnan(only(tmp_path).frames[0].echo_time_ms)


@pytest.mark.parametrize("description", ["t2_localizer", "T2_LOC sag", "survey", "Scout"])
def test_a_description_is_asked_for_localizers_and_not_kept(tmp_path, description):
    write(tmp_path / "x", slice_of(SeriesDescription=f"{description} Mueller"))
    header = only(tmp_path)
    assert header.localizer and "Mueller" not in repr(header)


def test_a_patient_of_any_alphabet_is_one_patient_in_every_character_set(tmp_path):
    for name, character_set in (("a", "ISO_IR 100"), ("b", "ISO_IR 192")):
        data = slice_of(SpecificCharacterSet=character_set)
        data.PatientID = "Zoë-1"
        write(tmp_path / name, data)
    assert {header.patient for header in read_headers(tmp_path)} == {"Zoë-1"}
