"""A calibrated run: fitted on validation units with their weights, judged on test units it has not seen."""

import argparse

import numpy as np
import pandas as pd
import pytest
from fabricated import Study
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_record import RunRecord
from workflow_scripts.contracts.run_tables import UNITS, class_columns, classes_of, probabilities
from workflow_scripts.evaluation.bootstrap import once
from workflow_scripts.evaluation.calibrated_run import combine, platt_line
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.recalibration import slopes
from workflow_scripts.kinds.calibrated import Calibrated
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import make_run

METHODS = ("platt", "temperature", "isotonic")


def units(n: int = 4000, stretch: float = 2.0, classes: int = 2, seed: int = 0) -> pd.DataFrame:
    """Units whose log odds are `stretch` times too far out; the first half for validation."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, classes))
    truth = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(classes, p=row) for row in truth])
    p = np.exp(stretch * scores)
    names = list("abc"[:classes])
    frame = pd.DataFrame({"id": [f"s{i:05d}" for i in range(n)], "group": "", "fold": 0})
    frame = frame.assign(unit=frame["id"], subset=np.where(np.arange(n) < n // 2, "validation", "test"))
    frame["label"] = np.array(names)[labels]
    frame[class_columns(names)] = p / p.sum(axis=1, keepdims=True)
    return frame.assign(n_samples=1)


def calibrated(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    made = combine(Calibrated("calibrated", "lstm", method), {"lstm": frame}).units
    UNITS.check(made, method)
    return made


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_test_units_come_nearer_to_what_happened(method, classes):
    frame = units(classes=classes)
    made = calibrated(frame, method)
    losses = []
    for table in (frame, made):
        rows = table[table["subset"] == "test"]
        losses.append(log_loss(rows["label"], probabilities(rows), labels=classes_of(rows)))
        labels, p = arrays(rows)
        slope = slopes(labels == 0, p[:, 0], once(len(rows)))[0]
    assert losses[1] < losses[0] - 0.03
    if method != "isotonic":  # its zeros and ones are cut, which bends the slope
        assert 0.9 < slope < 1.1
    rest = [column for column in frame if not column.startswith("p_")]
    assert made[rest].equals(frame[rest])


@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_the_test_subset_decides(method):
    frame = units(400)
    made = calibrated(frame, method)
    tested = frame["subset"] == "test"
    other = frame.assign(label=frame["label"].where(~tested, "a"))
    columns = class_columns(["a", "b"])
    assert calibrated(other, method)[columns].equals(made[columns])
    changed = frame.assign(label=frame["label"].where(tested, np.roll(frame["label"], 1)))
    assert not np.allclose(calibrated(changed, method)[columns], made[columns])


def test_isotonic_and_temperature_are_those_of_scikit_learn():
    frame = units(1000)
    x = np.log(frame[["p_b"]].to_numpy() / frame[["p_a"]].to_numpy())
    rows = (frame["subset"] == "validation").to_numpy()
    labels = frame["label"].to_numpy()
    # A model that gives back the probabilities of the table.
    model = LogisticRegression().fit(x, labels)
    model.coef_, model.intercept_ = np.ones((1, 1)), np.zeros(1)
    for method in ("isotonic", "temperature"):
        expected = CalibratedClassifierCV(FrozenEstimator(model), method=method).fit(x[rows], labels[rows])
        found = calibrated(frame, method)["p_b"].to_numpy()
        assert found == pytest.approx(expected.predict_proba(x)[:, 1], abs=2e-3), method


def test_units_of_weight_nought_decide_nothing_and_of_weight_two_twice():
    frame = units(600)
    rows = frame[frame["subset"] == "validation"]
    happened, risk = (rows["label"] == "b").to_numpy(), rows["p_b"].to_numpy()
    once_more = np.append(happened, happened[:50]), np.append(risk, risk[:50])
    weights = np.where(np.arange(len(rows)) < 50, 2.0, 1.0)
    assert platt_line(happened, risk, weights) == pytest.approx(
        platt_line(*once_more, np.ones(len(rows) + 50)), abs=1e-4
    )
    lost = frame.assign(weight=np.where(frame.index < 100, 0.0, 1.0))
    flipped = lost.assign(label=lost["label"].where(lost.index >= 100, "a"))
    for method in METHODS:
        assert calibrated(lost, method)["p_b"].equals(calibrated(flipped, method)["p_b"])


def test_a_run_that_parts_the_classes_perfectly_stays_finite():
    frame = units(200)
    right = (frame["label"] == "b").astype(float)
    sure = frame.assign(p_b=right, p_a=1 - right)
    for method in METHODS:
        assert np.isfinite(calibrated(sure, method)["p_b"]).all()
    p = calibrated(sure, "platt")["p_b"]
    assert 0 < p.min() < 0.05 and 0.95 < p.max() < 1


def test_without_validation_units_of_a_class_nothing_is_calibrated():
    frame = units(200)
    for given in (frame[frame["subset"] == "test"], frame[(frame["subset"] == "test") | (frame["label"] == "a")]):
        with pytest.raises(UserError, match="lstm has no validation units of '[ab]' to calibrate on"):
            calibrated(given, "platt")


def test_the_step_makes_the_run_and_the_record_says_by_which_numbers(tmp_path):
    study = Study(tmp_path / "results", ["a", "b"])
    study.add("lstm", 3.0)
    study.vouch()
    runs = study.root / "runs" / "grouped"
    spec = {"kind": "calibrated", "source": "lstm", "method": "platt"}
    settings = {"study": "made", "protocol": "grouped", "run": "calm", "fold": 0, "seed": 0, "spec": spec}
    out = runs / "calm" / "fold0-seed0"
    make_run.main(
        argparse.Namespace(
            settings=settings, code="c0de", source_run=[("lstm", runs / "lstm" / "fold0-seed0")], out=out
        )
    )
    how = read_view(RunRecord, out / "record.json").calibration
    assert how.method == "platt" and how.units == (study.read("lstm")["subset"] == "validation").sum()
    intercept, slope = how.parameters["b"]
    before, after = (np.log(table["p_b"] / table["p_a"]) for table in (study.read("lstm"), study.read("calm")))
    assert after.to_numpy() == pytest.approx(intercept + slope * before.to_numpy(), abs=1e-6)


@pytest.mark.parametrize(
    ("source", "says"), [("nobody", "which is no run of this study"), ("calm", "which is calibrated itself")]
)
def test_only_a_run_that_is_not_calibrated_itself_is_calibrated(source, says):
    runs = {"calm": parse(RunKind, {"kind": "calibrated", "source": source})}
    (mistake,) = runs["calm"].mistakes("calm", runs)
    assert says in mistake
