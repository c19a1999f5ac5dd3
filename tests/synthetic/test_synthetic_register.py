"""A synthetic register: read by the adapter of visits, its faults seen; its signal; and the slides of its women."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.raw import run_ingest, run_synthesise
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import QUARANTINE
from workflow_scripts.contracts.step_settings.ground_truth_settings import GroundTruthSettings
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.contracts.step_settings.synthesise_settings import (
    CohortOf,
    SynthesiseSettings,
    Synthetic,
    SyntheticVisits,
)
from workflow_scripts.data.adapters.adapter_registry import entry_called
from workflow_scripts.data.dicom.pseudonyms import PUBLIC
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.steps import ground_truth, synthesise
from workflow_scripts.studies.histology_vgg.synthetic_table import Drawn, draw
from workflow_scripts.synthetic.visit_signals import shown_risk

PAPER, WOMEN = "histology_vgg", 2000
CATEGORIES = {
    "hpv_result": ["negative", "positive", "invalid"],
    "hpv_type": ["none", "16", "18", "other_hr"],
    "cytology": ["NILM", "ASC-US", "LSIL", "ASC-H", "HSIL", "AGC", "SCC", "unsatisfactory"],
    "biopsy": ["none", "negative", "CIN1", "CIN2", "CIN3", "cancer"],
    "visit_type": ["sample", "colposcopy", "treatment", "symptoms"],
}
VISITS = {
    "file": "visits.csv",
    "outcomes": "outcomes.csv",
    "patient": "patient",
    "time": {"column": "date"},
    "columns": {name: {"kind": "category", "levels": levels} for name, levels in CATEGORIES.items()}
    | {"age": {"kind": "number"}, "p16_ki67": {"kind": "flag", "words": ["negative", "positive"]}},
    "outcome": {
        "event": "cin2plus_date",
        "end": "end_of_followup",
        "reason": "end_reason",
        "competing": ["death", "hysterectomy"],
    },
    "landmark": {"kind": "column", "column": "index_date"},
    "horizon": 3.0,
}


def made(folder: Path, seed: int = 0, **visits: object) -> Path:
    """The tables of a register."""
    return run_synthesise(folder, "visits", "women", seed, paper=PAPER, visits={"patients": WOMEN} | visits)


def test_the_adapter_reads_the_register_and_refuses_the_women_with_a_fault_and_no_others(tmp_path: Path) -> None:
    source = made(tmp_path / "made")
    truth = pd.read_csv(source / "truth.csv", keep_default_na=False).set_index("id")
    out = run_ingest(tmp_path / "study" / "dataset", synthetic=True, sources={"visits": source}, visits=VISITS)
    manifest = pd.read_csv(out / "manifest.csv").set_index("id")
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    faults = truth["defect"][truth["defect"] != ""]
    assert set(faults) == {"no_outcome", "duplicate_visit"} and len(faults) == 4
    assert dict(zip(quarantine["path"], quarantine["reason"], strict=True)) == faults.to_dict()
    assert set(manifest.index) == set(truth.index[(truth["index"] == 1) & (truth["defect"] == "")])
    assert (manifest["label"] == truth["label"].loc[manifest.index]).all()
    assert {"event", "event_free", "lost"} <= set(manifest["outcome"])
    settings = plain(GroundTruthSettings("women", Packing(), "none", (), ()))
    arguments = {"settings": settings, "code": "c", "source": [f"visits={source}"], "study_folder": out.parent}
    ground_truth.main(argparse.Namespace(**arguments, out=out.parent / "truth.csv"))
    recovered = pd.read_csv(out.parent / "truth.csv")
    assert recovered[["what", "measure", "value", "n"]].to_numpy().tolist() == [
        ["refused", "precision", 1.0, 4],
        ["refused", "recall", 1.0, 4],
    ]


def test_the_same_settings_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, changed = made(tmp_path / "a"), made(tmp_path / "b"), made(tmp_path / "c", seed=1)
    for name in ("visits.csv", "outcomes.csv", "truth.csv"):
        assert digest_file(first / name) == digest_file(again / name) != digest_file(changed / name), name


def test_every_woman_has_dates_in_order_and_nothing_after_she_left(tmp_path: Path) -> None:
    source = made(tmp_path / "made")
    tables = [source / f"{name}.csv" for name in ("visits", "outcomes")]
    visits, outcomes = (pd.read_csv(name, dtype=str, keep_default_na=False) for name in tables)
    visits = visits.drop_duplicates()
    assert visits["patient"].nunique() == WOMEN
    assert (visits.groupby("patient")["date"].shift().fillna("") < visits["date"]).all()
    left = visits.merge(outcomes, on="patient")
    assert (left["date"] <= left["end_of_followup"]).all()
    found = left[(left["date"] == left["cin2plus_date"]) & left["biopsy"].isin(["CIN2", "CIN3", "cancer"])]
    assert found["patient"].nunique() == (outcomes["cin2plus_date"] != "").sum() > 50
    assert (visits["smoking"] == "").mean() > 0.1
    # Nobody is lost by age within the horizon: the age would tell who had the event.
    index = left[left["date"] == left["index_date"]]
    assert len(index) > 50 and index["age"].astype(float).max() <= 62


def _indexed(drawn: Drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of women with an index sample: the event, years with an infection by then, and what the sample shows of risk."""
    cohort = drawn.cohort
    women = np.flatnonzero(cohort.outcomes.index >= 0)
    index = cohort.outcomes.index[women]
    return drawn.has_event[women], cohort.visits.infected[index], shown_risk(cohort.visits)[index]


