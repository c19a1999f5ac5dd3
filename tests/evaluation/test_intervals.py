"""Intervals where every bootstrap draw agrees: as wide as so few samples deserve, never without width."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fabricated import Study, units
from known_truth import TestSet, alone, covered, heavy_tailed
from scipy.stats import binomtest, t

from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.run_tables import ALL, METRICS
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import Measuring, estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import clopper_pearson, difference_interval, exact, interval
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import point
from workflow_scripts.evaluation.observed import observed, of_groups, of_rows
from workflow_scripts.evaluation.uncertainty import Uncertain


def perfect(labels, classes, per_group=0):
    """Units that are all recognised, each with its own probability of the true class."""
    return units(np.random.default_rng(0), np.asarray(labels), 60.0, classes, per_group=per_group)


def shifted(labels, classes):
    """Units that are all taken for the next class."""
    frame = perfect((np.asarray(labels) + 1) % len(classes), classes)
    return frame.assign(label=np.array(classes)[labels])


def evaluated(frame, classes):
    frames = Grid({(0, 0): frame})
    resampler = Resampler(frames.values(), 200, np.random.default_rng(0))
    return estimate(frames, resampler, Measuring(classes, 10))[ALL]


@pytest.mark.parametrize("hits", [0, 1, 5, 9, 10])
def test_whole_numbers_have_the_textbooks_interval(hits):
    expected = binomtest(hits, 10).proportion_ci(method="exact")
    assert clopper_pearson(hits / 10, 10) == pytest.approx((expected.low, expected.high))


def test_ten_of_ten_right_are_not_proven_perfect():
    found = evaluated(perfect(np.arange(10) % 2, ["a", "b"]), ["a", "b"])
    low = 1 - binomtest(10, 10).proportion_ci(method="exact").low
    assert 1 - found.overall["accuracy"].low == pytest.approx(low) and low == pytest.approx(0.3085, abs=1e-4)
    assert found.overall["accuracy"].high == 1 and found.overall["balanced_accuracy"].high == 1
    of_class = found.per_class["a"]["sensitivity"]
    assert (of_class.low, of_class.high) == pytest.approx((binomtest(5, 5).proportion_ci(method="exact").low, 1))


def test_one_image_of_each_of_sixteen_classes_all_wrong_may_still_be_right_sometimes():
    classes = [f"class {number}" for number in range(16)]
    found = evaluated(shifted(np.arange(16), classes), classes)
    high = binomtest(0, 16).proportion_ci(method="exact").high
    assert (found.overall["accuracy"].low, found.overall["accuracy"].high) == pytest.approx((0, high))


def test_images_of_one_patient_count_as_one_observation():
    single, grouped = (evaluated(perfect(np.arange(40) % 2, ["a", "b"], size), ["a", "b"]) for size in (0, 8))
    assert single.overall["accuracy"].low == pytest.approx(0.025 ** (1 / 40))
    assert grouped.overall["accuracy"].low == pytest.approx(0.025 ** (1 / 5))


@pytest.mark.parametrize("labels", [np.arange(60) % 3, np.repeat([0, 1, 2], [6, 14, 40])], ids=["even", "uneven"])
@pytest.mark.parametrize("frame", [perfect, shifted])
def test_no_metric_of_an_extreme_run_has_an_interval_without_width(frame, labels):
    classes = ["a", "b", "c"]
    found = evaluated(frame(labels, classes), classes)
    cells = {**found.overall, **{(name, m): e for name, each in found.per_class.items() for m, e in each.items()}}
    for metric, cell in cells.items():
        assert np.isnan(cell.value) or cell.high - cell.low > 1e-4 or np.isnan(cell.low), metric
        biased = metric in ("log_loss", "brier", "ece", "kappa")  # of these a draw's value is off to one side
        assert np.isnan(cell.low) or cell.low <= cell.value <= cell.high or biased
    for metric in ("accuracy", "balanced_accuracy", "macro_sensitivity"):
        assert not np.isnan(cells[metric].low)


def test_a_run_that_always_gives_one_answer_has_intervals_and_no_kappas():
    frame = perfect(np.zeros(40, dtype=int), ["a", "b"]).assign(label=np.array(["a", "b"])[np.arange(40) % 2])
    found = evaluated(frame, ["a", "b"])
    # Neither half of the mean over classes varies from draw to draw: it is exactly one half, and not known exactly.
    cell = found.overall["balanced_accuracy"]
    assert cell.value == 0.5 and cell.low == pytest.approx(binomtest(20, 40).proportion_ci(method="exact").low)
    assert found.overall["kappa"].value == 0 and np.isnan(found.overall["kappa"].low)


def test_a_share_has_the_exact_interval_of_as_many_observations_as_its_spread_is_worth():
    frame = perfect(np.arange(60) % 2, ["a", "b"])
    frame.loc[:5, ["p_a", "p_b"]] = frame.loc[:5, ["p_b", "p_a"]].to_numpy()
    resampler = Resampler([frame], 4000, np.random.default_rng(0))
    cell = estimate(Grid({(0, 0): frame}), resampler, Measuring(["a", "b"], 10))[ALL].overall["accuracy"]
    expected = binomtest(54, 60).proportion_ci(method="exact")
    assert (cell.low, cell.high) == pytest.approx((expected.low, expected.high), abs=0.004)


def test_a_share_of_few_groups_and_trainings_is_worth_fewer_observations():
    """Korn & Graubard (1998): by the squared ratio of Student's quantiles; never more than predictions."""
    behind = of_groups(np.full(8, 20.0), 480)
    draws = 0.9 + np.random.default_rng(0).normal(size=(1, 1, 3000)).repeat(3, axis=1) * 0.03
    points = np.array([[0.88, 0.9, 0.92]])
    sampling, training = draws[0, 0].var(ddof=1) * 8 / 7, 0.02**2 / 3
    freedom = (sampling + training) ** 2 / (sampling**2 / 7 + training**2 / 2)
    size = 0.09 / (sampling + training) * (t.ppf(0.975, 479) / t.ppf(0.975, freedom)) ** 2
    assert interval(points, draws, "accuracy", behind) == pytest.approx(clopper_pearson(0.9, size))
    sure = interval(points[:, :1], 0.88 + (draws[:, :1] - 0.9) * 1e-3, "accuracy", of_groups(np.ones(500), 500))
    assert sure == pytest.approx(clopper_pearson(0.88, 500))


