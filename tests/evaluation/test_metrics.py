"""Point values: scikit-learn's where it has them; null, never 0, where undefined."""

import warnings

import numpy as np
import pytest
from fabricated import probabilities
from sklearn import metrics as sk

from workflow_scripts.evaluation.metrics import OVERALL, PER_CLASS, calibration_error, point


def drawn(seed: int, n: int = 200, classes: int = 4, skill: float = 1.0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, n, p=rng.dirichlet(np.full(classes, 4)))
    return labels, probabilities(rng, labels, classes, skill)


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_scikit_learn(seed):
    labels, p = drawn(seed)
    predicted = p.argmax(axis=1)
    found = point(labels, p, 10)
    assert set(found.overall) == set(OVERALL) and set(found.per_class) == set(PER_CLASS)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "macro_precision": sk.precision_score(labels, predicted, average="macro"),
        "macro_sensitivity": sk.recall_score(labels, predicted, average="macro"),
        "macro_f1": sk.f1_score(labels, predicted, average="macro"),
        "macro_auc": sk.roc_auc_score(labels, p, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(labels, p),
        "kappa": sk.cohen_kappa_score(labels, predicted),
        "brier": ((p - np.eye(4)[labels]) ** 2).sum(axis=1).mean(),
    }
    for name, value in expected.items():
        assert found.overall[name] == pytest.approx(value, abs=1e-12), name
    for k in range(4):
        specificity = sk.recall_score(labels != k, predicted != k)
        assert found.per_class["specificity"][k] == pytest.approx(specificity)
    assert found.overall["macro_specificity"] == pytest.approx(found.per_class["specificity"].mean())


def test_two_classes_have_the_usual_auc():
    labels, p = drawn(0, classes=2)
    found = point(labels, p, 10)
    assert found.overall["macro_auc"] == pytest.approx(sk.roc_auc_score(labels, p[:, 1]))
    assert found.overall["brier"] == pytest.approx(2 * sk.brier_score_loss(labels, p[:, 1]))


def test_a_perfect_predictor_is_perfect():
    labels = np.arange(30) % 3
    found = point(labels, np.eye(3)[labels], 10).overall
    for name in OVERALL:
        assert found[name] == pytest.approx(0 if name in ("log_loss", "brier", "ece") else 1, abs=1e-9), name


def test_chance_is_chance():
    labels, p = drawn(1, n=20000, skill=0.0)
    found = point(labels, p, 10).overall
    assert found["macro_auc"] == pytest.approx(0.5, abs=0.02)
    assert found["balanced_accuracy"] == pytest.approx(0.25, abs=0.02)
    assert found["kappa"] == pytest.approx(0, abs=0.02)


def test_a_predictor_of_one_class_has_no_precision_elsewhere():
    labels = np.array([0, 0, 1, 1, 2, 2])
    p = np.tile([0.5, 0.3, 0.2], (6, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = point(labels, p, 10)
    assert found.per_class["precision"][0] == pytest.approx(1 / 3)
    assert np.isnan(found.per_class["precision"][1:]).all() and np.isnan(found.overall["macro_precision"])
    assert found.per_class["sensitivity"].tolist() == [1, 0, 0] and found.overall["macro_f1"] == pytest.approx(0.5 / 3)
    assert found.per_class["auc"].tolist() == [0.5, 0.5, 0.5]  # all scores are tied
    assert found.overall["kappa"] == 0


def test_a_subset_of_one_class_leaves_undefined_what_needs_two():
    labels = np.zeros(5, dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = point(labels, np.tile([0.8, 0.1, 0.1], (5, 1)), 10)
    assert found.overall["accuracy"] == 1 and found.overall["macro_sensitivity"] == 1
    for name in ("macro_auc", "macro_specificity", "kappa"):
        assert np.isnan(found.overall[name]), name
    assert np.isnan(found.per_class["sensitivity"][1:]).all() and np.isnan(found.per_class["f1"][1:]).all()


def test_macro_averages_are_over_the_classes_of_the_subset():
    labels = np.array([0, 0, 1, 1])  # class 2 exists in the study, not here
    p = np.array([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]])
    found = point(labels, p, 10)
    assert found.overall["macro_sensitivity"] == pytest.approx((0.5 + 1) / 2)
    assert found.per_class["precision"][2] == 0 and found.overall["macro_precision"] == pytest.approx(1)


def test_a_certain_mistake_has_a_finite_log_loss():
    assert np.isfinite(point(np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]), 10).overall["log_loss"])


def test_calibration_error_of_known_bins():
    # Ten samples of confidence 0.75, six right; ten of 0.95, all right: (10 * 0.15 + 10 * 0.05) / 20.
    p = np.repeat([[0.75, 0.25], [0.95, 0.05]], 10, axis=0)
    labels = np.array([0] * 6 + [1] * 4 + [0] * 10)
    assert calibration_error(labels, p, 10) == pytest.approx(0.1)
    assert calibration_error(labels, p, 1) == pytest.approx(abs(16 / 20 - 0.85))


def test_a_calibrated_predictor_has_a_small_calibration_error():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], 20000)
    labels = (rng.random(20000)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    assert calibration_error(labels, p, 10) < 0.015
