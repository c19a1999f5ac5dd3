"""What is asked of a run beyond its metrics, against formulas and fits of their own."""

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

from workflow_scripts.contracts.statistics_table import CLASS_MEASURES, STATISTICS, VARIANCE_MEASURES
from workflow_scripts.contracts.step_settings.evaluate_settings import Measures
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.class_statistics import class_statistics
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import clopper_pearson
from workflow_scripts.evaluation.recalibration import influences, intercepts, slopes
from workflow_scripts.evaluation.variance_parts import between_splits, between_trainings, variance_parts

CLASSES = ["a", "b"]


def grid(skill=1.0, n=300, seeds=(0,), per_group=0, groups=None) -> Grid:
    tables = {}
    for seed in seeds:
        rng = np.random.default_rng([1, seed])
        table = units(rng, np.arange(n) % 3 % 2, skill, CLASSES, per_group=per_group)
        tables[0, seed] = table if groups is None else table.assign(group=groups)
    return Grid(tables)


def measured(tables: Grid, **options) -> pd.DataFrame:
    resampler = Resampler(tables.values(), 400, np.random.default_rng(0))
    lines = class_statistics(tables, [1], resampler, Measures(**options))[1]
    return pd.DataFrame(lines, columns=["measure", "at", "value", "low", "high"]).set_index(["measure", "at"])


def test_sensitivity_at_a_specificity_is_that_of_the_roc_curve():
    tables = grid()
    table = measured(tables, specificities=(0.9, 0.95))
    frame = tables[0, 0]
    false, true, _ = roc_curve(frame["label"] == "b", frame["p_b"], drop_intermediate=False)
    for at in (0.9, 0.95):
        row = table.loc[("sensitivity_at_specificity", at)]
        assert (
            row["value"] == pytest.approx(true[false <= 1 - at + 1e-9].max())
            and row["low"] < row["value"] < row["high"]
        )


def test_predictive_values_follow_bayes_rule_and_at_the_own_prevalence_are_the_observed_ones():
    tables = grid()
    frame = tables[0, 0]
    happened, called = (frame["label"] == "b").to_numpy(), (frame["p_b"] > 0.5).to_numpy()
    own = float(happened.mean())
    table = measured(tables, prevalences=(own, 0.01))
    assert table.loc[("ppv", own), "value"] == pytest.approx(happened[called].mean())
    assert table.loc[("npv", own), "value"] == pytest.approx((~happened)[~called].mean())
    sensitivity, specificity = called[happened].mean(), (~called)[~happened].mean()
    rare = sensitivity * 0.01 / (sensitivity * 0.01 + (1 - specificity) * 0.99)
    assert table.loc[("ppv", 0.01), "value"] == pytest.approx(rare)
    assert table.loc[("ppv", 0.01), "low"] < rare < table.loc[("ppv", 0.01), "high"]


def test_a_class_that_was_never_called_wrongly_leaves_much_unknown_where_it_is_rare():
    """No false alarm among 200 others: up to 1.8 % of them may be, which at one case in a hundred are most alarms."""
    tables = grid(skill=60.0)
    table = measured(tables, prevalences=(0.01,))
    sensitive, specific = (clopper_pearson(1.0, count)[0] for count in (100, 200))
    row = table.loc[("ppv", 0.01)]
    assert (row["value"], row["high"]) == (1, 1)
    assert (
        row["low"] == pytest.approx(sensitive * 0.01 / (sensitive * 0.01 + (1 - specific) * 0.99)) and row["low"] < 0.4
    )


def test_calibration_is_a_logistic_regression_and_its_interval_the_sandwich():
    tables = grid(n=900)
    frame = tables[0, 0]
    x = np.log(frame["p_b"] / frame["p_a"]).to_numpy()
    happened = (frame["label"] == "b").to_numpy()
    model = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], happened)
    table = measured(tables).loc["calibration_slope"].iloc[0]
    assert table["value"] == pytest.approx(model.coef_[0, 0], rel=1e-4)
    p = model.predict_proba(x[:, None])[:, 1]
    design = np.stack([np.ones_like(x), x])
    bread = np.linalg.inv((design * (p * (1 - p))) @ design.T)
    meat = (design * (happened - p) ** 2) @ design.T
    half = 1.96 * np.sqrt((bread @ meat @ bread)[1, 1])
    assert (table["low"], table["high"]) == pytest.approx((table["value"] - half, table["value"] + half), rel=0.15)


