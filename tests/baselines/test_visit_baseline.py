"""Baselines on visits: what they look at, that training patients alone are learned from, weights, and inner folds."""

import json
import sys
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.made_visits import CLASSES, Visits, made_visits
from tests.vouched import vouch
from workflow_scripts.baselines import visit_features
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.visit_settings import VisitColumnRule
from workflow_scripts.contracts.visit_columns import VisitColumn
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json
from workflow_scripts.steps import make_run

NAN = np.nan
LASTING = {"column": "hpv", "without": ["negative"]}
FEW = (
    VisitColumn("years", "years", "time"),
    VisitColumn("age", "age", "number"),
    VisitColumn("hpv=no", "hpv", "level"),
    VisitColumn("hpv=16", "hpv", "level"),
    VisitColumn("hpv=18", "hpv", "level"),
    VisitColumn("smoker", "smoker", "flag"),
)
# Patients with four visits, one, and two.
ROWS = np.array(
    [
        [-6.0, 30, 1, 0, 0, 1],
        [-4.0, NAN, 0, 1, 0, NAN],
        [-2.0, 34, NAN, NAN, NAN, 0],
        [-1.0, 35, 0, 1, 0, NAN],
        [-3.0, NAN, 0, 0, 1, NAN],
        [-5.0, 50, 0, 0, 1, 1],
        [-0.5, NAN, 1, 0, 0, 1],
    ]
)
COUNTS = np.array([4, 1, 2])


def run(made: Visits, out: str, **spec: object) -> pd.DataFrame:
    """The test patients of a run of this kind: what units.csv says of them."""
    job = {"study": "made", "protocol": "grouped", "run": "control", "fold": 0, "seed": 0, "aggregate": "none"}
    settings = {**job, "spec": {"kind": "visit_baseline", **spec}}
    words = ["make_run", "--settings", json.dumps(settings), "--code", "c", "--log", str(made.root / "log")]
    for name, path in {
        "dataset": made.dataset,
        "arrays": made.arrays,
        "split": made.split,
        "out": made.root / out,
    }.items():
        words += [f"--{name}", str(path)]
    with patch.object(sys, "argv", words):
        make_run.main(make_run.arguments())
    return pd.read_csv(made.root / out / "units.csv").query("subset == 'test'")


def auc(units: pd.DataFrame) -> float:
    return roc_auc_score(units["label"] == CLASSES[1], units[f"p_{CLASSES[1]}"])


def resplit(made: Visits, split: pd.DataFrame) -> None:
    SPLIT.write(made.split, split)
    vouch(made.split.with_suffix(".json"), made.split.name)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Visits:
    made = made_visits(tmp_path_factory.mktemp("cohort"), patients=600)
    made.preprocess()
    return made


@pytest.mark.parametrize(
    ("name", "wanted"),
    {
        "visits": [4, 1, 2],
        "years of history": [6, 3, 5],
        "years since the last visit": [1, 3, 0.5],
        "age last": [35, NAN, 50],
        "age mean": [33, NAN, 50],
        "age lowest": [30, NAN, 50],
        "age highest": [35, NAN, 50],
        "age slope": [1, NAN, NAN],
        "age measured": [3, 0, 1],
        "age years ago": [1, NAN, 5],
        "hpv=16 last": [1, 0, 0],
        "hpv=no ever": [1, 0, 1],
        "hpv measured": [3, 1, 2],
        "hpv years ago": [1, 3, 0.5],
        "hpv same as before": [1, NAN, 0],
        "smoker last": [0, NAN, 1],
        "smoker ever": [1, NAN, 1],
        "smoker share": [0.5, NAN, 1],
        "smoker years ago": [2, NAN, 0.5],
    }.items(),
)
def test_summaries_are_what_a_reader_of_the_visits_would_write_down(name, wanted):
    made = visit_features.summaries(ROWS, COUNTS, FEW)
    np.testing.assert_allclose(made.values[:, made.names.index(name)], wanted, atol=1e-9)


def test_a_level_lasts_from_its_first_visit_without_a_break_to_the_landmark():
    lasting = visit_features.persistence(ROWS, COUNTS, FEW, "hpv", ("no",))
    assert lasting.tolist() == [4, 3, 0]
    assert visit_features.persistence(ROWS, COUNTS, FEW, "hpv", ()).tolist() == [4, 3, 0.5]
    unknown = ROWS.copy()
    unknown[:, 2:5] = NAN
    assert visit_features.persistence(unknown, COUNTS, FEW, "hpv", ()).tolist() == [0, 0, 0]
    with pytest.raises(UserError, match="'smoker', which is no category; there are hpv"):
        visit_features.persistence(ROWS, COUNTS, FEW, "smoker", ())


def test_the_history_tells_what_the_last_visit_does_not(cohort):
    last = auc(run(cohort, "last", model="logistic", features="last_visit", C=1.0))
    history = auc(run(cohort, "history", model="logistic", features="summaries"))
    trees = auc(run(cohort, "trees", model="boosting", features="summaries"))
    lasting = auc(run(cohort, "lasting", model="score", features="persistence", persistence=LASTING))
    assert min(history, trees) > last + 0.15 and lasting > 0.6


def test_what_was_measured_earlier_is_nothing_that_a_last_visit_tells(tmp_path):
    made = made_visits(tmp_path, patients=120)
    spec = {"model": "logistic", "features": "last_visit", "C": 1.0}
    made.preprocess(imputation="last_value")
    first = run(made, "first", **spec)
    visits = pd.read_csv(made.dataset / "visits.csv")
    last = visits["visit"] == visits.groupby("id")["visit"].transform("max")
    arrays = np.load(made.arrays / "data.npy")
    arrays[~last.to_numpy(), 1:] = 7
    np.save(made.arrays / "data.npy", arrays)
    vouch(made.arrays / "record.json", "data.npy")
    pd.testing.assert_frame_equal(run(made, "second", **spec), first)


