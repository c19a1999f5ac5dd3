"""Numbers of a real confusion matrix of several classes, or of its folds, are never denied; impossible ones are."""

import numpy as np
import pytest
from scipy import optimize

from workflow_scripts.claims.arithmetic.class_tables import (
    MACRO,
    MICRO,
    WEIGHTED,
    ClassRate,
    class_table,
    range_of,
)

SEED = 11


def drawn(rng, sizes):
    classes = len(sizes)
    chances = 0.2 * rng.dirichlet(np.ones(classes), classes) + 0.8 * np.eye(classes)
    return np.array([rng.multinomial(size, chance) for size, chance in zip(sizes, chances, strict=True)])


def of_class(matrix):
    """Metric → its value in each class, written down once more."""
    right, true, predicted, n = np.diag(matrix), matrix.sum(1), matrix.sum(0), matrix.sum()
    return {
        "sensitivity": right / true,
        "specificity": (n - true - predicted + right) / (n - true),
        "class_accuracy": (n - true - predicted + 2 * right) / n,
        "precision": np.where(predicted, right / np.maximum(predicted, 1), 0),
        "f1": 2 * right / (true + predicted),
    }


def averaged(matrix, metric, average):
    values, right, n, classes = of_class(matrix), np.trace(matrix), matrix.sum(), len(matrix)
    if metric == "accuracy" or (average == MICRO and metric in ("sensitivity", "precision", "f1")):
        return right / n
    if average == MICRO:
        return {
            "specificity": 1 - (n - right) / ((classes - 1) * n),
            "class_accuracy": 1 - 2 * (n - right) / classes / n,
        }[metric]
    weights = {MACRO: np.full(classes, 1 / classes), WEIGHTED: matrix.sum(1) / n}.get(average)
    return values[metric][average] if weights is None else values[metric] @ weights


def rate(value, metric, average=MACRO, width=5e-4):
    return ClassRate(metric, value - width, value + width, average)


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_no_real_matrix_is_denied(classes):
    for number in range(20):
        rng = np.random.default_rng([SEED, classes, number])
        matrix = drawn(rng, rng.integers(10, 90, classes))
        choices = [
            (m, a) for m in ("sensitivity", "specificity", "class_accuracy") for a in (MACRO, WEIGHTED, MICRO, 0)
        ]
        choices += [("accuracy", MACRO), ("precision", 0), ("f1", 1), ("precision", MICRO)]
        rates = [rate(averaged(matrix, metric, average), metric, average) for metric, average in choices]
        assert class_table(matrix.sum(1), rates)
        for wanted in rates[:3]:
            low, high = range_of(wanted, matrix.sum(1), [other for other in rates if other is not wanted])
            assert low <= wanted.high and high >= wanted.low


def test_no_mean_of_stratified_folds_is_denied_and_its_matrix_bounds_it():
    sizes = np.array([97, 41, 20])
    for number in range(5):
        rng = np.random.default_rng([SEED, number])
        folds = [drawn(rng, sizes // 5 + (fold < sizes % 5)) for fold in range(5)]
        rates = []
        for metric in ("sensitivity", "specificity", "accuracy"):
            value = float(np.mean([averaged(fold, metric, MACRO) for fold in folds]))
            rates.append(rate(value, metric))
            low, high = range_of(rates[-1], sizes, folds=5, matrix=np.sum(folds, 0))
            assert low - 1e-9 <= value <= high + 1e-9
        assert class_table(sizes, rates, folds=5)


def test_a_low_mean_specificity_beside_a_high_mean_sensitivity_fits_as_weighted_means_alone():
    sizes = (480, 120, 40)
    for average, fits in ((MACRO, False), (WEIGHTED, True)):
        printed = [rate(0.703, "sensitivity", average), rate(0.685, "specificity", average)]
        assert class_table(sizes, printed) == fits


def test_precision_and_f1_of_a_class_are_held_against_its_sensitivity():
    sizes = (50, 50, 50)
    printed = [rate(0.9, "sensitivity", 0), rate(0.8, "precision", 0)]
    assert class_table(sizes, [*printed, rate(0.847, "f1", 0)], whole=False)
    assert not class_table(sizes, [*printed, rate(0.86, "f1", 0)], whole=False)
    # 45 of 50 are right; no number of predictions makes them 80.0 %.
    assert not class_table(sizes, [*printed, rate(0.847, "f1", 0)])


def test_a_metric_that_is_not_linear_has_no_range():
    with pytest.raises(ValueError, match="not linear"):
        range_of(rate(0.9, "f1"), (10, 10))


def test_that_there_are_no_whole_numbers_is_believed_if_the_solver_says_so_twice(monkeypatch):
    # Two of three right in each class, or three of three: no whole numbers have the mean sensitivity 0.75.
    rates = [rate(0.75, "sensitivity", MACRO, 1e-6)]
    assert not class_table((3, 3), rates)
    solve = optimize.milp

    def simplifying_wrongly(*problem, options, **words):
        solved = solve(*problem, options=options, **words)
        if not options["presolve"]:
            solved.status = 0
        return solved

    monkeypatch.setattr(optimize, "milp", simplifying_wrongly)
    assert class_table((3, 3), rates)
