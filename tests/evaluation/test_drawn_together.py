"""Copies of one picture are drawn together: they are no independent samples, whether or not a group says so."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import Study

from workflow_scripts.contracts.comparison_table import COMPARISON, MCNEMAR, SIGN_FLIPS
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.contracts.run_tables import METRICS, UNITS
from workflow_scripts.evaluation.bootstrap import group_names
from workflow_scripts.evaluation.drawn_together import drawn_together, joined_by_copies


def manifest(**columns: list[str]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    ids = [f"s{number}" for number in range(size)]
    table = pd.DataFrame({"id": ids, "unit": ids, "group": "", **columns})
    return table.assign(path=table["id"], label="a", source="folder", sha256="")


def pairs(*ends: tuple[str, str], kind: str = "equal_pixels", distance: float = 0.0) -> pd.DataFrame:
    rows = [
        {"id_a": first, "id_b": second, "kind": kind, "distance": distance, "label_a": "a", "label_b": "a"}
        for first, second in ends
    ]
    return pd.DataFrame(rows, columns=[*EQUAL_PAIRS.columns])


def drawn(table: pd.DataFrame, equal_pairs: pd.DataFrame) -> list[list[str]]:
    """Ids of what is drawn together, of a table in which every sample is judged."""
    names = group_names(drawn_together(table, joined_by_copies(table, equal_pairs)))
    return sorted(sorted(ids) for ids in table["id"].groupby(names.to_numpy()).agg(list))


def test_a_chain_of_copies_is_one_group_and_the_others_stay_alone():
    table = manifest(group=[""] * 5)
    assert drawn(table, pairs(("s0", "s1"), ("s1", "s3"))) == [["s0", "s1", "s3"], ["s2"], ["s4"]]


def test_copies_join_the_groups_and_units_that_they_are_of():
    table = manifest(group=["p", "p", "q", "", "r"])
    assert drawn(table, pairs(("s1", "s2"), ("s3", "s4"))) == [["s0", "s1", "s2"], ["s3", "s4"]]
    table = manifest(group=[""] * 4, unit=["u", "u", "v", "w"])
    assert drawn(table, pairs(("s1", "s2"))) == [["s0", "s1", "s2"], ["s3"]]


def test_equal_rows_of_a_table_may_be_two_patients():
    table = manifest(group=[""] * 3)
    assert len(drawn(table, pairs(("s0", "s1"), kind="equal_rows"))) == 3


def test_where_copies_join_nothing_new_every_group_keeps_its_name():
    table = manifest(group=["p", "p", "q", ""])
    for equal_pairs in (pairs(), pairs(("s0", "s1"))):
        joined = joined_by_copies(table, equal_pairs)
        assert joined.empty and drawn_together(table, joined) is table


def test_a_chain_of_look_alikes_is_believed_no_more_than_by_splits():
    table = manifest(group=[""] * 40)
    chain = [(f"s{number}", f"s{number + 1}") for number in range(39)]
    assert len(drawn(table, pairs(*chain, kind="near_equal", distance=0.1))) == 40
    assert len(drawn(table, pairs(*chain[:1], kind="near_equal", distance=0.1))) == 39


def with_fourfold_copies(root: Path, known: bool) -> Study:
    """A study of unknown groups in which four samples each are copies that share their fate; `known`: as pairs."""
    study = Study(root, ["a", "b"], n=400)
    for run, wrong_of in (("cnn", 5), ("vit", 7)):
        path = study.add(run, 2.0) / "fold0-seed0" / "units.csv"
        table = UNITS.read(path)
        numbers = table["id"].str[1:].astype(int)
        table["label"] = np.where(numbers // 4 % 2, "a", "b")
        wrong = numbers // 4 % wrong_of == 0
        table["p_a"] = np.where(wrong == (table["label"] == "a"), 0.2, 0.8)
        UNITS.write(path, table.assign(p_b=1 - table["p_a"], group=""))
    dataset = MANIFEST.read(study.root / "dataset" / "manifest.csv")
    labels = np.where(dataset["id"].str[1:].astype(int) // 4 % 2, "a", "b")
    MANIFEST.write(study.root / "dataset" / "manifest.csv", dataset.assign(label=labels, group=""))
    firsts = range(0, 400, 4)
    if known:
        study.write_equal_pairs([(f"s{first:05d}", f"s{first + k:05d}") for first in firsts for k in (1, 2, 3)])
    study.evaluate("cnn", "vit", reference="cnn")
    return study


def test_the_interval_of_fourfold_copies_is_that_of_a_quarter_as_many_samples(tmp_path):
    widths, rows = [], []
    for known in (True, False):
        study = with_fourfold_copies(tmp_path / str(known), known)
        cell = study.metrics("cnn")["test"]["accuracy"]
        widths.append(cell["high"] - cell["low"])
        rows.append(METRICS.read(study.root / "evaluation" / "grouped" / "metrics.csv"))
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.15)
    pd.testing.assert_series_equal(rows[0]["value"], rows[1]["value"])  # the numbers themselves are the same


def test_runs_on_copies_are_compared_by_pictures(tmp_path):
    compared = []
    for known in (True, False):
        study = with_fourfold_copies(tmp_path / str(known), known)
        table = COMPARISON.read(study.root / "evaluation" / "grouped" / "comparison.csv")
        compared.append(table[table["run"] == "vit"].iloc[0])
    assert compared[1]["test"] == MCNEMAR and compared[0]["test"] == SIGN_FLIPS
    assert compared[0]["p"] > 2 * compared[1]["p"]
