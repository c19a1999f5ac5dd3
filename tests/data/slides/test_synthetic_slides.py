"""Synthetic slides through ingest and back: the right slides, tiles of tissue alone, no identifier, planted tissue."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.identifiers import planted_slide_identifiers
from tests.raw import run_ingest, run_synthesise
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.contracts.ground_truth_table import GLASS, MEAN, PADDING, PEN, TRUTH
from workflow_scripts.contracts.step_settings.ground_truth_settings import GroundTruthSettings
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import ground_truth
from workflow_scripts.synthetic import recovery

SIDE = 80


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of raw files and that of the study."""
    root = tmp_path_factory.mktemp("slides")
    raw = run_synthesise(
        root / "raw", "slides", paper="histology_vgg", samples_per_class=42, samples_per_field=6, size=SIDE
    )
    rule = {"microns": 112 / SIDE, "pixels": SIDE}
    run_ingest(
        root / "study" / "dataset",
        synthetic=True,
        sources={"slides": raw},
        attributes=("site",),
        slides="slides.csv",
        tiles=rule,
    )
    return raw, root / "study"


def compared(raw: Path, study: Path) -> pd.DataFrame:
    settings = GroundTruthSettings("test", Packing(size=32), mask="none", protocols=(), explain=())
    arguments = {"settings": plain(settings), "code": "c", "log": None, "source": [f"slides={raw}"]}
    ground_truth.main(argparse.Namespace(**arguments, study_folder=study, out=study / "truth.csv"))
    return TRUTH.read(study / "truth.csv")


def test_every_slide_gives_tiles_with_its_label_patient_and_site_and_three_are_refused(
    folders: tuple[Path, Path],
) -> None:
    raw, study = folders
    truth = pd.read_csv(raw / "truth.csv", keep_default_na=False).set_index("id")
    table = pd.read_csv(raw / "slides.csv").set_index("slide")
    manifest = read_manifest(study / "dataset")
    whole = truth[truth["defect"] == ""]
    assert sorted(manifest["unit"].unique()) == sorted(whole.index) and len(whole) == 14
    drawn = whole.loc[manifest["unit"]]
    assert (manifest["label"].to_numpy() == drawn["label"]).all()
    assert (manifest["group"].to_numpy() == drawn["group"]).all()
    assert (manifest["site"].to_numpy() == table.loc[drawn["path"], "site"].to_numpy()).all()
    assert manifest.groupby("unit").size().min() >= 10
    reasons = QUARANTINE.read(study / "dataset" / "quarantine.csv")["reason"]
    assert sorted(reasons) == sorted(truth.loc[truth["defect"] != "", "defect"]) == ["blank", "no_microns", "truncated"]


def test_no_tile_is_glass_pen_or_padding(folders: tuple[Path, Path]) -> None:
    raw, study = folders
    paths = pd.read_csv(raw / "truth.csv").set_index("id")["path"]
    pens = 0
    for unit, tiles in read_manifest(study / "dataset").groupby("unit"):
        mask = recovery.true_mask(raw, paths[unit])
        pens += (mask == PEN).any()
        for tile in tiles.itertuples():
            inside = mask[tile.top : tile.top + tile.side, tile.left : tile.left + tile.side]
            assert not np.isin(inside, (PEN, PADDING)).any() and (inside == GLASS).mean() < 0.6, tile.id
    assert pens >= 2


def test_the_tissue_that_was_found_is_the_planted_one(folders: tuple[Path, Path]) -> None:
    truth = compared(*folders).set_index("part")
    assert set(truth["what"]) == {"tissue"} and truth.loc[MEAN, "n"] == len(truth) - 1 == 15
    slides = truth.drop(MEAN)["value"]
    assert truth.loc[MEAN, "value"] == pytest.approx(slides.mean()) and slides.mean() > 0.93 and slides.min() > 0.85


def test_overviews_that_are_not_those_of_the_record_are_not_compared(folders: tuple[Path, Path]) -> None:
    raw, study = folders
    overviews = study / "dataset" / "slides.npz"
    kept = overviews.read_bytes()
    overviews.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    try:
        with pytest.raises(UserError, match="slides.npz"):
            compared(raw, study)
    finally:
        overviews.write_bytes(kept)


def test_no_identifier_of_a_header_or_path_is_in_the_data_set(folders: tuple[Path, Path]) -> None:
    raw, study = folders
    identifiers = planted_slide_identifiers(raw)
    assert len(identifiers) > 60
    for path in (study / "dataset").iterdir():
        data = path.read_bytes()
        assert not [text for text in identifiers if text.encode() in data], path.name


def test_the_overviews_show_no_label(folders: tuple[Path, Path]) -> None:
    _, study = folders
    with np.load(study / "dataset" / "slides.npz") as overviews:
        pictures = [overviews[name] for name in overviews.files if name.endswith("picture")]
    # A slide is wider than high by 9 to 6.75; with the label beside it the glass would be wider.
    assert len(pictures) >= 14 and {round(picture.shape[1] / picture.shape[0], 1) for picture in pictures} == {1.3}
