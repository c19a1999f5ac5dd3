"""Units of several samples: judged within each subset, also where a split by sample tears them apart."""

import json

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, probabilities

from tests.vouched import vouch
from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_finish import Combined, RunOutput, write_tables
from workflow_scripts.contracts.run_tables import METRICS, PREDICTIONS, UNITS, units_of
from workflow_scripts.contracts.tables import Table
from workflow_scripts.evaluation.voting import vote
from workflow_scripts.runtime.errors import UserError

CLASSES = ["a", "b"]
COLUMNS = ["p_a", "p_b"]
MEAN = Aggregation("mean")
SLICES, PATIENTS = 5, 40


def samples(skill: float = 1.0, seed: int = 0, fold: int = 0) -> pd.DataFrame:
    """Five slices of each of forty patients; of each patient two are test, one is validation, two are training."""
    patients = np.repeat(np.arange(PATIENTS), SLICES)
    labels = patients % 2
    numbers = np.tile(np.arange(SLICES), PATIENTS)
    table = pd.DataFrame({"id": [f"p{p:02d}/{n}" for p, n in zip(patients, numbers, strict=True)]})
    table["unit"] = table["group"] = [f"p{p:02d}" for p in patients]
    table = table.assign(fold=fold, subset=np.array(["train", "train", "validation", "test", "test"])[numbers])
    table["label"] = np.array(CLASSES)[labels]
    table[COLUMNS] = probabilities(np.random.default_rng(seed), labels, 2, skill)
    return table[table["subset"] != "train"].reset_index(drop=True)


def test_a_torn_unit_is_judged_in_each_subset_by_its_samples_there():
    table = samples()
    units = units_of(table, COLUMNS, MEAN, "here")
    UNITS.check(units, "units")
    assert len(units) == 2 * PATIENTS and (units["id"] == units["unit"]).all()
    assert units.groupby("subset")["n_samples"].unique().explode().to_dict() == {"test": 2, "validation": 1}
    own = table[(table["unit"] == "p07") & (table["subset"] == "test")]
    row = units[(units["unit"] == "p07") & (units["subset"] == "test")].iloc[0]
    assert row[COLUMNS].tolist() == pytest.approx(own[COLUMNS].mean().tolist())


def test_units_that_are_whole_have_one_row():
    table = samples().assign(subset="test")
    assert len(units_of(table, COLUMNS, Aggregation("max"), "here")) == PATIENTS
    assert len(units_of(table, COLUMNS, EACH_SAMPLE, "here")) == len(table)


def test_the_highest_of_each_class_are_averaged_and_scaled_to_one():
    table = pd.DataFrame(
        {
            "id": [f"p/{number}" for number in range(5)],
            **{"unit": "p", "group": "p", "fold": 0, "subset": "test", "label": "a"},
            "p_a": [0.9, 0.1, 0.6, 0.3, 0.6],
            "p_b": [0.1, 0.9, 0.4, 0.7, 0.4],
        }
    )
    (row,) = units_of(table, COLUMNS, Aggregation("top_k", 2), "here").to_dict("records")
    highest = np.array([(0.9 + 0.6) / 2, (0.9 + 0.7) / 2])
    assert [row["p_a"], row["p_b"]] == pytest.approx(list(highest / highest.sum())) and row["n_samples"] == 5
    units = {top: units_of(table, COLUMNS, Aggregation("top_k", top), "here") for top in (1, 5, 9)}
    pd.testing.assert_frame_equal(units[1], units_of(table, COLUMNS, Aggregation("max"), "here"))
    for top in (5, 9):  # all, where there are fewer
        pd.testing.assert_frame_equal(units[top], units_of(table, COLUMNS, MEAN, "here"))


def test_the_highest_are_those_of_a_units_own_samples_in_a_subset():
    table = samples(skill=0.3)
    units = units_of(table, COLUMNS, Aggregation("top_k", 1), "here").set_index(["unit", "subset"])
    for key, own in table.groupby(["unit", "subset"]):
        wanted = own[COLUMNS].max() / own[COLUMNS].max().sum()
        assert units.loc[key, COLUMNS].tolist() == pytest.approx(wanted.tolist())


@pytest.mark.parametrize(("aggregate", "top"), [("top_k", None), ("mean", 3)])
def test_a_number_of_highest_ones_stands_with_top_k_alone(aggregate: str, top: int | None):
    with pytest.raises(ValueError, match="aggregate_top"):
        Aggregation(aggregate, top)


