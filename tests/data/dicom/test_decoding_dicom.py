"""Pixels: rescaled as the frame, the shared groups or the file says, inverted last, whatever the syntax; or refused."""

import logging
import subprocess
import sys
import warnings

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from tests.data.dicom.written_dicom import HEIGHT, WIDTH, enhanced, picture, set_pixels, slice_of, write
from workflow_scripts.data.dicom import decoding
from workflow_scripts.data.dicom.headers import read_headers
from workflow_scripts.data.readers.dicom_reader import DicomReader, Slice
from workflow_scripts.data.readers.reader_interface import Limits, RefusedSampleError


def frame(path, index: int = 0) -> np.ndarray:
    with DicomReader().open(path, Limits()) as opened:
        return opened.frame(index)


def refusal(path, part: Slice | None = None, limits: Limits | None = None) -> RefusedSampleError:
    with pytest.raises(RefusedSampleError) as error, DicomReader().open(path, limits or Limits()) as opened:
        opened.inspect(part)
    return error.value


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless],
)
def test_every_syntax_gives_the_same_pixels(tmp_path, syntax):
    pixels = frame(write(tmp_path / "x", slice_of(), syntax))
    assert pixels.dtype == np.uint16 and np.array_equal(pixels[..., 0], picture(1))


def test_big_endian_pixels_are_the_same(tmp_path):
    data = slice_of()
    data.PixelData = picture(1).astype(">u2").tobytes()
    data["PixelData"].VR = "OW"
    assert np.array_equal(frame(write(tmp_path / "x", data, ExplicitVRBigEndian))[..., 0], picture(1))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_file_without_preamble_has_plain_pixels(tmp_path, syntax):
    path = write(tmp_path / "x", slice_of(), syntax, bare=True)
    assert np.array_equal(frame(path)[..., 0], picture(1))


def test_jpeg_ls_is_decoded_by_the_fastest_decoder(tmp_path, monkeypatch):
    asked = []
    decode = decoding.pixel_array
    monkeypatch.setattr(decoding, "pixel_array", lambda *a, **k: asked.append(k["decoding_plugin"]) or decode(*a, **k))
    frame(write(tmp_path / "x", slice_of(), JPEGLSLossless))
    assert asked == ["pyjpegls"]


def test_the_slope_of_a_frame_counts_before_the_shared_one_and_that_before_the_files(tmp_path):
    data = enhanced([0, 4, 8], RescaleSlope="50", RescaleIntercept="0")
    shared = Dataset()
    shared.RescaleSlope, shared.RescaleIntercept = "10", "5"
    data.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = [shared]
    del data.PerFrameFunctionalGroupsSequence[2].PixelValueTransformationSequence
    path = write(tmp_path / "x", data)
    for index, (slope, intercept) in enumerate([(1, 0), (2, 0), (10, 5)]):
        assert np.array_equal(frame(path, index)[..., 0], picture(index) * slope + np.float32(intercept))
    del data.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence
    assert np.array_equal(frame(write(path, data), 2)[..., 0], picture(2) * 50.0)


def test_low_is_bright_is_inverted_after_the_rescaling(tmp_path):
    changes = {"PhotometricInterpretation": "MONOCHROME1", "RescaleSlope": "2", "RescaleIntercept": "-100"}
    plain = picture(1) * 2.0 - 100
    values = frame(write(tmp_path / "x", slice_of(**changes)))[..., 0]
    assert np.array_equal(values, plain.max() + plain.min() - plain)
    assert values.argmax() == plain.argmin()


def test_whole_numbers_that_are_inverted_stay_whole_and_do_not_wrap(tmp_path):
    data, bright = slice_of(), picture(1) + np.uint16(60000)
    set_pixels(data, bright)
    data.PhotometricInterpretation = "MONOCHROME1"
    values = frame(write(tmp_path / "x", data))[..., 0]
    assert values.dtype == np.uint16 and int(bright.max()) + int(bright.min()) > 2**16
    assert np.array_equal(values, bright.max().astype(int) + bright.min() - bright.astype(int))