def test_influences_are_what_one_more_of_a_unit_adds():
    rng = np.random.default_rng(0)
    risk = rng.uniform(0.05, 0.95, 80)
    happened, weights = rng.random(80) < risk**1.5, rng.uniform(0.5, 2, 80)
    parts = influences(happened, risk, weights)
    for number in (3, 40):
        more = weights.copy()
        more[number] *= 1 + 1e-5
        both = np.stack([weights, more], axis=1)
        for part, fit in zip(parts, (slopes, intercepts), strict=True):
            before, after = fit(happened, risk, both)
            assert (after - before) / 1e-5 == pytest.approx(part[number], rel=1e-2, abs=1e-5)


def test_net_benefit_is_counted_at_each_threshold():
    tables = grid()
    frame = tables[0, 0]
    happened, table = frame["label"] == "b", measured(tables)
    for at in (0.1, 0.5, 0.85):
        called = frame["p_b"] >= at
        expected = ((called & happened).sum() - (called & ~happened).sum() * at / (1 - at)) / len(frame)
        assert table.loc[("net_benefit", at), "value"] == pytest.approx(expected)
        everyone = happened.mean() - (1 - happened.mean()) * at / (1 - at)
        assert table.loc[("treat_all", at), "value"] == pytest.approx(everyone)


def test_groups_of_copies_have_the_design_effect_of_their_size():
    alone = grid(n=120)
    frame = alone[0, 0]
    copies = pd.concat([frame.assign(id=frame["id"] + str(k), group=frame["id"]) for k in range(5)], ignore_index=True)
    copies["unit"] = copies["id"]
    tables = Grid({(0, 0): copies})
    resampler = Resampler([copies], 400, np.random.default_rng(0))
    parts = variance_parts(tables, "accuracy", resampler)
    assert parts["groups"] == 120 and parts["effective_groups"] == pytest.approx(120)
    assert parts["design_effect"] == pytest.approx(5, rel=0.25)
    single = variance_parts(alone, "macro_f1", Resampler([frame], 400, np.random.default_rng(0)))
    assert single["design_effect"] == pytest.approx(1, rel=0.25) and np.isnan(single["training_sd"])


def test_spreads_between_trainings_and_splits_are_taken_apart():
    rng = np.random.default_rng(0)
    split, training = rng.normal(size=(400, 1, 1)) * 0.03, rng.normal(size=(400, 2, 3)) * 0.02
    points = (0.8 + split + training).reshape(800, 3)
    assert between_trainings(points) == pytest.approx(0.02, rel=0.1)
    assert between_splits(points, 400) == pytest.approx(0.03, rel=0.1)
    assert np.isnan(between_splits(points, 1)) and np.isnan(between_trainings(points[:, :1]))


@pytest.mark.parametrize("classes", [CLASSES, ["a", "b", "c"]])
def test_the_step_writes_them_of_two_classes_for_the_last_and_of_more_for_each(tmp_path, classes):
    study = Study(tmp_path, classes, folds=2, seeds=(0, 1))
    study.add("cnn", 1.0)
    study.evaluate("cnn", specificities=[0.8], prevalences=[0.2])
    table = STATISTICS.read(tmp_path / "evaluation" / "grouped" / "cnn" / "statistics.csv")
    assert set(table["class"]) == {"", *(classes if len(classes) > 2 else classes[1:])}
    assert set(table["measure"]) == {*CLASS_MEASURES, *VARIANCE_MEASURES}
    assert table.loc[table["measure"] == "ppv", "at"].unique() == [0.2] and table["value"].notna().sum() > 40