def test_what_is_no_share_has_students_interval_cut_to_its_range():
    points, behind = np.array([[0.1, 0.3, 0.2]]), of_groups(np.ones(16), 48)
    draws = 0.2 + np.random.default_rng(0).normal(size=(1, 1, 3000)).repeat(3, axis=1) * 0.05
    sampling, training = draws[0, 0].var(ddof=1) * 16 / 15, 0.01 / 3
    freedom = (sampling + training) ** 2 / (sampling**2 / 15 + training**2 / 2)
    half = t.ppf(0.975, freedom) * np.sqrt(sampling + training)
    assert interval(points, draws, "log_loss", behind) == pytest.approx((max(0.2 - half, 0), 0.2 + half))
    assert interval(points, draws, "kappa", behind)[0] == pytest.approx(0.2 - half)


def test_groups_of_unequal_size_are_worth_fewer():
    assert of_groups(np.full(8, 3.0), 24).groups == pytest.approx(8)
    uneven = of_groups(np.array([150.0, *[5.0] * 30, 0.0]), 300)
    assert uneven.size == 31 and uneven.groups == pytest.approx(300**2 / (150**2 + 30 * 25))
    assert uneven.widening == pytest.approx(uneven.groups / (uneven.groups - 1))
    assert of_groups(np.array([4.0]), 4).widening == np.inf
    frame = perfect(np.arange(12) % 2, ["a", "b"]).assign(group=["p"] * 6 + ["q"] * 3 + ["r", "s", ""])
    assert of_rows(frame).groups == pytest.approx(12**2 / (36 + 9 + 3))


def test_a_mean_over_classes_rests_on_all_their_groups_but_on_no_more_than_there_are():
    apart = observed([perfect(np.repeat([0, 1], 20), ["a", "b"], per_group=4)])
    assert apart.overall["macro_sensitivity"].groups == pytest.approx(2 * 4 + 1)  # two classes, five groups each
    shared = observed([perfect(np.arange(40) % 2, ["a", "b"], per_group=8)])
    assert shared.overall["macro_sensitivity"].groups == pytest.approx(5)
    single = observed([perfect(np.repeat([0, 1], [4, 36]), ["a", "b"], per_group=4)])
    assert single.per_class["sensitivity"][0].widening == single.overall["macro_f1"].widening == np.inf


def test_one_group_has_no_interval():
    found = evaluated(perfect(np.arange(8) % 2, ["a", "b"], per_group=8), ["a", "b"])
    assert np.isnan(found.overall["accuracy"].low)


@pytest.mark.parametrize(
    "world",
    [
        TestSet("few errors", 0.99, alone(60), alike=0),
        TestSet("three trainings", 0.92, alone(183), 3, 0.02, alike=0),
        TestSet("one group holds half", 0.90, (150, *[5] * 30), 3, 0.01),
        TestSet("heavy tail", 0.90, heavy_tailed(30, 300), 3, 0.01),
    ],
    ids=lambda world: world.words,
)
def test_intervals_hold_the_truth(world):
    # 200 draws of a share of 0.93 or more: above 0.88 but once in 200.
    share, width, flat = covered(world, 200, draws=200)
    assert share > 0.88 and flat == 0 and width < 0.4


def test_one_training_says_nothing_of_others():
    world = TestSet("one training", 0.92, alone(183), 1, 0.04, alike=0)
    assert covered(world, 100)[0] < 0.8 < covered(replace(world, spread=0.0), 100)[0]


