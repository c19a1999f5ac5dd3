"""Synthetic data are checked against their ground truth: right things count, wrong ones do not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.raw import run_ingest, run_preprocess, run_segment, run_synthesise
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.contracts.ground_truth_table import CLASS_SIGN, FOLD, PEN, TISSUE
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.preprocessing.packing import ImagePacker
from workflow_scripts.synthetic import recovery

SMALL = {"samples_per_class": 16, "samples_per_field": 4, "size": 80}


def truth_table(*copies: tuple[str, str]) -> pd.DataFrame:
    names = sorted({name for pair in copies for name in pair} | {"other"})
    return pd.DataFrame({"id": names, "copy_of": [dict(copies).get(name, "") for name in names]})


def pairs(*found: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=["id_a", "id_b"])


def test_duplicates_count_pairs_in_any_order_and_copies_of_one_original_as_pairs_too() -> None:
    truth = truth_table(("b", "a"), ("c", "a"))
    found = {one.measure: (one.value, one.n) for one in recovery.duplicates(truth, pairs(("a", "b"), ("other", "c")))}
    assert found == {"precision": (0.5, 2), "recall": (pytest.approx(1 / 3), 3)}
    every = recovery.duplicates(truth, pairs(("b", "a"), ("c", "a"), ("b", "c")))
    assert [one.value for one in every] == [1, 1]
    assert recovery.duplicates(truth_table(), pairs()) == []


def test_faults_count_where_the_right_patients_are_refused_for_the_right_reason() -> None:
    planted = {"a": "no_outcome", "b": "duplicate_visit", "c": "no_outcome"}
    refused = {"a": "no_outcome", "b": "out_of_order"}
    measures = recovery.faults(planted, refused)
    assert [(one.measure, one.value, one.n) for one in measures] == [("precision", 0.5, 2), ("recall", 1 / 3, 3)]


def test_tissue_is_compared_slide_by_slide_at_the_size_in_which_it_was_looked_for() -> None:
    planted = np.zeros((400, 600), np.uint8)
    planted[100:300, 100:500] = TISSUE
    planted[100:200, 100:200], planted[200:220, 100:500] = CLASS_SIGN, FOLD
    whole = np.zeros((40, 60), bool)
    whole[10:30, 10:50] = True
    half = whole.copy()
    half[:, 30:] = False
    with_pen = np.where(np.arange(600) < 300, planted, np.uint8(PEN))
    found = recovery.tissue({"a": planted, "b": planted, "c": with_pen}, {"b": half, "a": whole, "c": half})
    assert [(one.part, one.measure, one.n) for one in found] == [
        ("mean", "dice", 3),
        ("b", "dice", 1),
        ("a", "dice", 1),
        ("c", "dice", 1),
    ]
    assert [one.value for one in found] == pytest.approx([8 / 9, 2 / 3, 1, 1])
    assert recovery.tissue({"a": planted}, {}) == []


def test_energy_is_the_share_of_the_map_inside_and_leaves_out_empty_maps() -> None:
    region = np.zeros((4, 4), bool)
    region[:2] = True
    inside, even = np.where(region, 1.0, 0.0), np.ones((4, 4))
    maps, random = np.stack([inside, even, 0 * even]), np.stack([even] * 3)
    found = recovery.energy({"a": region, "b": region, "c": region}, ["a", "b", "c"], maps, random, "cnn")
    assert found.value == pytest.approx(0.75) and found.n == 2
    assert found.chance == 0.5 and found.untrained == 0.5


@pytest.mark.parametrize(("adapter", "fit"), [("sipakmed", "squash"), ("cric", "crop"), ("zeb2_ihc", "pad")])
def test_true_regions_lie_where_the_packed_pixels_show_them(tmp_path: Path, adapter: str, fit: str) -> None:
    made = run_synthesise(tmp_path / "made", adapter, **SMALL)
    dataset = run_ingest(tmp_path / "dataset", synthetic=True, sources={adapter: made}, crop=60)
    arrays = run_preprocess(dataset, tmp_path / "arrays", sources={adapter: made}, size=48, fit=fit)
    manifest, images = MANIFEST.read(dataset / "manifest.csv"), np.load(arrays / "data.npy")
    regions = recovery.regions(
        manifest, RawFiles({adapter: made}, {adapter: ImageReader()}), ImagePacker(Packing(48, fit, "bilinear", False))
    )
    assert list(regions) == list(manifest["id"])
    darker = []
    for name, pixels in zip(manifest["id"], images, strict=True):
        region = regions[name]
        assert region.shape == (48, 48) and 0 < region.mean() < 1
        darker.append(pixels[~region].mean() - pixels[region].mean())
    assert np.mean(np.array(darker) > 5) > 0.9  # the true region absorbs light


def test_true_copies_and_masks_are_found_again(tmp_path: Path) -> None:
    made = run_synthesise(tmp_path / "made", "zeb2_ihc", **SMALL | {"samples_per_field": 3, "size": 120})
    dataset = run_ingest(tmp_path / "dataset", synthetic=True, sources={"zeb2_ihc": made})
    arrays = run_preprocess(dataset, tmp_path / "arrays", sources={"zeb2_ihc": made}, size=72)
    masks = np.load(run_segment(arrays, tmp_path / "masks", "grey") / "masks.npy") > 0
    manifest = MANIFEST.read(dataset / "manifest.csv")
    truth = pd.read_csv(made / "truth.csv", dtype=str, keep_default_na=False)
    found = recovery.duplicates(truth, EQUAL_PAIRS.read(dataset / "equal_pairs.csv"))
    assert [(one.value, one.n) for one in found] == [(1, 3), (1, 3)]
    regions = recovery.regions(
        manifest,
        RawFiles({"zeb2_ihc": made}, {"zeb2_ihc": ImageReader()}),
        ImagePacker(Packing(72)),
    )
    packed = dict(zip(manifest["id"], masks, strict=True))
    assert recovery.masks(regions, packed, "grey").value > 0.85
    wrong = dict(zip(manifest["id"], np.roll(masks, 1, axis=0), strict=True))
    assert recovery.masks(regions, wrong, "grey").value < 0.6