@pytest.mark.parametrize("model", ["logistic", "boosting"])
def test_what_is_on_request_inflates_only_the_run_that_names_it(cohort, model):
    honest = auc(run(cohort, f"honest {model}", model=model, features="last_visit"))
    asked = auc(run(cohort, f"asked {model}", model=model, features="last_visit", extra_columns=["schiller"]))
    assert asked > 0.99 > 0.85 > honest


def test_c_is_chosen_by_training_patients_alone_and_stands_in_the_record(tmp_path):
    made = made_visits(tmp_path, patients=120)
    made.preprocess()
    spec = {"model": "logistic", "features": "summaries"}
    units = run(made, "chosen", **spec)
    record = read_json(made.root / "chosen" / "record.json")
    losses = record["inner_log_loss"]
    assert list(losses) == ["0.001", "0.01", "0.1", "1", "10"]
    assert record["C"] == min(map(float, losses), key=lambda c: losses[f"{c:g}"])
    pd.testing.assert_frame_equal(run(made, "given", **spec, C=record["C"]), units)
    split = SPLIT.read(made.split)
    tested = split.loc[split["subset"] == "test", "id"]
    arrays, index = np.load(made.arrays / "data.npy"), pd.read_csv(made.arrays / "index.csv").set_index("id")
    for name in tested:
        arrays[index.loc[name, "first"] :][: index.loc[name, "count"], 1:] *= 1000
    np.save(made.arrays / "data.npy", arrays)
    vouch(made.arrays / "record.json", "data.npy")
    run(made, "again", **spec)
    assert read_json(made.root / "again" / "record.json")["inner_log_loss"] == losses
    kept = [pd.read_csv(made.root / out / "units.csv").query("subset == 'validation'") for out in ("chosen", "again")]
    pd.testing.assert_frame_equal(*kept)


@pytest.mark.parametrize(("model", "features"), [("logistic", "summaries"), ("boosting", "last_visit")])
def test_a_patient_without_weight_is_predicted_and_not_learned_from(tmp_path, model, features):
    spec = {"model": model, "features": features}
    made = made_visits(tmp_path, patients=120)
    made.preprocess()
    split = SPLIT.read(made.split)
    lost = (split["subset"] == "train") & (split.index % 3 == 0)
    resplit(made, split.assign(weight=np.where(lost | (split.index == 119), 0.0, 1.5)))
    weighted = run(made, "weighted", **spec)
    assert len(weighted) == (split["subset"] == "test").sum()
    resplit(made, split[~lost].assign(weight=1.5))
    without = run(made, "left out", **spec)
    pd.testing.assert_frame_equal(without.drop(columns="weight"), weighted.drop(columns="weight"))
    resplit(made, split)
    assert not np.allclose(run(made, "all", **spec)["p_high_risk"], weighted["p_high_risk"])


@pytest.mark.parametrize("model", ["logistic", "boosting"])
@pytest.mark.parametrize("features", ["last_visit", "summaries"])
def test_a_column_that_no_training_patient_has_stops_nothing(tmp_path, model, features):
    made = made_visits(tmp_path, patients=120)
    made.preprocess()
    arrays = np.load(made.arrays / "data.npy")
    tested = SPLIT.read(made.split).query("subset == 'test'")["id"]
    index = pd.read_csv(made.arrays / "index.csv").set_index("id")
    arrays[: index.loc[tested, "first"].min(), 1] = NAN
    np.save(made.arrays / "data.npy", arrays)
    vouch(made.arrays / "record.json", "data.npy")
    units = run(made, "out", model=model, features=features)
    assert np.isfinite(units["p_high_risk"]).all() and units["p_high_risk"].nunique() > 5


def test_equal_jobs_leave_equal_bytes(cohort):
    for spec in ({"model": "logistic", "features": "summaries"}, {"model": "boosting", "features": "summaries"}):
        for out in ("a", "b"):
            run(cohort, out, **spec)
        assert digest_file(cohort.root / "a" / "units.csv") == digest_file(cohort.root / "b" / "units.csv")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"model": "logistic", "features": "persistence"}, "persistence is null; they go together"),
        ({"model": "score", "features": "summaries"}, "score and persistence go together"),
        ({"model": "boosting", "features": "summaries", "C": 1.0}, "C is given, which model: logistic alone has"),
        ({"model": "logistic", "features": "summaries", "extra_columns": ["schiler"]}, "did you mean schiller?"),
        ({"model": "logistic", "features": "summaries", "extra_columns": ["hpv"]}, "not of the use on_request"),
        ({"model": "score", "features": "persistence", "persistence": {"column": "age"}}, "no category; there are hpv"),
        (
            {"model": "score", "features": "persistence", "persistence": {"column": "hpv", "without": ["negativ"]}},
            "no level of hpv; did you mean negative?",
        ),
    ],
)
def test_settings_that_do_not_fit_each_other_or_the_columns_are_named(spec, words):
    rules = {
        "hpv": {"kind": "category", "levels": ["negative", "16"]},
        "age": {"kind": "number"},
        "schiller": {"kind": "flag", "use": "on_request"},
    }
    declared = parse(RunKind, {"kind": "visit_baseline", **spec})
    columns = {name: parse(VisitColumnRule, rule) for name, rule in rules.items()}
    mistakes = [*declared.mistakes("control", {}), *declared.visit_mistakes("control", columns)]
    assert any(words in mistake for mistake in mistakes), mistakes
