"""Colposcopy: folders are read however unpacked, synthetic photographs hold what they say, no type is a stage."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import picture, run_ingest, run_synthesise, save
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.contracts.ground_truth_table import MASKS
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Refused
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps
from workflow_scripts.studies.colposcopy_resnet50 import figures
from workflow_scripts.synthetic.recovery import duplicates

ROOT = Path(__file__).resolve().parents[2]
STUDY = "colposcopy_resnet50"
FOLDER = ROOT / "workflow_scripts" / "studies" / STUDY
PUBLISHED = read_published(FOLDER / "published.yaml")


def found(root):
    items = list(adapter_registry.load(STUDY).samples(root, SimpleNamespace()))
    refused = [item.path for item in items if isinstance(item, Refused)]
    return {item.id: item.label for item in items if not isinstance(item, Refused)}, refused


@pytest.mark.parametrize(
    ("train", "additional"),
    [
        ("train/Type_{}", "additional_Type_{}_v2/Type_{}"),
        ("Type_{}", "additional/Type_{}"),
        ("train/train/Type_{}", "additional/additional_Type_{}_v2"),
        ("data/TRAIN/type_{}", "data/Additional_type_{}/Type_{}"),
    ],
)
def test_ids_are_the_same_however_the_archives_were_unpacked(tmp_path, train, additional):
    for number in (1, 2, 3):
        save(tmp_path / train.format(number) / f"{number}0.jpg", picture(number))
        save(tmp_path / additional.format(number, number) / f"{number}0.JPG", picture(10 + number))
    samples, refused = found(tmp_path)
    parts = ("train", "additional")
    assert samples == {f"{part}/Type_{n}/{n}0": f"Type_{n}" for part in parts for n in (1, 2, 3)} and not refused


def test_test_folders_are_passed_over_with_a_note_and_other_folders_are_refused(tmp_path, caplog):
    save(tmp_path / "train" / "Type_1" / "0.jpg", picture(0))
    for number, folder in enumerate(("test", "test_stg1", "test_stg2", "test/test")):
        save(tmp_path / folder / f"{number}.jpg", picture(number))
    save(tmp_path / "train" / "Type_4" / "4.jpg", picture(4))
    save(tmp_path / "samples" / "5.jpg", picture(5))
    with caplog.at_level("INFO", "workflow_scripts"):
        samples, refused = found(tmp_path)
    assert samples == {"train/Type_1/0": "Type_1"}
    assert refused == ["samples/5.jpg", "train/Type_4/4.jpg"]
    assert "4 images in test folders have no type; they are not used" in caplog.text


def test_a_source_without_types_is_named(tmp_path):
    save(tmp_path / "test" / "0.jpg", picture(0))
    with pytest.raises(
        UserError, match="none of the folders Type_1, Type_2, Type_3 with an image is in .* set `source`"
    ):
        found(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Synthetic data as the demo makes them, and what ingest found in them."""
    folder = tmp_path_factory.mktemp("made")
    made = run_synthesise(folder / "raw", STUDY, samples_per_class=24, samples_per_field=4, size=96)
    out = run_ingest(folder / "dataset", synthetic=True, sources={STUDY: made})
    return made, pd.read_csv(made / "truth.csv", dtype=str, keep_default_na=False), out


def test_true_near_duplicates_are_found_and_nothing_else(made):
    _, truth, out = made
    repeats = truth[(truth["defect"] == "near_equal") & (truth["copy_of"] != "")]
    assert len(repeats) >= 6
    by = {item.measure: item.value for item in duplicates(truth, EQUAL_PAIRS.read(out / "equal_pairs.csv"))}
    assert by == {"precision": 1.0, "recall": 1.0}
    assert set(MANIFEST.read(out / "manifest.csv")["group"]) == {""}


def test_a_cervix_shown_again_is_another_file_saved_in_coarser_steps(made):
    folder, truth, _ = made
    paths = truth.set_index("id")["path"]
    pairs = truth[(truth["defect"] == "near_equal") & (truth["field"].str.split("/").str[0] == "Type_1")]
    assert len(pairs)
    for row in pairs.itertuples():
        first, second = (Image.open(folder / name) for name in (paths[row.copy_of], row.path))
        assert first.quantization != second.quantization and first.format == second.format == "JPEG"
        difference = np.abs(np.asarray(first, int) - np.asarray(second, int)).mean()
        assert 0.5 < difference < 25


def test_the_visible_zone_tells_the_types_apart_and_is_where_the_mask_says(made):
    folder, truth, _ = made
    whole = truth[~truth["defect"].isin(["truncated", "empty_file"])]
    share = whole["zone_share"].astype(float).groupby(whole["label"]).mean()
    assert share["Type_1"] > 1.5 * share["Type_2"] > 1.5 * 1.5 * share["Type_3"] > 0
    redder = []
    for path in whole["path"]:
        pixels = np.asarray(Image.open(folder / path), float)
        mask = np.asarray(Image.open((folder / MASKS / path).with_suffix(".png")))
        share_of_red = pixels[..., 0] / (pixels.sum(axis=2) + 1)
        assert mask.shape == pixels.shape[:2] and set(np.unique(mask)) <= {0, 1, 2}
        ring = (mask == 0) & (pixels.sum(axis=2) > 250)
        redder.append(share_of_red[mask == 1].mean() > share_of_red[ring].mean())
    assert np.mean(redder) > 0.9


def test_synthetic_folders_hold_additional_photographs_and_one_without_a_type(made):
    folder, _, out = made
    assert (folder / "test" / "0.jpg").exists() and (folder / "additional_Type_2_v2" / "Type_2").is_dir()
    assert set(MANIFEST.read(out / "manifest.csv")["id"].str.split("/").str[0]) == {"train", "additional"}


def test_every_number_of_both_tables_is_there_and_table_1_does_not_add_up():
    values = {claim.id: claim.value for claim in PUBLISHED.claims}
    tables = {name: value for name, value in values.items() if name.startswith("table")}
    assert tables == {
        "table1.total.images": 8215,
        "table1.train.images": 5750,
        "table1.test.images": 2464,
        "table2.test.images": 2464,
        "table2.test.accuracy": 77,
        "table2.test.f1": 79,
    }
    assert tables["table1.train.images"] + tables["table1.test.images"] == tables["table1.total.images"] - 1
    for metric in ("accuracy", "f1"):
        assert values[f"abstract.{metric}"] == values[f"table2.test.{metric}"]


def test_every_figure_is_answered_and_every_caption_says_that_types_are_no_stages():
    assert [paper_figure.place for paper_figure in figures.PAPER_FIGURES] == [
        f"Fig. {number}" for number in range(1, 7)
    ]
    assert all(
        figures.TYPES in paper_figure.how_to_read and paper_figure.studies == (STUDY,)
        for paper_figure in figures.PAPER_FIGURES
    )
    assert "not stages of disease" in figures.TYPES
    assert "not how ill a woman is" in (FOLDER / "notes.md").read_text(encoding="utf-8").replace("\n", " ")


def test_extra_images_of_type_2_are_a_run_of_the_demo_alone():
    paper, demo = (Steps(settings(ROOT, {"scale": scale})) for scale in ("paper", "demo"))
    assert paper.training(STUDY, "resnet50").extra == {} == demo.training(STUDY, "resnet50").extra
    assert demo.training(STUDY, "resnet50-type_2").extra == {"Type_2": 2}
    assert "resnet50-type_2" not in paper.study(STUDY).runs
    assert demo.spec(STUDY, "resnet50-type_2") == demo.spec(STUDY, "resnet50")