@pytest.mark.parametrize(
    ("signal", "history_tells", "sample_tells"),
    [("temporal", True, True), ("static", False, True), ("none", False, False)],
)
def test_the_signal_is_in_the_history_in_the_sample_or_nowhere(
    signal: str, history_tells: bool, sample_tells: bool
) -> None:
    event, years, risk = _indexed(draw(("signals", "0", signal), SyntheticVisits(40000, signal)))
    assert len(event) > 2000
    # Of those whose sample shows the same, the longer infected ones.
    apart = years - pd.Series(years).groupby(np.round(risk, 9)).transform("median").to_numpy() > 0
    gain, shown = event[apart].mean() - event[~apart].mean(), event[risk > 0.1].mean() - event[risk <= 0.1].mean()
    assert (gain > 0.05) if history_tells else (abs(gain) < 0.035)
    assert (shown > 0.06) if sample_tells else (abs(shown) < 0.035)


def test_slides_are_of_women_of_the_register_and_show_part_of_their_risk(tmp_path: Path) -> None:
    block, fields = SyntheticVisits(WOMEN), {"SCC": 12, "AC": 12}
    synthetic = Synthetic(fields_per_class=fields, size=16, samples_per_field=1, cohort_of="women")
    out = _slides(tmp_path / "slides", synthetic, CohortOf("women", "visits", block))
    slides = pd.read_csv(out / "slides.csv", dtype=str).set_index("patient")
    register = pd.read_csv(made(tmp_path / "made") / "truth.csv").set_index("id")
    slides.index = slides.index.map(PUBLIC.patient)
    known = slides[slides.index.isin(register.index)]
    # One slide each; those that are broken or blank are of nobody whom the register knows.
    assert known.index.is_unique and known["label"].value_counts().to_dict() == fields
    event = register["label"].loc[known.index] == "event"
    shows = known["label"] == "SCC"
    assert 0.2 < event.mean() < 0.5 and event[shows].mean() > event[~shows].mean()
    with pytest.raises(UserError, match="the register of women gives .* women with slides of .* and 300 are wanted"):
        many = Synthetic(fields_per_class={"SCC": 300, "AC": 300}, size=16, cohort_of="women")
        _slides(tmp_path / "many", many, CohortOf("women", "visits", block))


def _slides(out: Path, synthetic: Synthetic, cohort: CohortOf) -> Path:
    """Slides of the women of a register."""
    generator = entry_called("slides").generator(PAPER)
    settings = plain(SynthesiseSettings("tiles", 0, "slides", 0, generator, synthetic, cohort))
    synthesise.main(argparse.Namespace(settings=settings, code="c", log=None, out=out))
    return out


def test_a_papers_register_is_drawn_by_its_generator_of_tables() -> None:
    visits, slides = entry_called("visits"), entry_called("slides")
    folder = f"workflow_scripts.studies.{PAPER}"
    assert visits.generator(PAPER) == f"{folder}.synthetic_table"
    assert slides.generator(PAPER) == f"{folder}.synthetic"
    # A generator of pictures draws no tables.
    assert visits.generator("mri_resnet") == visits.generator("") == ""
