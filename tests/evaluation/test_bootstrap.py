"""The bootstrap: the slow loop's values, whole groups, intervals that cover."""

import numpy as np
import pandas as pd
import pytest
from fabricated import probabilities, units
from sklearn import metrics as sk

from workflow_scripts.evaluation.bootstrap import Resampler, auc, once, replicates, replicates_of
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metrics import OVERALL, PER_CLASS, point
from workflow_scripts.evaluation.observed import of_groups


def case(seed: int, n: int = 60, classes: int = 4, tied: bool = False):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    p = probabilities(rng, labels, classes, 1.0)
    if tied:
        p = np.round(p, 1) + 1e-3
        p /= p.sum(axis=1, keepdims=True)
    weights = np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(9)], axis=1)
    return labels, p, weights.astype("float32")


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("seed", "n"), [(0, 60), (1, 60), (2, 8), (3, 12)])  # small ones lose classes in some draws
def test_every_metric_agrees_with_a_loop_over_drawn_rows(seed, n, tied):
    labels, p, weights = case(seed, n, tied=tied)
    found = replicates(labels, p, weights, 10)
    for draw in range(weights.shape[1]):
        rows = np.repeat(np.arange(n), weights[:, draw].astype(int))
        slow = point(labels[rows], p[rows], 10)
        for name in OVERALL:
            assert found.overall[name][draw] == pytest.approx(slow.overall[name], abs=1e-6, nan_ok=True), name
        for name in PER_CLASS:
            assert found.per_class[name][draw] == pytest.approx(slow.per_class[name], abs=1e-6, nan_ok=True), name


def test_metrics_agree_with_scikit_learns_sample_weights():
    labels, p, weights = case(5, 80)
    found = replicates(labels, p, weights, 10)
    for draw in range(weights.shape[1]):
        w, predicted = weights[:, draw], p.argmax(axis=1)
        assert found.overall["accuracy"][draw] == pytest.approx(sk.accuracy_score(labels, predicted, sample_weight=w))
        f1 = sk.f1_score(labels, predicted, average="macro", sample_weight=w)
        assert found.overall["macro_f1"][draw] == pytest.approx(f1)
        assert found.overall["log_loss"][draw] == pytest.approx(sk.log_loss(labels, p, sample_weight=w), rel=1e-6)
        for k in range(4):
            area = sk.roc_auc_score(labels == k, p[:, k], sample_weight=w)
            assert found.per_class["auc"][draw, k] == pytest.approx(area, abs=1e-6)


def test_one_headline_metric_is_the_same_alone():
    labels, p, weights = case(6)
    every = replicates(labels, p, weights, 10).overall
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "macro_auc"):
        assert np.array_equal(replicates_of(name, labels, p, weights), every[name], equal_nan=True)
        value = replicates_of(name, labels, p, once(len(labels)))[0]
        assert value == pytest.approx(point(labels, p, 10).overall[name], abs=1e-12)


def test_tied_scores_count_half():
    labels = np.array([1, 0, 1, 0])
    p = np.array([[0.5, 0.5]] * 2 + [[0.2, 0.8], [0.8, 0.2]])
    assert auc(labels, p, once(4))[0].tolist() == [0.875, 0.875]


def frame(n: int, per_group: int) -> pd.DataFrame:
    return units(np.random.default_rng(0), np.arange(n) % 2, 1.0, ["a", "b"], per_group=per_group)


def test_groups_are_drawn_whole_and_as_often_as_there_are_groups():
    table = frame(60, 3)
    resampler = Resampler([table], 50, np.random.default_rng(0))
    weights = resampler.weights(table)
    assert resampler.groups == 20 and (weights.sum(axis=0) == 60).all()
    assert (weights.reshape(20, 3, 50) == weights.reshape(20, 3, 50)[:, :1]).all()
    assert len(np.unique(weights.reshape(20, 3, 50)[:, 0], axis=1).T) == 50


