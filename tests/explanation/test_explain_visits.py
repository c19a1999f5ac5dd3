"""The step explain on runs of visits: what it writes follows from the weights, and is the same bytes again."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests import made
from tests.made_visits import made_visits
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.visit_risk_tables import COLUMN_RISKS, VISIT_RISKS
from workflow_scripts.explanation.patient_sheets import TABLES
from workflow_scripts.explanation.trained import Trained
from workflow_scripts.kinds.step_settings.explain_settings import ExplainSettings
from workflow_scripts.steps import explain, train
from workflow_scripts.training.samples import read_samples

LSTM = {"kind": "recurrent", "hidden": 8}
GRU = {"kind": "recurrent", "cell": "gru", "hidden": 8}
VOTE = {"kind": "vote", "members": ["lstm", "gru"]}
ASKED = {"positive": "high_risk", "sensitivity": 0.6}
FORMATS = ("png", "webp", "svg", "pdf")
SHOWN = {*TABLES, *(f"risk_over_time.{ending}" for ending in FORMATS)}
EMBEDDED = {"embedding.csv", "embedding.html", *(f"embedding.{ending}" for ending in FORMATS)}


class VisitInputs(made.Inputs):
    """Of a study whose one protocol keeps patients together."""

    @property
    def split(self) -> Path:
        return self.root / "splits" / "grouped.csv"


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """Inputs, folder of explanations, and the settings of the explain step."""
    root = tmp_path_factory.mktemp("visits")
    made_visits(root, patients=150).preprocess()
    inputs = VisitInputs(root)
    specs = {"both": {"spec": VOTE, "train": None}}
    for run, spec in (("lstm", LSTM), ("gru", GRU)):
        how = {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 16, "epochs": 15, "select": "best"}
        settings = {**made.settings(spec=spec, run=run, **how), "protocol": "grouped"}
        train.main(inputs.arguments(out=root / "runs" / run / "fold0-seed0", settings=settings))
        specs[run] = {"spec": settings["spec"], "train": settings["train"]}
    settings = {"study": "made", "protocol": "grouped", "fold": 0, "seed": 0, "reported": "test", "specs": specs}
    settings["preprocess"] = {"size": 32, "fit": "squash", "pixel_size": None}
    settings["explain"] = {"runs": ["lstm", "both"], "images": 2, "errors": 1, "embedding": True}
    settings["risk"] = ASKED
    explain.main(inputs.arguments(runs=root / "runs", out=root / "explanation", settings=settings))
    return inputs, root / "explanation", settings


def test_tables_and_figure_of_patients_stand_where_those_of_pictures_would(explained):
    inputs, out, _ = explained
    assert {path.name for path in (out / "lstm").iterdir()} == SHOWN | EMBEDDED
    assert {path.name for path in (out / "both").iterdir()} == SHOWN
    record = json.loads((out / "record.json").read_text())
    written = {path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.name != "record.json"}
    assert set(record["outputs"]) == written
    assert {f"runs/{run}/fold0-seed0/weights.safetensors" for run in ("lstm", "gru")} <= set(record["inputs"])
    subset = pd.read_csv(inputs.split).set_index("id")["subset"]
    for run in ("lstm", "both"):
        visits, columns = (
            VISIT_RISKS.read(out / run / "risk_over_time.csv"),
            COLUMN_RISKS.read(out / run / "drivers.csv"),
        )
        assert set(subset[visits["id"]]) == {"test"} and visits["id"].nunique() == 3
        # What is no feature drives nothing.
        assert set(columns["column"]) == {"age", "hpv", "smoker"}
        assert visits["risk"].between(0, 1).all() and (visits["without"] != visits["risk"]).any()
        called = visits.groupby("id").last()
        assert ((called["risk"] >= called["threshold"]) == (called["called"] == "high")).all()


def test_the_risk_after_the_last_visit_is_the_prediction_of_the_run(explained):
    inputs, out, settings = explained
    visits = VISIT_RISKS.read(out / "lstm" / "risk_over_time.csv")
    last = visits.groupby("id", sort=False)["risk"].last()
    samples = read_samples(inputs.root / "dataset", inputs.root / "arrays", inputs.split, 0)
    weights = inputs.root / "runs" / "lstm" / "fold0-seed0" / "weights.safetensors"
    run = Trained.read(parse(ExplainSettings, settings), "lstm", weights, samples, "cpu")
    judged, seen = run.judge(False)
    risk = pd.Series(seen.probabilities[:, 1], index=judged["id"])
    assert last.to_numpy() == pytest.approx(risk[last.index].to_numpy(), abs=1e-6)
    assert read_record(out / "record.json")["found"]["lstm"]["patients"] == 3


def test_equal_runs_of_visits_are_explained_in_equal_bytes(explained, tmp_path):
    inputs, out, settings = explained
    again = {**settings, "explain": {**settings["explain"], "runs": ["lstm"]}}
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=again))
    for name in (path.name for path in (out / "lstm").iterdir()):
        assert (tmp_path / "lstm" / name).read_bytes() == (out / "lstm" / name).read_bytes(), name


def test_what_the_network_has_learned_from_drives_it(explained):
    """Whether the level of hpv stays the same tells the classes apart: without it most risks move, without age few."""
    _, out, _ = explained
    columns = COLUMN_RISKS.read(out / "lstm" / "drivers.csv")
    moved = (columns["risk"] - columns["without"]).abs().groupby(columns["column"]).mean()
    assert moved["hpv"] > moved["smoker"] and moved["hpv"] > 0.02
    assert np.isfinite(moved).all()
