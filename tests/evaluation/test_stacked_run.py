"""Late fusion: a regression on the scores of several runs, of which test units decide nothing."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import Study
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_record import RunRecord
from workflow_scripts.contracts.run_tables import UNITS, probabilities
from workflow_scripts.evaluation.recalibration import log_odds
from workflow_scripts.evaluation.stacked_run import combine
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings as load
from workflow_scripts.steps import make_run

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("images", "visits")


def halves(n=4000, seed=0):
    """Tables of two runs: each sees one of two independent halves of the log-odds of the second class."""
    generator = np.random.default_rng(seed)
    parts = generator.normal(scale=1.5, size=(2, n))
    labels = np.where(generator.random(n) < 1 / (1 + np.exp(-parts.sum(axis=0))), "b", "a")
    ids = [f"s{number:05d}" for number in range(n)]
    subset = np.where(np.arange(n) % 2, "validation", "test")
    base = pd.DataFrame({"id": ids, "unit": ids, "group": ids, "fold": 0, "subset": subset, "label": labels})
    p = 1 / (1 + np.exp(-parts))
    return {name: base.assign(p_a=1 - p[number], p_b=p[number], n_samples=1) for number, name in enumerate(SOURCES)}


def stacked(runs=SOURCES, **more):
    return parse(RunKind, {"kind": "stacked", "runs": list(runs), **more})


def loss(table):
    rows = table[table["subset"] == "test"]
    return log_loss(rows["label"], probabilities(rows), labels=["a", "b"])


def test_two_runs_that_each_tell_half_of_the_risk_are_better_together():
    tables = halves()
    result = combine(stacked(), tables)
    assert loss(result.units) < min(map(loss, tables.values())) - 0.03
    assert result.facts["stacked"]["coefficients"]["images"]["b"][0] == pytest.approx(1, abs=0.25)
    assert result.units.drop(columns=["p_a", "p_b"]).equals(tables["images"].drop(columns=["p_a", "p_b"]))


def test_test_units_decide_nothing_and_validation_units_all():
    tables = halves(400)
    before = combine(stacked(), tables)
    test = tables["images"]["subset"] == "test"
    swapped = {"a": "b", "b": "a"}

    def poisoned(rows):
        return {
            name: table.assign(label=table["label"].where(~rows, table["label"].map(swapped)))
            for name, table in tables.items()
        }

    assert combine(stacked(), poisoned(test)).facts == before.facts
    assert combine(stacked(), poisoned(~test)).facts != before.facts


def test_units_count_by_their_weight_and_those_of_weight_0_not_at_all():
    tables = halves(400)
    weight = np.random.default_rng(1).choice([0.0, 1.0, 2.5], 400)
    weighted = combine(stacked(C=0.5), {name: table.assign(weight=weight) for name, table in tables.items()})
    rows = (tables["images"]["subset"] == "validation").to_numpy()
    scores = np.concatenate([log_odds(probabilities(table[rows])[:, 1:]) for table in tables.values()], axis=1)
    model = LogisticRegression(C=0.5, max_iter=5000)
    model.fit(scores, tables["images"].loc[rows, "label"], sample_weight=weight[rows])
    given = weighted.facts["stacked"]["coefficients"]
    np.testing.assert_allclose([given[name]["b"][0] for name in SOURCES], model.coef_[0], rtol=1e-4)
    assert given != combine(stacked(C=0.5), tables).facts["stacked"]["coefficients"]
    assert (weighted.units["weight"] == weight).all()


def test_a_run_that_is_quite_sure_gives_a_number():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.isfinite(log_odds(sure)).all() and np.isfinite(log_odds(sure[:, 1:], sure[:, :1])).all()
    p = np.array([[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(log_odds(p[:, 1:], p[:, :1]), np.log([[1.5, 2.5]]))
    np.testing.assert_allclose(log_odds(p), np.log(p / (1 - p)))


def test_its_record_says_what_was_fitted_and_the_step_makes_it_of_several_classes(tmp_path):
    study = Study(tmp_path / "results", ["a", "b", "c"])
    for name in SOURCES:
        study.add(name, 2.0)
    runs = study.root / "runs" / "grouped"
    spec = {"kind": "stacked", "runs": list(SOURCES)}
    settings = {"study": "made", "protocol": "grouped", "run": "late", "fold": 0, "seed": 0, "spec": spec}
    out = runs / "late" / "fold0-seed0"
    given = [(name, runs / name / "fold0-seed0") for name in SOURCES]
    make_run.main(argparse.Namespace(settings=settings, code="c0de", source_run=given, out=out))
    table, record = UNITS.read(out / "units.csv"), read_view(RunRecord, out / "record.json")
    assert table["id"].equals(study.read("images")["id"])
    assert set(record.stacked.intercepts) == {"a", "b", "c"} and set(record.stacked.coefficients) == set(SOURCES)
    assert len(record.stacked.coefficients["images"]["a"]) == 2
    assert set(json.loads((out / "record.json").read_text())["inputs"]) == {
        f"runs/grouped/{name}/fold0-seed0/units.csv" for name in SOURCES
    }
    assert stacked().words("late", record) == "logistic regression on the log-odds of images and visits"


def test_without_validation_units_of_every_class_nothing_is_stacked():
    tables = halves(400)
    kept = (tables["images"]["subset"] == "test") | (tables["images"]["label"] == "a")
    with pytest.raises(UserError, match="no validation unit is of the class b, and a stacked run is fitted on them"):
        combine(stacked(), {name: table[kept] for name, table in tables.items()})


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (["xception", "nobody"], "names the run 'nobody', which is no run of this study; name another"),
        (["xception", "twice"], "names the run 'twice', which is stacked itself"),
        (["xception", "xception"], "'xception' stands there 2 times"),
    ],
)
def test_what_cannot_be_stacked_is_refused_at_the_start(runs, words):
    twice = {"kind": "stacked", "runs": ["xception", "deit"]}
    own = {"late": {"kind": "stacked", "runs": runs}, "twice": twice}
    with pytest.raises(UserError, match=words):
        load(ROOT, {"studies": {"cvm_cervix": {"runs": own}}})
