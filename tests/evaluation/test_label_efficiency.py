"""Label efficiency: hand-made curves with known areas and crossings, censoring, and intervals that hold the truth."""

import json
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from fabricated import Study

from tests.vouched import vouch
from workflow_scripts.contracts.label_efficiency_table import ALL_LABELS, LABEL_EFFICIENCY, RANDOM_END
from workflow_scripts.contracts.rounds import ROUNDS
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.label_curves import label_efficiency_figure
from workflow_scripts.evaluation.label_efficiency import (
    Curves,
    area,
    curves_of,
    efficiency_table,
    needed,
    student_mean,
)
from workflow_scripts.evaluation.metrics import NO_BINS, point
from workflow_scripts.evaluation.protocol import SUBSETS
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import evaluate

RANDOM, UNSURE = ActiveRun("chance", "lstm", "random"), ActiveRun("unsure", "lstm", "uncertainty")
LABELS = np.array([10, 20, 30, 40, 50])
SLOW = np.array([0.60, 0.65, 0.70, 0.75, 0.80])
FAST = np.array([0.60, 0.70, 0.80, 0.80, 0.80])


def curves(fast=FAST, slow=SLOW, whole=0.8, spread=(0.0, 0.0, 0.0)):
    values = {run: np.array([curve + shift for shift in spread]) for run, curve in (("chance", slow), ("unsure", fast))}
    return Curves("lstm", (RANDOM, UNSURE), LABELS, values, whole + np.array(spread), 200.0)


def rows(made, run="unsure", level=None):
    table = efficiency_table(made, np.random.default_rng(0))
    table = table[(table["run"] == run) & ((table["level"] == level) if level else True)]
    return table.drop_duplicates("measure", keep="last").set_index("measure")


def test_the_area_is_the_mean_height_of_the_curve():
    assert area(LABELS, np.array([SLOW, FAST])) == pytest.approx([0.70, 0.75])
    assert area(np.array([10]), np.array([[0.7], [0.8]])).tolist() == [0.7, 0.8]
    uneven = np.array([0, 10, 100])
    assert area(uneven, np.array([[0.5, 0.7, 0.7]])) == pytest.approx([0.69])


def test_a_level_is_reached_from_where_the_curve_no_longer_falls_below_it():
    assert needed(LABELS, FAST, 0.75) == pytest.approx(25)
    assert needed(LABELS, FAST, 0.5) == 10
    assert needed(LABELS, FAST, 0.81) == np.inf
    assert needed(LABELS, np.array([0.8, 0.6, 0.7, 0.8, 0.8]), 0.75) == pytest.approx(35)
    assert needed(LABELS, np.array([0.6, 0.9, 0.9, 0.9, 0.6]), 0.75) == np.inf


def test_labels_saved_are_those_that_random_needs_more():
    found = rows(curves(), level=ALL_LABELS)
    assert found.loc["labels_needed", "value"] == pytest.approx(30)
    assert found.loc["labels_saved", "value"] == pytest.approx(20)
    assert (found["censored"] == "").all()
    assert rows(curves()).loc["area_difference", "value"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("fast", "slow", "bound", "saved"),
    [
        (FAST, SLOW - 0.01, "at_least", 20),
        (FAST - 0.01, SLOW, "at_most", 0),
        (FAST - 0.01, SLOW - 0.01, "neither", np.nan),
    ],
)
def test_what_is_not_reached_within_the_rounds_is_a_bound_and_no_number(fast, slow, bound, saved):
    row = rows(curves(fast, slow), level=ALL_LABELS).loc["labels_saved"]
    assert row["censored"] == bound and row["value"] == pytest.approx(saved, nan_ok=True)
    reached = rows(curves(fast, slow), level=ALL_LABELS).loc["labels_needed", "censored"]
    assert reached == ("" if bound == "at_least" else "not_reached")


def test_against_where_random_ends_nobody_is_censored_by_random():
    row = rows(curves(FAST, SLOW - 0.05), level=RANDOM_END).loc["labels_saved"]
    assert row["target"] == pytest.approx(0.75) and row["value"] == pytest.approx(25) and row["censored"] == ""


