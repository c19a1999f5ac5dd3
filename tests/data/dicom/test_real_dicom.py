"""Real files of several makers, where they are: in the folder that REAL_DATA names; else they are skipped."""

import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.raw import run_ingest
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.contracts.series_table import SERIES
from workflow_scripts.contracts.step_settings.ingest_settings import SeriesRule
from workflow_scripts.data.dicom.choosing import choose
from workflow_scripts.data.dicom.decoding import Pixels
from workflow_scripts.data.dicom.headers import Header, RefusedFile, read_headers
from workflow_scripts.data.dicom.series import series_of
from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError

SAGITTAL_T2 = SeriesRule(plane="sagittal", weighting="T2")
# Files of these kinds are decodable and still no images of a scanner.
NO_IMAGES = ("Secondary Capture", "Segmentation", "Ultrasound")


@pytest.fixture(scope="module")
def real():
    """A function that gives the folder of a data set, or skips the test."""

    def folder(name: str) -> Path:
        path = Path(os.environ.get("REAL_DATA", "/nowhere")) / name
        if not path.is_dir():
            pytest.skip(f"the data set {name} is not here; REAL_DATA names the folder of such data sets")
        return path

    return folder


def as_stored(pixels: Pixels, index: int) -> np.ndarray:
    with quiet():
        return pixels.stored(index)


def test_exactly_the_sagittal_t2_series_are_taken_in_order_and_the_missing_slice_is_told(real, tmp_path):
    raw = shutil.copytree(real("mri_prostatex"), tmp_path / "raw")
    expected = pd.read_csv(raw / "series.csv")
    (raw / "patients.csv").write_text("patient,label\nProstateX-0000,a\nProstateX-0001,b\n")
    rule = {"plane": "sagittal", "weighting": "T2"}
    key = tmp_path / "key"
    out = run_ingest(tmp_path / "out", sources={"dicom": raw}, key=key, patients="patients.csv", series=rule)
    series, manifest = SERIES.read(out / "series.csv"), read_manifest(out)
    # Both list them by folder.
    assert list(series["images"]) == list(expected["files"])
    assert list(series["reason"] == "taken") == list(expected["sagittal_t2"] == "yes")
    planes = series["plane"].where(series["plane"] != "", "several")
    assert list(planes) == [text.split(":")[0] if " " not in text else "several" for text in expected["planes"]]
    assert list(series["missing"]) == [0] * 10 + [1] and not series["duplicates"].any()
    assert len(manifest) == 38 and QUARANTINE.read(out / "quarantine.csv").empty
    for _, slices in manifest.groupby("series"):
        slices = slices.sort_values("id")
        assert list(slices["slice"]) == list(range(19))
        assert np.allclose(np.diff(slices["position_mm"]), 3.6, atol=1e-3)
    assert "prostatex" not in "".join(path.read_text().lower() for path in out.iterdir())


def test_every_odd_file_is_read_or_refused_as_expected_and_none_ends_the_walk(real):
    raw = real("dicom_variants")
    expected = pd.read_csv(raw / "expected.csv", dtype=str, keep_default_na=False).set_index("file")
    headers = {item.file: item for item in read_headers(raw)}
    assert len(expected) == 130
    for file, row in expected.iterrows():
        header = headers.get(file)
        if (row["plain_read"] == "no" and row["forced_read"] != "yes") or row["sop_class"].startswith("Media Storage"):
            assert header is None or isinstance(header, RefusedFile), file
        elif row["rows"] and isinstance(header, Header) and row["frames"].isdecimal():
            seen = (header.height, header.width, len(header.frames))
            assert seen == tuple(int(row[name]) for name in ("rows", "cols", "frames")), file
        check_pixels(raw / file, row)


def check_pixels(path: Path, row: pd.Series) -> None:
    """What decodes is what others decode; what does not is refused in words of our own."""
    try:
        pixels = Pixels(path)
        frames = [pixels.frame(index) for index in range(pixels.count)]
    except RefusedSampleError as refusal:
        grey = row["photometric"].startswith("MONOCHROME") and not row["sop_class"].startswith(NO_IMAGES)
        assert row["pixels_readable"] != "yes" or not grey or row["modality"] in ("US", "SEG"), (path, str(refusal))
        return
    assert row["pixels_readable"] == "yes", path
    stored = [as_stored(pixels, index) for index in range(pixels.count)]
    assert [min(map(np.min, stored)), max(map(np.max, stored))] == [float(row["min"]), float(row["max"])], path
    assert np.isfinite(frames).all()


def test_frames_have_their_own_rescaling_and_times_and_t1_are_not_taken(real):
    raw = real("mri_variety")
    philips = Pixels(raw / "enhanced" / "Philips" / "IM_0027_fMAP.dcm")
    slopes = Counter()
    for index in range(philips.count):
        stored, rescaled = as_stored(philips, index), philips.frame(index)[..., 0]
        slope, intercept = np.polyfit(stored.ravel().astype(float), rescaled.ravel().astype(float), 1)
        slopes[round(slope, 4), round(intercept)] += 1
    assert slopes == {(1.2799, 0): 32, (0.2442, -500): 32}
    series = series_of(item for item in read_headers(raw) if isinstance(item, Header))
    choices = {choice.series.first.header.file.split("/")[0]: choice for choice in choose(series, SAGITTAL_T2, ())}
    assert choices["ge_sag_t1"].reason == "other_weighting" and choices["ge_sag_t1"].series.plane == "sagittal"
    assert choices["multiframe"].reason == "no_position"
    loose = choose(series, SeriesRule(min_slices=1), {item.first.header.patient for item in series})
    times = {choice.series.first.header.file.split("/")[-2]: choice for choice in loose}
    for folder, places in (("Philips", 32), ("XA10", 6)):
        assert times[folder].reason == "several_images_in_a_place"
        assert (times[folder].series.time_points, len(times[folder].series.slices)) == (2, places)
    signed = Pixels(raw / "ge_sag_t1" / "00089.dcm")
    assert as_stored(signed, 0).dtype == np.int16 and signed.frame(0).shape == (256, 256, 1)


def test_transverse_and_coronal_series_and_maps_are_no_sagittal_t2(real):
    series = series_of(item for item in read_headers(real("mri_tcia")) if isinstance(item, Header))
    choices = {choice.series.plane: choice.reason for choice in choose(series, SAGITTAL_T2, ())}
    assert choices == {"transverse": "other_plane", "sagittal": "other_weighting", "coronal": "other_plane"}