def test_signed_pixels_keep_their_sign_and_bits_above_those_stored_do_not_count(tmp_path):
    signed, low = slice_of(), slice_of()
    set_pixels(signed, picture(1).astype(np.int16) - 2000)
    set_pixels(low, picture(1) | 0xF000, bits=12)
    assert np.array_equal(frame(write(tmp_path / "s", signed))[..., 0], picture(1).astype(int) - 2000)
    assert np.array_equal(frame(write(tmp_path / "l", low))[..., 0], picture(1))


def test_a_stored_window_changes_nothing(tmp_path):
    changes = {"WindowCenter": ["100", "900"], "WindowWidth": ["0", "20"]}
    assert np.array_equal(frame(write(tmp_path / "x", slice_of(**changes)))[..., 0], picture(1))


def test_a_box_is_cut_out_and_at_the_edges(tmp_path):
    path = write(tmp_path / "x", slice_of())
    with DicomReader().open(path, Limits()) as opened:
        rows = opened.rows(Slice(0, 3, 5, 10, 9))
        assert np.array_equal(rows[..., 0], picture(1)[5:9, 3:10])
        seen = opened.inspect(Slice(0, 20, -4, 90, 6))
        assert seen.values == {"width": 44, "height": 40}  # of the whole slice
        assert seen.sha256 == opened.digest(Slice(0, 20, -4, 90, 6)) != opened.digest(Slice(0, 0, 0, 4, 6))
    assert refusal(path, Slice(0, 44, 0, 50, 5)).reason == "outside_image"
    assert refusal(path, Slice(4, 0, 0, 5, 5)).detail == "frame 5 of a file of 1"


def test_pixels_of_one_value_are_refused(tmp_path):
    data = slice_of()
    pixels = picture(1)
    pixels[2:6, 2:6] = 7
    set_pixels(data, pixels)
    assert refusal(write(tmp_path / "x", data), Slice(0, 2, 2, 6, 6)).reason == "constant_image"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "unsupported_mode"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "unsupported_mode"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "unsupported_mode"),
        ({"PixelData": b"\0" * 100}, "truncated"),
        ({"PixelData": None}, "unreadable"),
        ({"Rows": None}, "incomplete"),
        ({"PhotometricInterpretation": None}, "not_an_image"),
        ({"BitsAllocated": 7}, "truncated"),
    ],
)
def test_what_is_no_grey_image_of_a_scanner_is_refused_in_words_of_our_own(tmp_path, changes, reason):
    error = refusal(write(tmp_path / "Mueller" / "x", slice_of(**changes)))
    assert error.reason == reason and "Mueller" not in error.detail and "pat-1" not in error.detail


def test_a_compressed_file_that_ends_in_its_pixels_is_refused(tmp_path):
    path = write(tmp_path / "x", slice_of(), JPEG2000Lossless)
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path).reason == "truncated"


def test_large_pictures_are_refused_before_they_are_decoded(tmp_path):
    path = write(tmp_path / "x", slice_of(PixelData=b""))
    assert refusal(path, limits=Limits(max_megapixels=WIDTH * HEIGHT * 0.9e-6)).reason == "too_large"


def test_pydicom_is_not_heard_whatever_was_imported_first():
    lines = (
        "import logging",
        "logging.basicConfig()",
        "import workflow_scripts.data.quiet",
        "import pydicom",
        "logging.getLogger('pydicom').warning('End of file reached in Mueller')",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_nothing_that_pydicom_says_is_heard(tmp_path, caplog):
    """Of a file that ends too early it says the name, of odd values their text."""
    path = write(tmp_path / "Mueller", slice_of(SeriesDescription="Mueller"), JPEG2000Lossless)
    path.write_bytes(path.read_bytes()[:-200])
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        refusal(path)
        list(read_headers(tmp_path))
    assert not caplog.text and not heard
