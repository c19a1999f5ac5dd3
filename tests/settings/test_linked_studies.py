"""A study of visits that is linked to one of images: what fits, what is made first, and what a mistake is told."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import RunAddress
from workflow_scripts.settings import phases
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.start_checks import check_before_start
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = {"grouped": {"kind": "holdout", "by": "group", "fractions": [0.6, 0.2, 0.2]}}
VISITS = {
    "file": "visits.csv",
    "patient": "woman",
    "time": {"column": "date"},
    "columns": {"age": {"kind": "number"}},
    "outcome": {"event": "cin", "end": "end"},
    "outcomes": "outcomes.csv",
    "landmark": {"kind": "date", "date": "2014-01-01"},
    "horizon": 3.0,
    "linked": "tiles",
}
IMAGES = {"study": "tiles", "embedding": "vgg"}
RUNS = {
    "joined": {"kind": "hybrid", "images": IMAGES},
    "visits_alone": {"kind": "hybrid", "inputs": ["visits"]},
    "images_alone": {"kind": "hybrid", "inputs": ["images"], "images": IMAGES},
    "stacked": {"kind": "stacked", "runs": ["visits_alone", "images_alone"]},
}


# A study of visits that is linked back.
LINKED_BACK = {
    "adapters": ["visits"],
    "ingest": {"visits": {**VISITS, "linked": "women"}},
    "runs": {"visits_alone": RUNS["visits_alone"]},
}


def given(visits=None, runs=None, women=None, tiles=None):
    """Settings of a study `women` of visits and a study `tiles` of slides, with some changes."""
    images = {
        "adapters": ["slides"],
        "source": "data/slides",
        "ingest": {"slides": "slides.csv"},
        "embeddings": {"vgg": {"model": "narrow_vgg", "pool": "mean"}},
        "protocols": PROTOCOLS,
        "runs": {"stored": {"kind": "baseline", "features": ["stored"], "embedding": "vgg"}},
        **(tiles or {}),
    }
    patients = {
        "adapters": ["visits"],
        "source": "data/women",
        "ingest": {"visits": {**VISITS, **(visits or {})}},
        "protocols": PROTOCOLS,
        "runs": {**RUNS, **(runs or {})},
        **(women or {}),
    }
    return {"studies": {"women": patients, "tiles": images}}


@pytest.fixture(scope="module")
def plan():
    return Plan(ROOT, given(), ROOT)


def test_a_run_reads_the_dataset_and_the_embedding_of_the_other_study(plan):
    records = ["results/tiles/dataset/record.json", "results/tiles/embeddings/vgg/record.json"]
    assert plan.data.linked_records("women", "joined") == records
    assert plan.data.linked_data("women", "images_alone") == ["results/tiles/embeddings/vgg/data.npy"]
    assert plan.data.linked_records("women", "visits_alone") == plan.data.linked_records("tiles", "stored") == []
    assert {"images_alone", "joined", "visits_alone"} <= set(plan.made_by["make_run_with_linked"])


def test_the_dataset_of_visits_is_made_after_the_one_that_says_whom_to_take(plan):
    assert plan.data.linked_dataset("women") == ["results/tiles/dataset/record.json"]
    assert plan.data.linked_dataset("tiles") == []


def test_the_runs_that_are_stacked_are_made_before(plan):
    address = RunAddress("women", "grouped", "stacked", 0, 0)
    assert [path.split("/")[-3] for path in plan.runs.source_files(address)] == ["visits_alone", "images_alone"]


def test_what_dvc_compares_of_a_phase_holds_what_is_made_of_the_other_study_for_it(plan, monkeypatch):
    monkeypatch.setattr(phases, "code_digest", lambda *modules: "code")
    monkeypatch.setattr(plan.data, "_listing", lambda study: {study: "digest"})
    data = phases.phase_inputs(plan, "women", "data")["steps"]
    assert data["tiles ingest"]["settings"]["listing"] == {"tiles": "digest"}
    assert data["ingest"]["settings"]["listing"] == {"women": "digest"}
    runs = phases.phase_inputs(plan, "women", "runs")["steps"]
    assert {"tiles preprocess", "tiles embed vgg"} <= runs.keys()
    assert not [title for title in phases.phase_inputs(plan, "tiles", "runs")["steps"] if "women" in title]


def test_the_other_study_is_checked_at_the_start_even_if_it_is_not_enabled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("visits.csv", "outcomes.csv"):
        (tmp_path / "data" / "women").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "women" / name).write_text("woman\n")
    only = {**given(tiles={"enabled": False}), "only": ["women"]}
    with pytest.raises(UserError, match=r"studies\.tiles\.source: data/slides is no folder"):
        check_before_start(Plan(ROOT, only, tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"visits": {"linked": "tile"}}, "women.ingest.visits.linked names 'tile', which is no study; did you mean"),
        ({"visits": {"linked": "women"}}, "women.ingest.visits.linked names the study itself"),
        ({"tiles": LINKED_BACK}, "women.ingest.visits.linked names tiles, which is linked itself, to women"),
        ({"visits": {"linked": "cvm_cervix"}}, "names cvm_cervix, whose adapter sipakmed gives no pseudonyms of"),
        ({"tiles": {"source": "synthetic", "paper": "histology_vgg"}}, "whose data are synthetic, and these are real"),
        ({"visits": {"linked": None}}, "its images are of tiles, and ingest.visits.linked is null; write linked:"),
        ({"runs": {"joined": {"kind": "hybrid"}}}, "the input images needs `images: {study: <study>, embedding:"),
        (
            {"runs": {"joined": {"kind": "hybrid", "inputs": ["visits"], "images": IMAGES}}},
            "run 'joined': images is given, and inputs has no images",
        ),
        (
            {"runs": {"joined": {"kind": "hybrid", "images": {**IMAGES, "study": "tils"}}}},
            "images.study 'tils' does not exist; did you mean tiles",
        ),
        (
            {"runs": {"joined": {"kind": "hybrid", "images": {**IMAGES, "embedding": "vg"}}}},
            "images.embedding 'vg' is no embedding of tiles; did you mean vgg",
        ),
        (
            {"runs": {"joined": {"kind": "hybrid", "images": {**IMAGES, "study": "women"}}}},
            "images.study women has samples of the modality table, no images; name another",
        ),
        (
            {"tiles": {"runs": {"odd": {"kind": "hybrid", "inputs": ["visits"]}}}},
            "a course of visits is taken of samples of the modality table, and this study's are of slide",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(changes, words):
    with pytest.raises(UserError) as refused:
        load(ROOT, given(**changes))
    assert words in str(refused.value)
