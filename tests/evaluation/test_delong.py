"""DeLong's test: against brute force, an example worked by hand, and its own promise under no difference."""

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units
from known_truth import areas_told_apart
from sklearn.metrics import roc_auc_score

from workflow_scripts.contracts.comparison_table import DELONG
from workflow_scripts.evaluation.delong import delong, delong_table, two_sided
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.paired import holm

CLASSES = ["negative", "positive"]


def brute_force(positive, scores):
    """The definitions of DeLong et al. (1988), equations 3 to 7, with a loop over every pair of units."""
    kernel = [[[(x > y) + 0.5 * (x == y) for y in s[~positive]] for x in s[positive]] for s in scores]
    kernel = np.array(kernel, dtype=float)  # runs × positives × negatives
    m, n = kernel.shape[1:]
    aucs, v10, v01 = kernel.mean(axis=(1, 2)), kernel.mean(axis=2), kernel.mean(axis=1)
    covariances = np.empty((len(scores), len(scores)))
    for r in range(len(scores)):
        for s in range(len(scores)):
            first = ((v10[r] - aucs[r]) * (v10[s] - aucs[s])).sum() / (m - 1)
            second = ((v01[r] - aucs[r]) * (v01[s] - aucs[s])).sum() / (n - 1)
            covariances[r, s] = first / m + second / n
    return aucs, covariances


@pytest.mark.parametrize("tied", [False, True])
def test_ranks_give_what_all_pairs_give(tied):
    rng = np.random.default_rng(3)
    positive = rng.random(37) < 0.4
    scores = rng.normal(size=(4, 37)) + positive * np.array([[0], [0.5], [1], [2]])
    scores = scores.round(0) if tied else scores
    aucs, covariances = delong(positive, scores)
    expected = brute_force(positive, scores)
    assert aucs == pytest.approx(expected[0]) and covariances == pytest.approx(expected[1])
    assert aucs == pytest.approx([roc_auc_score(positive, line) for line in scores])


def test_an_example_worked_by_hand():
    """Positives 3, 5 and negatives 1, 4 against positives 2, 5 and negatives 1, 3.

    Run 1: 3 beats 1 of 2 negatives, 5 beats both: components 0.5 and 1; of the negatives 1 and 0.5. AUC 0.75, variance
    0.125 / 2 + 0.125 / 2 = 0.125. Run 2 ranks its units in the same order, so that nothing tells them apart.
    """
    positive = np.array([True, True, False, False])
    aucs, covariances = delong(positive, np.array([[3.0, 5, 1, 4], [2.0, 5, 1, 3], [2.0, 5, 1, 1]]))
    assert aucs == pytest.approx([0.75, 0.75, 1.0])
    assert covariances == pytest.approx(np.array([[0.125, 0.125, 0], [0.125, 0.125, 0], [0, 0, 0]]))
    assert two_sided(-0.25, 0.125)[0] == pytest.approx(-0.7071, abs=1e-4)
    assert two_sided(-0.25, 0.125)[1] == pytest.approx(0.4795, abs=1e-4)
    assert np.isnan(two_sided(0.0, 0.0)[0]) and two_sided(0.0, 0.0)[1] == 1
    assert np.isnan(two_sided(0.25, 0.0)[1])


def test_equal_runs_are_told_apart_as_rarely_as_the_p_value_says():
    rng = np.random.default_rng(0)
    positive, rejected = np.arange(80) < 40, 0
    for _ in range(400):
        aucs, covariances = delong(positive, rng.normal(size=(2, 80)) + positive)
        variance = covariances[0, 0] + covariances[1, 1] - 2 * covariances[0, 1]
        rejected += two_sided(aucs[0] - aucs[1], variance)[1] < 0.05
    assert 8 <= rejected <= 34  # 20 expected; within three standard deviations


