"""Paired comparisons, the comparison of the evaluate step, and the leak premium."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units
from known_truth import TestSet, told_apart

from workflow_scripts.contracts.comparison_table import COMPARISON
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.paired import compare, holm
from workflow_scripts.evaluation.premium import leak_premium
from workflow_scripts.evaluation.sign_flips import mcnemar
from workflow_scripts.runtime.errors import UserError

CLASSES = ["a", "b", "c"]


def made(skill: float, seeds=(0, 1), folds=1, n=240, salt=0, first=0, per_group=4):
    """Test units of a run for each fold and seed."""
    frames = {}
    for fold in range(folds):
        for seed in seeds:
            rng = np.random.default_rng([salt, fold, seed])
            start = first + fold * n
            frames[fold, seed] = units(rng, np.arange(n) % 3, skill, CLASSES, fold, per_group=per_group, first=start)
    return Grid(frames)


def paired(runs, reference, metric="accuracy", draws=400):
    resampler = Resampler(runs[reference].values(), draws, np.random.default_rng(0))
    table = compare(runs, reference, metric, "grouped", resampler)
    COMPARISON.check(table, "comparison")
    return table.set_index(["seed", "run"])


def test_mcnemar_is_the_exact_two_sided_binomial_test():
    for b, c in [(3, 12), (0, 5), (7, 7)]:
        n, least = b + c, min(b, c)
        tail = sum(math.comb(n, k) for k in range(least + 1)) / 2**n
        assert mcnemar(b, c) == pytest.approx(min(1.0, 2 * tail)) and mcnemar(b, c) == mcnemar(c, b)
    assert mcnemar(0, 0) == 1


def test_holm_is_stepwise_and_never_above_one():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([])).size == 0


def test_what_is_undefined_corrects_no_other():
    assert holm(np.array([np.nan, 0.04, 0.03])) == pytest.approx([np.nan, 0.06, 0.06], nan_ok=True)


def test_of_a_mean_that_a_fold_leaves_undefined_no_difference_is_told():
    rng, runs = np.random.default_rng(0), {}
    for name in ("first", "second"):
        # The second fold holds one class, and so no area under a ROC curve.
        folds = [units(rng, np.arange(60) % 2, 1.0, ["a", "b"]), units(rng, np.zeros(60, int), 1.0, ["a", "b"], 1)]
        runs[name] = Grid({(fold, seed): folds[fold] for fold in (0, 1) for seed in (0, 1)})
    row = paired(runs, "first", "macro_auc").loc[("all", "second")]
    assert row[["value", "reference_value", "difference", "low", "high", "p", "p_holm"]].isna().all()
    defined = Grid({key: table for key, table in runs["second"].items() if key[0] == 0})
    premium = leak_premium(defined, runs["first"], "macro_auc", 200, rng)
    assert premium.published > 0.5
    assert np.isnan([premium.leak_free, premium.difference, premium.low, premium.high]).all()


def test_a_pair_turned_round_changes_signs_only():
    runs = {"x": made(2.0), "y": made(1.0, salt=1)}
    forth, back = paired(runs, "x").loc[("all", "y")], paired(runs, "y").loc[("all", "x")]
    assert forth["difference"] == pytest.approx(-back["difference"]) and forth["difference"] < 0
    assert (forth["low"], forth["high"]) == pytest.approx((-back["high"], -back["low"]), abs=0.01)
    assert (forth["only_run"], forth["only_reference"]) == (back["only_reference"], back["only_run"])
    assert forth["p"] == pytest.approx(back["p"]) and forth["p"] < 0.05


def test_a_run_does_not_differ_from_itself():
    row = paired({"x": made(1.0), "same": made(1.0)}, "x").loc[("all", "same")]
    assert row["difference"] == 0 and row["p"] == row["p_holm"] == 1
    # That both never differed on 60 groups leaves room for what 60 groups cannot show.
    unseen = 1 - 0.025 ** (1 / 60)
    assert (row["low"], row["high"]) == pytest.approx((-unseen, unseen))


def test_counts_are_of_units_that_one_run_alone_gets_right():
    runs = {"x": made(1.5, seeds=(0,)), "y": made(1.0, seeds=(0,), salt=1)}
    right = {
        name: frames[0, 0][[f"p_{c}" for c in CLASSES]].to_numpy().argmax(axis=1) == np.arange(240) % 3
        for name, frames in runs.items()
    }
    row = paired(runs, "x").loc[("0", "y")]
    assert row["only_run"] == (right["y"] & ~right["x"]).sum()
    assert row["only_reference"] == (right["x"] & ~right["y"]).sum()
    assert row["difference"] == pytest.approx(right["y"].mean() - right["x"].mean()) and row["n"] == 240
    assert row["difference"] * 240 == pytest.approx(row["only_run"] - row["only_reference"])


def test_of_one_training_groups_are_turned_round_and_of_independent_units_it_is_mcnemars_test():
    def row(per_group):
        runs = {"x": made(1.5, (0,), per_group=per_group), "y": made(1.0, (0,), salt=1, per_group=per_group)}
        return paired(runs, "x").loc[("0", "y")]

    alone, grouped = row(0), row(8)
    assert alone["test"] == "McNemar" and grouped["test"] == "sign flips of groups"
    assert alone["p"] == mcnemar(alone["only_run"], alone["only_reference"]) != grouped["p"]


def test_over_trainings_p_goes_with_the_interval():
    runs = {"x": made(1.0, (0, 1, 2)), "y": made(1.3, (0, 1, 2), salt=1), "z": made(3.0, (0, 1, 2), salt=2)}
    for name in "yz":
        row = paired(runs, "x").loc[("all", name)]
        assert row["test"] == "t over trainings" and (row["p"] < 0.05) == (row["low"] > 0 or row["high"] < 0)
    single = paired({"x": made(1.0, (0,)), "y": made(1.3, (0,), salt=1)}, "x")
    assert single.loc[("all", "y"), "p"] == single.loc[("0", "y"), "p"]


def test_equal_algorithms_are_hardly_told_apart_though_trainings_differ_and_samples_cluster():
    world = TestSet("clusters of 5", 0.85, (5,) * 20, 3, 0.03, alike=0.6)
    assert told_apart(world, 40, draws=100)[1] <= 0.13
    alike = told_apart(replace(world, spread=0.0, seeds=1), 40, draws=100)
    assert alike[0] == alike[1] <= 0.13


def test_pairing_makes_the_interval_narrower():
    # y is x but for a few units: the difference is far surer than either value.
    x = made(1.0, seeds=(0,))
    y = x.map(pd.DataFrame.copy)
    rows = np.arange(0, 240, 30)
    y[0, 0].loc[rows, [f"p_{c}" for c in CLASSES]] = np.eye(3)[rows % 3]
    row = paired({"x": x, "y": y}, "x").loc[("0", "y")]
    assert row["high"] - row["low"] < 0.05 < 2 * 1.96 * math.sqrt(0.25 / 240)


def test_every_seed_has_a_row_and_its_own_correction():
    table = paired({"x": made(1.0), "y": made(1.1, salt=1), "z": made(3.0, salt=2)}, "x").reset_index()
    assert set(table["seed"]) == {"0", "1", "all"} and len(table) == 6
    for _, rows in table.groupby("seed"):
        assert rows["p_holm"].to_numpy() == pytest.approx(holm(rows["p"].to_numpy()))


def test_folds_are_averaged_and_counted_together():
    table = paired({"x": made(1.0, folds=3), "y": made(2.0, folds=3, salt=1)}, "x", "macro_auc")
    assert table.loc[("all", "y"), "n"] == 720 and table.loc[("all", "y"), "low"] > 0


def repeated(skill: float, salt: int, repeats: int = 3) -> Grid:
    """Two folds, repeated: other units are in the first of them each time."""
    tables = {}
    for repeat in range(repeats):
        rng = np.random.default_rng([salt, repeat])
        table = units(rng, np.arange(240) % 3, skill, CLASSES)
        part = np.random.default_rng(repeat).permutation(240) % 2
        for fold in range(2):
            tables[2 * repeat + fold, 0] = table[part == fold].assign(fold=2 * repeat + fold).reset_index(drop=True)
    return Grid(tables, repeats)


def test_repeats_count_a_unit_once_by_how_often_it_is_right():
    good, poor = repeated(1.5, 0), repeated(0.5, 1)
    row = paired({"good": good, "poor": poor}, "poor").loc[("all", "good")]
    right = {}
    for name, grid in (("good", good), ("poor", poor)):
        rows = pd.concat(grid.values())
        predicted = rows[[f"p_{label}" for label in CLASSES]].idxmax(axis=1).str.removeprefix("p_")
        right[name] = (predicted == rows["label"]).groupby(rows["id"]).sum()
    lead = right["good"] - right["poor"]
    assert (row["only_run"], row["only_reference"]) == ((lead > 0).sum(), (lead < 0).sum()) and row["n"] == 240
    assert row["value"] == pytest.approx(right["good"].sum() / 720)
    single = paired({"good": repeated(1.5, 0, 1), "poor": repeated(0.5, 1, 1)}, "poor").loc[("all", "good")]
    assert row["high"] - row["low"] < single["high"] - single["low"]


def test_runs_that_judged_other_units_are_refused():
    with pytest.raises(UserError, match="run y, fold 0, seed 0: judges other units"):
        paired({"x": made(1.0), "y": made(1.0, n=239)}, "x")


def test_the_step_compares_all_runs_with_the_first(tmp_path):
    study = Study(tmp_path, CLASSES, n=240, seeds=(0, 1))
    for name, skill in (("cnn", 1.0), ("better", 3.0), ("like_it", 1.0)):
        study.add(name, skill)
    study.evaluate("cnn", "better", "like_it")
    evaluation = tmp_path / "evaluation" / "grouped"
    table = COMPARISON.read(evaluation / "comparison.csv").set_index(["seed", "run"])
    metrics = METRICS.read(evaluation / "metrics.csv")
    assert set(metrics["run"]) == {"cnn", "better", "like_it"} and (table["reference"] == "cnn").all()
    chosen = metrics.query("run == 'better' and fold == 'all' and subset == 'test' and metric == 'accuracy'")
    assert table.loc[("all", "better"), "value"] == pytest.approx(chosen["value"].item())
    assert table.loc[("all", "better"), "p_holm"] < 0.01 < table.loc[("all", "like_it"), "p_holm"]
    assert (evaluation / "comparison.png").stat().st_size > 5000


def test_a_single_run_has_an_empty_comparison(tmp_path):
    study = Study(tmp_path, CLASSES)
    study.add("cnn", 1.0)
    study.evaluate("cnn")
    evaluation = tmp_path / "evaluation" / "grouped"
    assert len(COMPARISON.read(evaluation / "comparison.csv")) == 0 and (evaluation / "comparison.png").exists()


def premium(published, leak_free, metric="accuracy", draws=400):
    return leak_premium(published, leak_free, metric, draws, np.random.default_rng(0))


def test_a_premium_is_found_where_there_is_one():
    found = premium(made(3.0, n=480), made(1.0, n=480, salt=1, first=480))
    assert found.difference == pytest.approx(found.published - found.leak_free)
    assert 0 < found.low < found.difference < found.high and found.seeds == 2
    assert found.n_published == 480


def test_no_premium_is_claimed_where_there_is_none():
    hits = 0
    for salt in range(40):
        found = premium(made(1.0, salt=2 * salt, first=0), made(1.0, salt=2 * salt + 1, first=240), draws=200)
        hits += found.low <= 0 <= found.high
    assert hits >= 34


def test_what_both_test_sets_share_cancels():
    same = made(1.0, seeds=(0,))
    found = premium(same, same.map(pd.DataFrame.copy))
    assert found.difference == 0 and found.high == -found.low == pytest.approx(1 - 0.025 ** (1 / 60))
    apart = premium(same, same.map(lambda frame: frame.assign(group="q" + frame["group"])))
    assert apart.low < -0.02 and apart.high > 0.02


def test_a_perfect_side_brings_its_own_uncertainty_into_the_premium():
    perfect = made(60.0, n=40, per_group=2)
    both = premium(perfect, made(60.0, n=80, first=40, per_group=2))
    ends = [1 - 0.025 ** (1 / groups) for groups in (20, 40)]
    assert both.difference == 0 and (both.low, both.high) == pytest.approx((-ends[0], ends[1]))
    published = premium(perfect, made(1.0, n=480, salt=1, first=40))
    assert published.difference - published.low > ends[0] > published.high - published.difference > 0


def test_protocols_may_differ_in_folds_but_not_in_seeds():
    assert premium(made(1.0, folds=2), made(1.0)).n_published == 480
    with pytest.raises(UserError, match="same training seeds"):
        premium(made(1.0, seeds=(0,)), made(1.0, seeds=(0, 1)))


def test_validation_units_do_not_count():
    mixed = made(1.0).map(
        lambda frame: pd.concat(
            [frame, frame.assign(subset="validation", id="v" + frame["id"], unit="v" + frame["unit"])]
        )
    )
    assert premium(mixed, mixed).n_published == 240
