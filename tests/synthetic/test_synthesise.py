"""Synthetic data: in the layout its adapter reads, the same for the same settings, with the truth about every cell."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import run_ingest, run_preprocess, run_synthesise
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST, QUARANTINE
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json

# Those of pictures; what else is synthetic has tests of its own.
ADAPTERS = [name for name, entry in adapter_registry.adapters().items() if entry.modality == "image"]


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): digest_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_adapter_reads_back_exactly_what_was_made(tmp_path: Path, adapter: str) -> None:
    made = run_synthesise(tmp_path / "made", adapter, samples_per_class=16, samples_per_field=5)
    tables = {"folder": "groups.csv", "zeb2_ihc": "patients.csv"}
    settings = {"crop": 40, "groups": tables.get(adapter)}
    out = run_ingest(tmp_path / "out", synthetic=True, sources={adapter: made}, **settings)
    truth = pd.read_csv(made / "truth.csv", dtype=str, keep_default_na=False)
    whole = truth[~truth["defect"].isin(["truncated", "empty_file"])].set_index("id")
    manifest = MANIFEST.read(out / "manifest.csv").set_index("id")
    assert sorted(manifest.index) == sorted(whole.index)
    for column in ("label", "group", "path"):
        assert (manifest[column] == whole.loc[manifest.index, column]).all(), column
    record = read_json(out / "record.json")
    assert set(record["counts"].values()) == {16} and record["synthetic"] is True
    assert record["groups_known"] is (adapter not in ("colposcopy_resnet50", "peripheral_blood"))
    module = adapter_registry.load(adapter)
    assert record["classes"] == sorted(module.LABELS or module.SYNTHETIC_LABELS)


@pytest.mark.parametrize("adapter", ["cric", "peripheral_blood"])
def test_the_ground_truth_is_what_ingest_finds_and_nothing_else(tmp_path: Path, adapter: str) -> None:
    made = run_synthesise(tmp_path / "made", adapter, samples_per_class=25, samples_per_field=5, size=64)
    out = run_ingest(tmp_path / "out", synthetic=True, sources={adapter: made}, crop=64)
    truth = pd.read_csv(made / "truth.csv", dtype=str, keep_default_na=False)
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    broken = truth[truth["defect"].isin(["truncated", "empty_file"])]
    assert sorted(zip(quarantine["path"], quarantine["reason"], strict=True)) == sorted(
        zip(broken["path"], broken["defect"], strict=True)
    )
    assert len(broken) == 2
    pairs = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    copies = truth[truth["copy_of"] != ""]
    assert set(copies["defect"]) == {"equal_bytes", "near_equal"}
    found = {tuple(sorted(pair)) for pair in zip(pairs["id_a"], pairs["id_b"], strict=True)}
    assert found == {tuple(sorted(pair)) for pair in zip(copies["id"], copies["copy_of"], strict=True)}
    labels = truth.set_index("id")["label"]
    across = sum(labels[row.id] != labels[row.copy_of] for row in copies.itertuples())
    assert across and across == (pairs["label_a"] != pairs["label_b"]).sum()


def test_the_same_settings_give_the_same_bytes_and_another_seed_or_study_others(tmp_path: Path) -> None:
    few = {"samples_per_class": 4, "samples_per_field": 2}
    first = digests(run_synthesise(tmp_path / "a", "sipakmed", **few))
    assert first == digests(run_synthesise(tmp_path / "b", "sipakmed", **few))
    cell = "im_Parabasal/CROPPED/002_01.bmp"
    for changed in ({"seed": 1}, {"study": "other"}):
        assert digests(run_synthesise(tmp_path / "c", "sipakmed", **few, **changed))[cell] != first[cell]


def test_a_study_is_drawn_by_the_generator_of_its_paper_whatever_the_adapter(tmp_path: Path) -> None:
    few = {"samples_per_class": 4, "samples_per_field": 2}
    drawn = {paper: run_synthesise(tmp_path / f"of{paper}", "folder", paper=paper, **few) for paper in ("", "zeb2_ihc")}
    truths = {paper: pd.read_csv(folder / "truth.csv") for paper, folder in drawn.items()}
    assert "nc_ratio" in truths[""] and "stained_share" in truths["zeb2_ihc"]
    folder, own, dicom = (adapter_registry.entry_called(name) for name in ("folder", "zeb2_ihc", "dicom"))
    assert folder.generator("zeb2_ihc") == own.generator("") == "workflow_scripts.studies.zeb2_ihc.synthetic"
    assert folder.generator("") == folder.generator("cvm_cervix") == "workflow_scripts.synthetic.smears"
    assert dicom.generator("") == ""


def test_more_samples_leave_the_first_ones_as_they_were(tmp_path: Path) -> None:
    few = digests(run_synthesise(tmp_path / "a", "folder", samples_per_class=4, samples_per_field=2))
    more = digests(run_synthesise(tmp_path / "b", "folder", samples_per_class=8, samples_per_field=2))
    pictures = [name for name in few if name.endswith(".png") and not name.startswith(".truth")]
    assert len(pictures) == 12 and all(more[name] == few[name] for name in pictures)


def test_the_folder_is_rewritten_whole_but_never_one_that_was_not_made_here(tmp_path: Path) -> None:
    out = run_synthesise(tmp_path / "made", "folder", samples_per_class=6)
    run_synthesise(out, "folder", samples_per_class=4)
    assert len(list((out / "normal").iterdir())) == 4
    (out / "synthetic.json").unlink()  # as after a kill
    run_synthesise(out, "folder", samples_per_class=4)
    own = tmp_path / "own"
    own.mkdir()
    (own / "precious.png").touch()
    with pytest.raises(UserError, match="not made here"):
        run_synthesise(own, "folder", samples_per_class=4)
    assert (own / "precious.png").exists()


def test_synthetic_json_tells_what_was_made(tmp_path: Path) -> None:
    out = run_synthesise(tmp_path / "made", "herlev", samples_per_class=4)
    made = read_json(out / "synthetic.json")
    assert made["settings"]["synthetic"]["samples_per_class"] == 4 and made["code"] == "c"
    # Cells, their segmentations, their ground truth, truth.csv.
    assert len(made["outputs"]) == 4 * 7 * 3 + 1
    assert all(digest_file(out / name) == digest for name, digest in made["outputs"].items())
    run_synthesise(out, "herlev", samples_per_class=4, seed=1)
    assert read_json(out / "synthetic.json")["outputs"] != made["outputs"]


def test_a_herlev_segmentation_marks_the_nucleus_that_the_truth_names(tmp_path: Path) -> None:
    out = run_synthesise(tmp_path / "made", "herlev", samples_per_class=4)
    for row in pd.read_csv(out / "truth.csv").itertuples():
        mask = np.asarray(Image.open(out / row.path.replace(".BMP", "-d.bmp")))
        assert set(np.unique(mask)) <= {2, 3, 4}
        rows, columns = np.nonzero(mask == 2)
        assert (columns.min(), rows.min()) == (row.region_left, row.region_top)
        assert (columns.max() + 1, rows.max() + 1) == (row.region_right, row.region_bottom)
        assert row.nc_ratio == pytest.approx((mask == 2).sum() / (mask != 4).sum(), rel=1e-4)
        picture = np.asarray(Image.open(out / row.path)).astype(int).sum(axis=2)
        assert picture[mask == 2].mean() < picture[mask == 4].mean() - 60


def test_cric_fields_hold_several_cells_and_some_nuclei_near_the_edge(tmp_path: Path) -> None:
    out = run_synthesise(tmp_path / "made", "cric", samples_per_class=15, samples_per_field=5, size=80)
    truth = pd.read_csv(out / "truth.csv")
    assert truth.groupby("path").size().max() == 5
    near = (truth["y"] < 25) & (truth["region_top"] >= 0)
    assert 0.05 < near.mean() < 0.5
    raw = {"cric": out}
    dataset = run_ingest(tmp_path / "dataset", sources=raw, crop=90)
    images = np.load(run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=90) / "data.npy")
    manifest = MANIFEST.read(dataset / "manifest.csv")
    centre = images[:, 40:50, 40:50].mean(axis=(1, 2, 3))
    corner = images[:, :8, :8].mean(axis=(1, 2, 3))
    assert len(images) == len(manifest) and (centre < corner - 10).mean() > 0.95