def test_where_groups_have_several_units_they_are_turned_round_whole():
    by_units = areas_told_apart(150, 1, 60)
    by_groups = areas_told_apart(30, 5, 60)
    assert max(by_units, by_groups) <= 0.12 and areas_told_apart(30, 5, 20, lead=3.0) > 0.8


def test_variances_of_grouped_units_are_those_of_sums_over_groups():
    """Obuchowski (1997): of groups that hold a unit twice nearly those of the units, which are as DeLong has them."""
    rng = np.random.default_rng(4)
    labels = np.arange(80) % 2
    frames = {name: units(rng, labels, skill, CLASSES, per_group=0) for name, skill in (("x", 1.0), ("y", 0.5))}
    single = delong_table({name: Grid({(0, 0): frame}) for name, frame in frames.items()}, "p", CLASSES)
    twice = {
        name: pd.concat([frame, frame.assign(id="again" + frame["id"], unit="again" + frame["unit"])]).assign(
            group=[*frame["id"], *frame["id"]]
        )
        for name, frame in frames.items()
    }
    doubled = delong_table({name: Grid({(0, 0): frame}) for name, frame in twice.items()}, "p", CLASSES)
    assert doubled["auc"].to_numpy() == pytest.approx(single["auc"].to_numpy())
    assert doubled["variance"].to_numpy() == pytest.approx(single["variance"].to_numpy(), rel=0.03)
    assert doubled["test"].tolist() == ["", "", "sign flips of groups"] and single["test"].iloc[2] == "DeLong"
    assert doubled["p"].iloc[2] == pytest.approx(single["p"].iloc[2], abs=0.03)


def table(classes=CLASSES, runs=("x", "y", "z"), seeds=(0, 1), folds=1):
    labels = np.arange(60) % len(classes)
    made = {
        name: Grid(
            {
                (fold, seed): units(np.random.default_rng([place, seed]), labels, 1.0 + place, classes, fold)
                for fold in range(folds)
                for seed in seeds
            }
        )
        for place, name in enumerate(runs)
    }
    return delong_table(made, "grouped", classes), made


def test_every_run_and_every_pair_of_each_fold_and_seed_has_a_row():
    found, made = table(folds=2)
    DELONG.check(found, "here")
    assert len(found) == 2 * 2 * (3 + 3) and (found["positive"] == 30).all()
    for _, rows in found.groupby(["fold", "seed"]):
        pairs = rows[rows["other"] != ""]
        assert list(zip(pairs["run"], pairs["other"], strict=True)) == [("x", "y"), ("x", "z"), ("y", "z")]
        assert pairs["p_holm"].to_numpy() == pytest.approx(holm(pairs["p"].to_numpy()))
        assert pairs["difference"].to_numpy() == pytest.approx((pairs["auc"] - pairs["other_auc"]).to_numpy())
    frame = made["z"][1, 0]
    alone = found.set_index(["fold", "seed", "run", "other"]).loc[(1, 0, "z", "")]
    assert alone["auc"] == pytest.approx(roc_auc_score(frame["label"] == "positive", frame["p_positive"]))
    assert np.isnan(alone["p"]) and alone["variance"] > 0


def test_one_run_has_no_pairs_and_one_side_no_area():
    found, made = table(runs=("x",), seeds=(0,))
    assert found["other"].tolist() == [""]
    only = {"x": made["x"].map(lambda frame: frame.query("label == 'positive'"))}
    assert delong_table(only, "grouped", CLASSES)["auc"].isna().all()


@pytest.mark.parametrize(("classes", "rows"), [(CLASSES, 3), ([*CLASSES, "third"], 0)])
def test_the_step_writes_it_for_two_classes_and_an_empty_table_for_more(tmp_path, classes, rows):
    study = Study(tmp_path, classes)
    for name, skill in (("cnn", 1.0), ("other", 2.0)):
        study.add(name, skill)
    study.evaluate("cnn", "other")
    assert len(DELONG.read(tmp_path / "evaluation" / "grouped" / "delong.csv")) == rows
