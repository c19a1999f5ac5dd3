"""An external test is judged with and without the samples that its network has learned from."""

import pandas as pd
import pytest
from fabricated import Study

from tests.vouched import vouch
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.training_copies_table import (
    NO_TRAINING_COPY,
    TRAINING_COPIES,
    TRAINING_COPIES_FILE,
    TRAINING_COPY,
)
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.training_copies import parts_by_copies
from workflow_scripts.runtime.errors import UserError

COPIED = 30


@pytest.fixture
def study(tmp_path):
    """A run of which some test samples were learned from: it is always right there, and at chance elsewhere."""
    made = Study(tmp_path, ["a", "b"], n=240)
    run = made.add("external", 0.0)
    path = run / "fold0-seed0" / "units.csv"
    units = pd.read_csv(path)
    copied = units["subset"].eq("test") & (units.index < units.index[units["subset"] == "test"][COPIED])
    for name in made.classes:
        units.loc[copied, f"p_{name}"] = (units.loc[copied, "label"] == name) * 0.98 + 0.01
    units.to_csv(path, index=False)
    rows = units.loc[copied, ["id", "unit", "subset", "label"]]
    rows = rows.assign(learned_id="there/1", learned_label="a", kind="equal_bytes")
    TRAINING_COPIES.write(run / "fold0-seed0" / TRAINING_COPIES_FILE, rows)
    vouch(run / "fold0-seed0" / "record.json", TRAINING_COPIES_FILE)
    return made


def metrics(study: Study) -> pd.DataFrame:
    table = METRICS.read(study.root / "evaluation" / "grouped" / "external" / "metrics.csv")
    return table[(table["subset"] == "test") & (table["metric"] == "accuracy") & (table["fold"] == "all")]


def test_accuracy_is_given_with_the_copies_and_without(study):
    study.evaluate("external")
    rows = metrics(study).set_index("class")
    whole = rows[rows["level"] == "overall"].iloc[0]
    assert rows.loc[TRAINING_COPY, "value"] == 1 and rows.loc[TRAINING_COPY, "n"] == COPIED
    assert rows.loc[NO_TRAINING_COPY, "n"] == whole["n"] - COPIED
    without = (whole["value"] * whole["n"] - COPIED) / (whole["n"] - COPIED)
    assert rows.loc[NO_TRAINING_COPY, "value"] == pytest.approx(without, abs=1e-6)
    assert rows.loc[NO_TRAINING_COPY, "low"] < without < rows.loc[NO_TRAINING_COPY, "high"]


def test_a_run_without_such_samples_is_judged_as_before(study):
    path = study.root / "runs" / "grouped" / "external" / "fold0-seed0" / TRAINING_COPIES_FILE
    TRAINING_COPIES.write(path, TRAINING_COPIES.read(path)[:0])
    vouch(path.with_name("record.json"), TRAINING_COPIES_FILE)
    study.evaluate("external")
    assert not metrics(study)["class"].isin([TRAINING_COPY, NO_TRAINING_COPY]).any()


def test_a_list_of_copies_that_somebody_changed_is_refused(study):
    path = study.root / "runs" / "grouped" / "external" / "fold0-seed0" / TRAINING_COPIES_FILE
    TRAINING_COPIES.write(path, TRAINING_COPIES.read(path)[:3])
    with pytest.raises(UserError, match=TRAINING_COPIES_FILE):
        study.evaluate("external")


def test_a_unit_is_a_copy_where_one_of_its_samples_is(tmp_path):
    units = pd.DataFrame({"id": ["u1", "u2", "u3"]})
    rows = [("s1", "u1", "test", "a", "t", "a", "turned"), ("s2", "u1", "test", "a", "t", "a", "turned")]
    table = pd.DataFrame(rows, columns=list(TRAINING_COPIES.columns))
    TRAINING_COPIES.write(tmp_path / "fold0-seed0" / TRAINING_COPIES_FILE, table)
    parts = parts_by_copies(tmp_path, Grid({(0, 0): units}), "mean")
    assert {name: list(ids) for name, ids in parts.items()} == {TRAINING_COPY: ["u1"], NO_TRAINING_COPY: ["u2", "u3"]}
