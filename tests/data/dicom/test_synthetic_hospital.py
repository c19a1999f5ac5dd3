"""Synthetic studies of every layout, syntax and encoding are read back as they were drawn."""

import pandas as pd

from tests.raw import run_ingest, run_synthesise
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, QUARANTINE, read_manifest
from workflow_scripts.contracts.series_table import SERIES
from workflow_scripts.data.dicom.pseudonyms import PUBLIC
from workflow_scripts.runtime.files import read_json


def test_of_every_study_the_right_series_is_taken_and_every_slice_is_what_was_drawn(tmp_path):
    made = run_synthesise(
        tmp_path / "made", "dicom", paper="mri_resnet", samples_per_class=15, samples_per_field=3, size=40
    )
    tables = {"patients": "patients.csv", "lesions": "lesions.csv"}
    rule = {"plane": "sagittal", "weighting": "T2", "min_slices": 4}
    out = run_ingest(tmp_path / "out", sources={"dicom": made}, synthetic=True, series=rule, **tables)
    truth = pd.read_csv(made / "truth.csv", dtype=str, keep_default_na=False).set_index("id")
    broken = truth["defect"].isin(["truncated", "empty_file"])
    manifest = read_manifest(out).set_index("id")
    assert sorted(manifest.index) == sorted(truth.index[~broken]) and len(manifest) >= 40
    for column in ("label", "group"):
        assert (manifest[column] == truth.loc[manifest.index, column]).all()
    assert list(manifest["path"]) == [PUBLIC.file(path) for path in truth.loc[manifest.index, "path"]]
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    assert set(quarantine["path"]) >= {PUBLIC.file(path) for path in truth.loc[broken, "path"]}
    assert set(quarantine["reason"]) <= {"truncated", "empty_file", "unreadable"} and len(quarantine) > 0
    series = SERIES.read(out / "series.csv")
    assert (series.groupby("study")["reason"].agg(lambda reasons: (reasons == "taken").sum()) == 1).all()
    assert set(series["reason"]) >= {"other_plane", "other_weighting", "several_planes", "computed"}
    assert read_json(out / "record.json")["passed_over"] == {}
    pairs = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    assert {frozenset(pair) for pair in pairs[["id_a", "id_b"]].to_numpy()} == {
        frozenset((name, copy)) for name, copy in truth.loc[~broken, "copy_of"].items() if copy
    }