def test_effective_sizes_are_counted_as_documented():
    frame = perfect([0, 0, 0, 0, 1, 1, 2, 2], ["a", "b", "c"]).assign(group=["p", "p", "q", "r", "p", "s", "s", "t"])
    frame.loc[7, ["p_a", "p_b", "p_c"]] = [0.8, 0.1, 0.1]  # patient t's c is taken for a
    found = observed([frame])
    assert {name: [part.size for part in parts] for name, parts in found.per_class.items()} == {
        "sensitivity": [3, 2, 2],
        "specificity": [3, 5, 4],
        "precision": [4, 2, 1],
        "f1": [4, 2, 2],
        "auc": [3, 2, 2],
    }
    expected = {"accuracy": 5, "balanced_accuracy": 6, "macro_specificity": 9, "macro_precision": 3, "macro_auc": 3}
    assert {name: found.overall[name].size for name in expected} == expected
    chance = (4 * 5 + 2 * 2 + 2 * 1) / 64
    assert found.overall["kappa"].size == pytest.approx(2 * 5 * (1 - chance))


@pytest.mark.parametrize("metric", ["accuracy", "macro_sensitivity", "macro_specificity", "macro_f1", "kappa"])
@pytest.mark.parametrize("error", [0.01, 0.03, 0.06])
def test_the_exact_interval_of_perfect_runs_holds_the_truth(metric, error):
    """Whichever class the errors are in: of the runs that are perfect by luck, no more than one in 40 miss the truth.

    A true error rate in one class is missed where a perfect run is likelier than 2.5 % and its interval excludes it.
    """
    labels, classes = np.repeat([0, 1, 2], [20, 40, 60]), ["a", "b", "c"]
    frame = perfect(labels, classes)
    size = observed([frame]).overall[metric].size
    low, _ = exact(1.0, metric, size)
    many = np.repeat(labels, 1000)
    for k, n in enumerate((20, 40, 60)):
        if (1 - error) ** n < 0.025:
            continue
        wrong = (many == k) & (np.arange(len(many)) % 1000 < 1000 * error)
        p = np.eye(3)[np.where(wrong, (many + 1) % 3, many)] * 0.8 + 0.2 / 3
        assert low <= point(many, p, 10).overall[metric]


def test_files_of_a_perfect_run_show_no_interval_without_width_at_any_level(tmp_path):
    study = Study(tmp_path, ["a", "b"], n=160, folds=2, seeds=(0, 1))
    study.add("cnn", 60.0)
    path = tmp_path / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    source = np.where(np.arange(len(manifest)) % 3, "one", "two")
    MANIFEST.write(path, manifest.assign(stage=np.where(np.arange(len(manifest)) % 2, "I", "II"), source=source))
    study.evaluate("cnn", subgroups=["stage"])
    table = METRICS.read(tmp_path / "evaluation" / "grouped" / "cnn" / "metrics.csv")
    assert set(table["level"]) == {"overall", "class", "source", "subgroup"}
    # Rates only: losses of so sure a run are nearly the same in every draw.
    rates = table[~table["metric"].isin(["log_loss", "brier", "ece"])].dropna(subset="low")
    assert len(rates) > 200 and rates["value"].isin([0.0, 1.0]).mean() > 0.95
    assert (rates["high"] - rates["low"] > 0.01).all()
    found = json.loads((tmp_path / "evaluation" / "grouped" / "cnn" / "fold0-seed0.json").read_text())["test"]
    groups = arrays(study.read("cnn").query("subset == 'test'"))[0].size // 4
    assert found["accuracy"]["low"] == pytest.approx(0.025 ** (1 / groups)) and found["kappa"]["low"] < 1


@pytest.mark.parametrize(("value", "drawn"), [(1.0, 0.98), (0.0, 0.02)])
def test_at_an_end_that_some_draws_leave_the_interval_is_that_of_the_groups_and_no_narrower_than_the_spread(
    value, drawn
):
    """A sensitivity at a given specificity may be 100 % while draws find another threshold; it had 0 to 100 %."""
    behind = of_groups(np.ones(50), 50.0)
    draws = np.where(np.arange(200) % 10 == 0, drawn, value)[None, None]
    low, high = interval(np.array([[value]]), draws, "sensitivity", behind)
    assert (low, high) == pytest.approx(exact(value, "sensitivity", behind.size))
    wide = np.where(np.arange(200) % 2 == 0, abs(value - 0.3), value)[None, None]
    low, high = interval(np.array([[value]]), wide, "sensitivity", behind)
    assert high - low > 0.3 and {low, high} & {value}


def test_losses_that_never_differ_have_no_interval_of_their_difference():
    same = Uncertain(0.0, 0.0, 0.0, 50, 3)
    assert np.isnan(difference_interval(same, "log_loss", 50)).all()
    assert difference_interval(same, "brier", 50)[1] == pytest.approx(2 * (1 - 0.025 ** (1 / 50)))