def test_samples_of_unknown_group_are_drawn_one_by_one():
    table = frame(60, 0)
    resampler = Resampler([table], 50, np.random.default_rng(0))
    assert resampler.groups == 60


def test_frames_that_share_groups_share_the_draw():
    table = frame(60, 3)
    resampler = Resampler([table[:40], table[20:]], 50, np.random.default_rng(0))
    assert np.array_equal(resampler.weights(table[:40])[20:], resampler.weights(table[20:])[:20])


def test_an_interval_needs_two_groups_and_a_metric_that_is_nearly_always_defined():
    points, draws = np.array([[0.5]]), np.linspace(0.2, 0.8, 100)[None, None]
    many, single = of_groups(np.full(20, 3.0), 60), of_groups(np.array([60.0]), 60)
    assert np.isnan(interval(points, draws, "accuracy", single)).all()
    draws[..., :10] = np.nan
    assert not np.isnan(interval(points, draws, "accuracy", many)).any()
    draws[..., :11] = np.nan
    assert np.isnan(interval(points, draws, "accuracy", many)).all()


def test_intervals_end_at_the_possible_values():
    points, draws, behind = np.array([[0.5]]), np.linspace(-3, 3, 100)[None, None], of_groups(np.full(20, 3.0), 60)
    assert interval(points, draws, "kappa", behind) == (-1, 1)
    low, high = interval(points, draws, "log_loss", behind)
    assert low == 0 and high > 3


TRUTH = 0.8 * 0.85


def covered(seeds: int, noise: float, per_group: bool, repeats: int) -> float:
    """Share of simulated test sets whose interval holds the true mean accuracy.

    40 groups of 8 differ in difficulty (Beta, mean 0.8, times 0.85), training seeds in skill (relative `noise`).
    """
    rng, hits, size = np.random.default_rng(1), 0, 8
    base = frame(40 * size, size)
    label = (base["label"] == "b").to_numpy().astype(int)
    resampler = Resampler([base if per_group else base.assign(group="")], 300, rng)
    weights = resampler.weights(base if per_group else base.assign(group=""))
    for _ in range(repeats):
        draws = []
        hard = np.repeat(rng.beta(4, 1, 40), size)
        for _ in range(seeds):
            right = rng.random(40 * size) < 0.85 * hard * (1 + rng.normal(0, noise))
            p = np.where(np.arange(2) == np.where(right, label, 1 - label)[:, None], 0.9, 0.1)
            draws.append(replicates_of("accuracy", label, p, weights))
        points = np.array([[values.mean() for values in draws]])
        behind = of_groups(np.full(40, 8.0) if per_group else np.ones(320), 320 * seeds)
        low, high = interval(points, np.array([draws]), "accuracy", behind)
        hits += low <= TRUTH <= high
    return hits / repeats


def test_intervals_cover_the_truth_about_as_often_as_they_say_if_groups_are_drawn_whole():
    # Drawing single samples covers less.
    grouped = covered(1, 0.0, per_group=True, repeats=400)
    assert 0.90 <= grouped <= 0.98 and covered(1, 0.0, per_group=False, repeats=400) < grouped - 0.02


def test_intervals_over_seeds_cover_the_spread_of_training():
    assert covered(4, 0.05, per_group=True, repeats=200) >= 0.88


def test_pooling_widens_with_the_spread_of_seeds_and_keeps_the_mean():
    resampler = Resampler([frame(60, 3)], 4000, np.random.default_rng(0))
    values = np.array([0.70, 0.74, 0.81])
    pooled = resampler.pool(np.tile(values[None, :, None], (1, 1, 4000)))
    assert pooled.mean() == pytest.approx(values.mean(), abs=0.002)
    assert pooled.std() == pytest.approx(values.std(ddof=1) / np.sqrt(3), rel=0.05)
    assert np.ptp(resampler.pool(np.full((2, 3, 4000), 0.5))) == 0
