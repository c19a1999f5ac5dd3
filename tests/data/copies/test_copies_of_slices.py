"""Slices that follow each other look alike and are no copies; a slice that comes again, turned, is one."""

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.raw import run_ingest
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
from workflow_scripts.data.copies.calibration import FLOOR
from workflow_scripts.data.copies.keypoints import record_of
from workflow_scripts.data.copies.proof import CORRELATION, prove, scores
from workflow_scripts.runtime.files import read_json

SAGITTAL_T2 = {"plane": "sagittal", "weighting": "T2"}


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """Two men's pelvis: real sagittal T2 series among others."""
    source = Path(os.environ.get("REAL_DATA", "/nowhere")) / "mri_prostatex"
    if not source.is_dir():
        pytest.skip("mri_prostatex is not here; REAL_DATA names the folder of such data sets")
    root = shutil.copytree(source, tmp_path / "raw")
    shutil.rmtree(root / "missing_slice")
    (root / "patients.csv").write_text("patient,label\nProstateX-0000,a\nProstateX-0001,b\n")
    return root


def ingested(root: Path, out: Path) -> Path:
    return run_ingest(out, sources={"dicom": root}, key=out.parent / "key", patients="patients.csv", series=SAGITTAL_T2)


def slices(root: Path, patient: str) -> list[Path]:
    return sorted((root / patient).glob("*/*t2tsesag*/*.dcm"))


def pixels(path: Path) -> np.ndarray:
    return pydicom.dcmread(path).pixel_array.astype(np.uint16)[..., None]


def test_slices_that_follow_each_other_are_no_copies_and_raise_what_is_asked(hospital, tmp_path):
    out = ingested(hospital, tmp_path / "out")
    assert EQUAL_PAIRS.read(out / "equal_pairs.csv").empty and len(read_manifest(out)) == 38
    record = read_json(out / "record.json")
    assert record["neighbours_alike"] and record["near_copies"]["correlation"] > 0.9
    first, second = (record_of(pixels(path)) for path in slices(hospital, "ProstateX-0000")[8:10])
    proof = prove(first, second)
    assert scores(proof[None])[0] > FLOOR and CORRELATION < proof["correlation"] < record["near_copies"]["correlation"]


def test_a_slice_of_one_patient_that_comes_again_turned_under_another_is_found(hospital, tmp_path):
    source, target = slices(hospital, "ProstateX-0000")[9], slices(hospital, "ProstateX-0001")[4]
    data = pydicom.dcmread(target)
    data.PixelData = np.ascontiguousarray(np.rot90(pydicom.dcmread(source).pixel_array)).tobytes()
    data.save_as(target)
    pairs = EQUAL_PAIRS.read(ingested(hospital, tmp_path / "out") / "equal_pairs.csv")
    assert pairs["kind"].tolist() == ["turned"] and pairs["changes"].str.contains("turned 90°").all()
    assert (pairs["label_a"] != pairs["label_b"]).all()