def test_draws_in_which_random_does_not_get_there_leave_the_upper_end_open():
    made = curves()
    values = {**made.values, "chance": np.array([SLOW, SLOW - 0.1, SLOW + 0.1, SLOW])}
    made = replace(made, values={**values, "unsure": np.array([FAST] * 4)}, whole=np.full(4, 0.8))
    row = rows(made, level=ALL_LABELS).loc["labels_saved"]
    assert row["value"] == pytest.approx(20) and np.isnan(row["high"]) and row["low"] < 20


def test_a_shift_that_all_strategies_of_a_fold_share_leaves_their_difference_alone():
    calm, rough = (rows(curves(spread=spread)) for spread in ((0, 0, 0), (-0.2, 0.0, 0.2)))
    assert rough.loc["area_difference", "low"] == pytest.approx(calm.loc["area_difference", "low"])
    assert rough.loc["area", "high"] - rough.loc["area", "low"] > 0.5


def test_no_interval_of_an_area_leaves_its_range():
    generator = np.random.default_rng(0)
    values = {name: generator.uniform(0, 1, (2, 5)) for name in ("chance", "unsure")}
    made = Curves("lstm", (RANDOM, UNSURE), LABELS, values, np.array([0.9, 1.0]), 200.0)
    table = efficiency_table(made, generator).set_index("measure")
    areas, difference = table.loc[["all_labels", "auc", "area"]], table.loc[["area_difference"]]
    assert areas["low"].min() == 0 and areas["high"].max() == 1
    assert (difference["low"] >= -1).all() and (difference["low"] < 0).all() and (difference["high"] <= 1).all()


def test_the_intervals_of_means_hold_the_truth_as_often_as_they_say():
    generator, held = np.random.default_rng(0), 0
    for _ in range(400):
        noise = generator.normal(0, 0.03, (2, 5, 5)) + generator.normal(0, 0.05, (1, 5, 1))
        values = {"chance": SLOW + noise[0], "unsure": FAST + noise[1]}
        made = Curves("lstm", (RANDOM, UNSURE), LABELS, values, np.full(5, 0.8), 200.0)
        difference = area(LABELS, values["unsure"]) - area(LABELS, values["chance"])
        low, high = rows_of_difference(made)
        assert low < difference.mean() < high
        held += low < 0.05 < high
    assert 0.93 <= held / 400 <= 0.97


def rows_of_difference(made):
    ends = student_mean(area(made.labels, made.values["unsure"]) - area(made.labels, made.values["chance"]))
    return ends["low"], ends["high"]


def test_a_single_fold_and_seed_has_numbers_and_no_interval():
    table = efficiency_table(curves(spread=(0.0,)), np.random.default_rng(0))
    assert table["low"].isna().all() and table["high"].isna().all()
    assert table.loc[table["measure"] == "auc", "value"].notna().all()


def rounds_table(labels, aucs):
    table = pd.DataFrame({"round": range(len(labels)), "labels": labels, "auc": aucs, "pool": 200, "log_loss": 0.5})
    return table.assign(subset="test", n=100)


def units_table(weight=None):
    p = np.array([0.1, 0.4, 0.35, 0.8])
    table = pd.DataFrame({"label": ["a", "a", "b", "b"], "subset": "test", "p_a": 1 - p, "p_b": p})
    return table if weight is None else table.assign(weight=weight)


def test_curves_are_compared_over_the_labels_that_all_have_and_seeds_of_a_fold_are_averaged():
    late = rounds_table([20, 30, 40], [0.7, 0.8, 0.9])
    early = rounds_table([10, 20, 30], [0.5, 0.6, 0.7])
    rounds = {"chance": Grid({(0, 0): early, (0, 1): late, (1, 0): early, (1, 1): early})}
    units = Grid({key: units_table() for key in rounds["chance"]})
    made = curves_of("lstm", (RANDOM,), rounds, units, "test")
    assert made.labels.tolist() == [20, 30] and made.replicates == 2
    np.testing.assert_allclose(made.values["chance"], [[0.65, 0.75], [0.6, 0.7]])
    np.testing.assert_allclose(made.whole, [0.75, 0.75])


def test_one_fold_is_compared_over_its_seeds():
    rounds = {"chance": Grid({(0, seed): rounds_table([10, 20], [0.5, 0.6 + seed / 10]) for seed in range(3)})}
    made = curves_of("lstm", (RANDOM,), rounds, Grid({key: units_table() for key in rounds["chance"]}), "test")
    np.testing.assert_allclose(made.values["chance"][:, 1], [0.6, 0.7, 0.8])


