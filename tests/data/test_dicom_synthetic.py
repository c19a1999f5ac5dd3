"""Synthetic DICOM studies through ingest: the right series, the boxes, copies and damage, and no identifier."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.identifiers import planted_identifiers
from tests.raw import run_ingest, run_synthesise
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, QUARANTINE, read_manifest
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, SlicePacking
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.preprocessing.slice_packing import SlicePacker
from workflow_scripts.runtime.files import read_json
from workflow_scripts.synthetic import recovery

SERIES = {"plane": "sagittal", "weighting": "T2"}
TABLES = {"patients": "patients.csv", "lesions": "lesions.csv"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of raw files and that of the data set."""
    root = tmp_path_factory.mktemp("dicom")
    raw = run_synthesise(root / "raw", "dicom", paper="mri_resnet", samples_per_class=14, samples_per_field=2, size=64)
    out = run_ingest(
        root / "out", synthetic=True, sources={"dicom": raw}, attributes=("site",), series=SERIES, **TABLES
    )
    return raw, out


def truth_of(raw: Path) -> pd.DataFrame:
    return pd.read_csv(raw / "truth.csv", keep_default_na=False).set_index("id")


def test_ingest_takes_every_sample_that_was_drawn_with_its_label_patient_and_box(folders: tuple[Path, Path]) -> None:
    raw, out = folders
    truth, manifest = truth_of(raw), read_manifest(out).set_index("id")
    whole = truth[truth["defect"] != "truncated"]
    assert sorted(manifest.index) == sorted(whole.index) and set(manifest["label"].value_counts()) == {14}
    drawn = whole.loc[manifest.index]
    assert (manifest["label"] == drawn["label"]).all() and (manifest["group"] == drawn["group"]).all()
    for side in ("left", "top", "right", "bottom"):
        assert (manifest[side] == drawn[f"region_{side}"]).all()


def test_of_every_study_the_one_right_series_is_taken(folders: tuple[Path, Path]) -> None:
    raw, out = folders
    series = pd.read_csv(out / "series.csv")
    taken = series[series["reason"] == "taken"]
    assert len(taken) == taken["patient"].nunique() == len(pd.read_csv(raw / "patients.csv"))
    assert set(taken["plane"]) == {"sagittal"} and taken["echo_time_ms"].min() > 60 and taken["slices"].min() >= 10
    reasons = {"computed", "fewer_slices", "other_plane", "other_weighting", "secondary_capture", "several_planes"}
    assert reasons | {"taken"} == set(series["reason"])
    assert taken["missing"].sum() == 3  # one patient of each class lacks a slice inside the series


def test_damaged_files_are_quarantined_and_the_exported_copy_is_detected(folders: tuple[Path, Path]) -> None:
    raw, out = folders
    truth = truth_of(raw)
    assert sorted(QUARANTINE.read(out / "quarantine.csv")["reason"]) == ["empty_file", "truncated"]
    pairs = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    copies = truth[truth["copy_of"] != ""]
    assert {frozenset(pair) for pair in zip(pairs["id_a"], pairs["id_b"], strict=True)} == {
        frozenset(pair) for pair in copies["copy_of"].items()
    }


def test_the_crop_holds_the_lesion_that_was_drawn(folders: tuple[Path, Path]) -> None:
    raw, out = folders
    manifest = read_manifest(out)
    files = RawFiles.of(read_json(out / "record.json"), {"dicom": raw})
    regions = recovery.regions(manifest, files, SlicePacker.of(Packing(size=48, slices=SlicePacking(margin=0.1))))
    assert list(regions) == list(manifest["id"])
    for region in regions.values():
        rim = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
        assert 0.25 < region.mean() < 0.95 and not rim.any()


def test_no_identifier_of_a_header_or_path_is_in_the_data_set(folders: tuple[Path, Path]) -> None:
    raw, out = folders
    texts = [path.read_text(encoding="utf-8") for path in out.iterdir() if path.suffix in (".csv", ".json")]
    assert len(texts) >= 4
    identifiers = planted_identifiers(raw)
    assert len(identifiers) > 1000 and not [name for name in identifiers if any(name in text for text in texts)]
