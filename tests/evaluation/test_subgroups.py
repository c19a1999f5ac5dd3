"""Subgroups: who is in which, what is counted, and when an interval is given."""

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units

from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import Dataset
from workflow_scripts.evaluation.subgroups import by_subgroup, members

CLASSES = ["negative", "positive"]


def dataset(classes=CLASSES, **columns) -> Dataset:
    count = len(next(iter(columns.values())))
    ids = [f"s{number:05d}" for number in range(count)]
    return Dataset(pd.DataFrame({"id": ids, "unit": ids, **columns}), classes, True)


def test_text_is_taken_as_it_is_and_an_empty_cell_is_unknown():
    found = members(dataset(stage=["II", "I", "", "II"]), ["stage", "hpv"], "none")
    assert {name: list(ids) for name, ids in found.items()} == {
        "stage=I": ["s00001"],
        "stage=II": ["s00000", "s00003"],
        "stage=unknown": ["s00002"],
    }


def test_numbers_are_cut_at_their_tertiles_from_seven_values_on():
    few = members(dataset(grade=[3.0, 1, 2, np.nan, 1]), ["grade"], "none")
    assert list(few) == ["grade=1", "grade=2", "grade=3", "grade=unknown"] and len(few["grade=1"]) == 2
    ages = np.array([20, 25, 30, 35, 40, 45, 50, 55, 60, 65], dtype=float)
    many = members(dataset(age=[*ages, np.nan]), ["age"], "none")
    assert {name: len(ids) for name, ids in many.items()} == {
        "age=≤ 35": 4,
        "age=> 35 to 50": 3,
        "age=> 50": 3,
        "age=unknown": 1,
    }


def test_equal_tertiles_leave_two_parts():
    found = members(dataset(age=[1.0] * 20 + [2, 3, 4, 5, 6, 7]), ["age"], "none")
    assert {name: len(ids) for name, ids in found.items()} == {"age=≤ 1": 20, "age=> 1": 6}


def test_a_units_subgroup_is_that_of_its_first_sample_that_has_one():
    table = dataset(stage=["", "I", "II", ""])
    table.manifest["unit"] = ["a", "a", "b", "c"]
    found = members(table, ["stage"], "mean")
    assert {name: list(ids) for name, ids in found.items()} == {
        "stage=I": ["a"],
        "stage=II": ["b"],
        "stage=unknown": ["c"],
    }


def subgroups(frames, groups, classes=CLASSES):
    frames = Grid(frames)
    resampler = Resampler(frames.values(), 300, np.random.default_rng(0))
    return by_subgroup(frames, resampler, {name: pd.Index(ids) for name, ids in groups.items()}, classes)


def test_sensitivity_is_of_the_last_class_over_the_units_of_all_folds():
    """Of 24 positives 18 are found, of 16 negatives 4 are; all in two of three folds."""
    labels = np.array([1] * 24 + [0] * 16 + [1] * 8)
    frame = units(np.random.default_rng(0), labels, 0.0, CLASSES, per_group=0)
    right = np.array([True] * 18 + [False] * 6 + [True] * 4 + [False] * 12 + [False] * 8)
    frame["p_positive"] = np.where(right == (labels == 1), 0.9, 0.1)
    frame["p_negative"] = 1 - frame["p_positive"]
    fold = np.where(np.arange(48) < 40, np.arange(48) % 2, 2)
    frames = {(number, 0): frame[fold == number].assign(fold=number).reset_index(drop=True) for number in range(3)}
    found = subgroups(frames, {"stage=I": frame["id"][:40], "stage=none": ["x"]})
    assert list(found) == ["stage=I"]
    cells = found["stage=I"]
    assert {name: (cell.value, cell.n) for name, cell in cells.items()} == {
        "accuracy": (22 / 40, 40),
        "sensitivity": (18 / 24, 24),
        "specificity": (4 / 16, 16),
    }
    assert all(cell.low < cell.value < cell.high for cell in cells.values())


@pytest.mark.parametrize(("size", "interval"), [(9, False), (10, True)])
def test_small_subgroups_have_a_number_of_units_and_no_interval(size, interval):
    labels = np.arange(60) % 3
    frames = {(0, seed): units(np.random.default_rng(seed), labels, 1.0, list("abc"), per_group=0) for seed in (0, 1)}
    cells = subgroups(frames, {"age=young": frames[0, 0]["id"][:size]}, list("abc"))["age=young"]
    assert cells["accuracy"].n == size and not np.isnan(cells["accuracy"].value)
    assert np.isnan(cells["accuracy"].low) != interval


def test_the_step_writes_tidy_rows_and_says_nothing_of_a_column_that_is_not_there(tmp_path):
    study = Study(tmp_path, CLASSES)
    study.add("cnn", 1.0)
    path = tmp_path / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    MANIFEST.write(path, manifest.assign(stage=np.where(np.arange(len(manifest)) % 3 == 0, "I", "II")))
    study.evaluate("cnn", subgroups=["stage", "hpv"])
    table = METRICS.read(tmp_path / "evaluation" / "grouped" / "cnn" / "metrics.csv")
    rows = table[table["level"] == "subgroup"]
    assert len(rows) == 2 * 2 * 3 and set(rows["class"]) == {"stage=I", "stage=II"}
    test = study.read("cnn").query("subset == 'test'").merge(MANIFEST.read(path)[["id", "stage"]])
    young = test[test["stage"] == "I"]
    chosen = rows.query("subset == 'test' and metric == 'accuracy'").set_index("class").loc["stage=I"]
    assert chosen["n"] == len(young)
    assert chosen["value"] == pytest.approx(((young["p_positive"] > 0.5) == (young["label"] == "positive")).mean())