@pytest.mark.parametrize("table", [PREDICTIONS, UNITS])
def test_an_id_may_stand_once_in_each_subset_and_no_more(table: Table):
    units = units_of(samples(), COLUMNS, MEAN, "here")
    table.check(units if table is UNITS else units.drop(columns="n_samples"), "twice")
    with pytest.raises(UserError, match="repeats the row"):
        table.check(units.assign(subset="test"), "here")


def test_a_unit_of_two_labels_is_named_with_what_to_do():
    table = samples()
    table.loc[table["id"] == "p03/4", "label"] = "a"
    said = r"unit 'p03' has samples of several labels \(1 such units\); give each class .* or set aggregate to none"
    with pytest.raises(UserError, match=said):
        units_of(table, COLUMNS, MEAN, "here")
    assert len(units_of(table, COLUMNS, EACH_SAMPLE, "here")) == len(table)


class Torn(Study):
    """A study of slices, split by sample: every patient is in all subsets."""

    def __init__(self, root, **more) -> None:
        super().__init__(root, CLASSES, **more)
        table = samples().drop_duplicates("id")[["id", "unit", "group", "label"]]
        table = table.assign(path=table["id"], source="folder", width=1, height=1, sha256="")
        MANIFEST.write(root / "dataset" / "manifest.csv", table)
        vouch(root / "dataset" / "record.json")

    def add(self, run: str, skill: float, aggregate: str = "mean"):
        for seed in self.seeds:
            folder = self.root / "runs" / "grouped" / run / f"fold0-seed{seed}"
            write_tables(folder, RunOutput(samples(skill, [len(run), seed]), CLASSES), Aggregation(aggregate))
            self.conclude(folder, run, seed)

    def conclude(self, folder, run: str, seed: int) -> None:
        write_record(folder / "record.json", {"settings": self.run_settings(run, 0, seed)})
        vouch(folder / "record.json", "units.csv", "predictions.csv")

    def evaluate_settings(self, *runs: str, **options) -> dict:
        return {**super().evaluate_settings(*runs, **options), "trained": []}


def test_runs_and_votes_on_torn_units_are_evaluated_and_compared_unit_by_unit(tmp_path):
    study = Torn(tmp_path, seeds=(0, 1))
    study.add("first", 0.5)
    study.add("other", 2.0)
    for seed in study.seeds:
        units, _ = vote({name: study.read(name, 0, seed) for name in ("first", "other")}, "weighted")
        folder = tmp_path / "runs" / "grouped" / "both" / f"fold0-seed{seed}"
        write_tables(folder, Combined(units).output(), EACH_SAMPLE)
        study.conclude(folder, "both", seed)
        assert PREDICTIONS.read(folder / "predictions.csv")["id"].value_counts().unique().tolist() == [2]
    study.evaluate("first", "other", "both", aggregate="mean")
    evaluation = tmp_path / "evaluation" / "grouped"
    metrics = METRICS.read(evaluation / "metrics.csv")
    assert (metrics.query("level == 'overall'")["n"] == PATIENTS).all()
    for seed in study.seeds:
        units = study.read("other", 0, seed).query("subset == 'test'")
        expected = ((units["p_b"] > units["p_a"]) == (units["label"] == "b")).mean()
        found = json.loads((evaluation / "other" / f"fold0-seed{seed}.json").read_text())["test"]["accuracy"]
        assert found["value"] == pytest.approx(expected) and found["n"] == PATIENTS
    compared = pd.read_csv(evaluation / "comparison.csv")
    assert (compared["n"] == PATIENTS).all() and set(compared["run"]) == {"other", "both"}


def test_a_run_that_judged_a_torn_unit_in_one_subset_less_is_refused(tmp_path):
    study = Torn(tmp_path)
    study.add("first", 1.0)
    study.add("other", 1.0)
    path = tmp_path / "runs" / "grouped" / "other" / "fold0-seed0" / "units.csv"
    units = UNITS.read(path)
    UNITS.write(path, units[~((units["id"] == "p05") & (units["subset"] == "validation"))])
    with pytest.raises(UserError, match=r"judges other units than the run it is read with \(1 differ, first 'p05'\)"):
        study.evaluate("first", "other", aggregate="mean")