def test_patients_without_weight_count_neither_in_a_round_nor_with_all_labels():
    labels, p = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])

    def measured(*weights):
        return point(labels, p, NO_BINS, np.array(weights, dtype=float)).overall

    assert measured(1, 1, 1, 1)["macro_auc"] == 0.75
    assert measured(1, 1, 0, 1)["macro_auc"] == 1.0
    assert measured(3, 1, 1, 1)["macro_auc"] == pytest.approx(0.875)
    assert np.isnan(measured(1, 1, 0, 0)["macro_auc"])
    assert measured(3, 0, 0, 1)["log_loss"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.8)) / 4)
    rounds = {"chance": Grid({(0, 0): rounds_table([10, 20], [0.5, 0.6])})}
    made = curves_of("lstm", (RANDOM,), rounds, Grid({(0, 0): units_table([1, 1, 0, 1])}), "test")
    assert made.whole.tolist() == [1.0]


def test_the_table_keeps_its_contract_and_is_drawn(tmp_path):
    table = efficiency_table(curves(spread=(-0.01, 0.0, 0.01)), np.random.default_rng(0))
    LABEL_EFFICIENCY.write(tmp_path / "table.csv", table)
    again = LABEL_EFFICIENCY.read(tmp_path / "table.csv")
    assert len(again) == len(table)
    axes = label_efficiency_figure(again, "title").axes
    assert [line.get_label() for line in axes[0].get_lines()] == ["all 200 labels (0.800)", "chance", "unsure"]


def test_where_random_never_gets_there_what_is_saved_at_least_has_a_lower_end_and_no_upper_one():
    row = rows(curves(FAST, SLOW - 0.05, spread=(-0.001, 0.0, 0.001)), level=ALL_LABELS).loc["labels_saved"]
    assert row["low"] == pytest.approx(20) and np.isnan(row["high"])
    neither = rows(curves(FAST - 0.05, SLOW - 0.05, spread=(-0.001, 0.0, 0.001)), level=ALL_LABELS).loc["labels_saved"]
    assert np.isnan(neither["low"]) and np.isnan(neither["high"])


def test_the_evaluation_writes_table_and_figure_and_vouches_for_them(tmp_path):
    study = Study(tmp_path, ["a", "b"], folds=2, seeds=(0, 1))
    for run, skill in (("lstm", 2), ("ask_random", 1), ("ask_bald", 1.5)):
        folder = study.add(run, skill)
        for path in folder.glob("*/units.csv") if run != "lstm" else ():
            parts = [
                rounds_table([10, 20, 30], [0.6, 0.7, 0.7 + skill / 10]).assign(subset=subset) for subset in SUBSETS
            ]
            ROUNDS.write(path.with_name("rounds.csv"), pd.concat(parts))
            vouch(path.with_name("record.json"), "rounds.csv")
    settings = study.evaluate_settings("lstm", "ask_random", "ask_bald")
    active = [{"run": f"ask_{name}", "learner": "lstm", "strategy": name} for name in ("random", "bald")]
    out = tmp_path / "evaluation" / "grouped"
    folders = {"dataset": tmp_path / "dataset", "runs": tmp_path / "runs" / "grouped", "out": out}
    with patch.object(evaluate, "write_figures"):
        evaluate.main(SimpleNamespace(settings={**settings, "active": active}, code="", **folders))
    table = LABEL_EFFICIENCY.read(out / "label_efficiency.csv").query("measure == 'area_difference'")
    assert table["run"].tolist() == ["ask_bald"] and table["value"].iloc[0] == pytest.approx(0.0125)
    outputs = json.loads((out / "record.json").read_text())["outputs"]
    assert {"label_efficiency.csv", "label_efficiency.png"} < set(outputs)
    damaged = tmp_path / "runs" / "grouped" / "ask_bald" / "fold1-seed0" / "rounds.csv"
    damaged.write_text(damaged.read_text().replace("0.85", "0.99"))
    with (
        patch.object(evaluate, "write_figures"),
        pytest.raises(UserError, match=r"ask_bald/fold1-seed0/rounds.csv has changed"),
    ):
        evaluate.main(SimpleNamespace(settings={**settings, "active": active}, code="", **folders))
