"""The ZEB2 study: its layout, its synthetic images, what its paper prints, and the settings that answer it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import picture, run_ingest, run_synthesise, save
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.data.adapters.interface import Refused
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps
from workflow_scripts.studies.zeb2_ihc import adapter

ROOT = Path(__file__).resolve().parents[2]
PAPER = read_published(ROOT / "workflow_scripts" / "studies" / "zeb2_ihc" / "published.yaml")


def layout(root: Path, *folders: str) -> Path:
    for index, name in enumerate(folders):
        for number in range(2):
            save(root / name / f"{number}.tif", picture(10 * index + number))
    return root


def test_grades_are_read_however_they_are_spelled_and_other_folders_are_refused(tmp_path: Path) -> None:
    root = layout(tmp_path, "Normal", "Low-grade", "high grade", "controls")
    found = list(adapter.samples(root, SimpleNamespace(groups=None, masks="ask", classes=None, labels=None)))
    refused = [item for item in found if isinstance(item, Refused)]
    assert {item.label for item in found if item not in refused} == set(adapter.LABELS)
    assert [(item.path, item.reason) for item in refused] == [
        ("controls/0.tif", "no_label"),
        ("controls/1.tif", "no_label"),
    ]


def test_patients_and_what_is_known_of_them_come_from_the_table(tmp_path: Path) -> None:
    root = layout(tmp_path / "raw", "normal", "low_grade", "high_grade")
    rows = ["path,group,age,stage", "normal/0.tif,p1,44,", "normal/1.tif,p1,44,", "low_grade/0.tif,p2,61,II"]
    (root / "patients.csv").write_text("\n".join(rows), encoding="utf-8")
    dataset = run_ingest(
        tmp_path / "out", sources={"zeb2_ihc": root}, attributes=("age", "stage"), groups="patients.csv"
    )
    manifest = MANIFEST.as_text(dataset / "manifest.csv").set_index("id")
    assert manifest.loc["normal/1", ["group", "age", "stage"]].tolist() == ["p1", "44", ""]
    assert manifest.loc["low_grade/0", ["group", "age", "stage"]].tolist() == ["p2", "61", "II"]
    assert manifest.loc["high_grade/0", ["group", "age", "stage"]].tolist() == ["", "", ""]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return run_synthesise(tmp_path_factory.mktemp("made"), "zeb2_ihc", samples_per_class=20, size=120, difficulty=0.2)


def test_synthetic_grades_differ_in_the_share_of_brown_nuclei_and_the_masks_say_which(made: Path) -> None:
    truth = pd.read_csv(made / "truth.csv")
    shares = truth.groupby("label")["stained_share"].mean()
    assert shares["normal"] + 0.2 < shares["low_grade"] < shares["high_grade"]
    for row in truth[truth["defect"].isna()].iloc[::7].itertuples():
        pixels = np.asarray(Image.open(made / row.path)).astype(int)
        mask = np.asarray(Image.open((made / ".truth" / row.path).with_suffix(".png")))
        assert pixels.shape[:2] == mask.shape == (120, 234)
        assert (mask == 2).sum() / (mask > 0).sum() == pytest.approx(row.stained_share, abs=1e-5)
        redder = {value: (pixels[..., 0] - pixels[..., 2])[mask == value].mean() for value in (1, 2)}
        assert redder[2] > redder[1] + 20  # brown against blue


def test_images_of_one_patient_share_age_stage_treatment_and_virus(made: Path) -> None:
    table = pd.read_csv(made / "patients.csv")
    known = ["age", "stage", "treatment", "hpv"]
    assert (table.groupby("group")[known].nunique() == 1).all(axis=None)
    assert (table[known].nunique() > 1).all()


def test_every_number_of_the_paper_is_there_with_its_place() -> None:
    table = [claim for claim in PAPER.claims if claim.cell]
    assert len(table) == 12 and {claim.cell.table for claim in table} == {"Table 1"}
    assert {claim.metric for claim in table} == {"accuracy", "macro_auc", "macro_f1"}
    elsewhere = {claim.id: claim.printed for claim in PAPER.claims if not claim.cell}
    assert elsewhere["abstract.accuracy"] == "94.4" and len(elsewhere) == 22
    assert all(claim.place for claim in PAPER.claims)


def test_at_the_papers_scale_there_is_every_way_to_vote_and_to_balance_and_the_second_protocol() -> None:
    steps = Steps(settings(ROOT, {"scale": "paper"}))
    study = steps.study("zeb2_ihc")
    assert {study.runs[name].how for name in study.runs if "vote" in name} == {"soft", "weighted", "hard"}
    trainings = {name: steps.training("zeb2_ihc", name) for name in study.runs if name.startswith("densenet169")}
    plain = trainings["densenet169"]
    assert (plain.sampling, plain.class_weights, plain.mask, plain.augment.noise) == ("none", "none", True, 0.02)
    assert trainings["densenet169-weights"].class_weights == "balanced"
    assert trainings["densenet169-weighted"].sampling == "weighted"
    assert trainings["densenet169-oversampled"].sampling == "oversampled"
    assert trainings["densenet169-unmasked"].mask is False
    # Each differs from the plain one in what it is called after, and in nothing else.
    assert trainings["densenet169-without_noise"] == replace(plain, augment=replace(plain.augment, noise=0.0))
    assert steps.evaluate("zeb2_ihc", "selection").reported == "validation"
    assert list(settings(ROOT, {"scale": "demo"}).studies["zeb2_ihc"].protocols) == ["published", "grouped"]
