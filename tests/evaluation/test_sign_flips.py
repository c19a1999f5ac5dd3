"""Groups turned round: against all ways of doing so, and what units add to a difference against the metrics."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from fabricated import probabilities

from workflow_scripts.evaluation.bootstrap import replicates_of
from workflow_scripts.evaluation.contributions import area_contributions, contributions
from workflow_scripts.evaluation.sign_flips import by_group, mcnemar, sign_flip_p

METRICS = ["accuracy", "balanced_accuracy", "macro_f1", "macro_auc"]


def by_all_ways(lead):
    """The share of sign changes that come as far from zero."""
    sums = np.array([np.dot(signs, lead) for signs in product((-1, 1), repeat=len(lead))])
    return np.mean(np.abs(sums) >= abs(lead.sum()) - 1e-9)


@pytest.mark.parametrize("whole", [True, False])
def test_p_is_that_of_all_ways_to_turn_groups_round(whole):
    rng = np.random.default_rng(0)
    leads = rng.integers(-4, 6, (10, 5)).astype(float) if whole else rng.normal(0.3, 1, (10, 5))
    assert sign_flip_p(leads, ("test",)) == pytest.approx([by_all_ways(lead) for lead in leads.T])


def test_of_many_groups_a_sample_of_ways_comes_near_and_is_the_same_again():
    leads = np.random.default_rng(1).normal(0.3, 1, (14, 3))
    p = sign_flip_p(leads, ("test",))
    assert p == pytest.approx([by_all_ways(lead) for lead in leads.T], abs=0.015)
    assert np.array_equal(p, sign_flip_p(leads, ("test",))) and not np.array_equal(p, sign_flip_p(leads, ("other",)))
    assert (sign_flip_p(np.ones((100, 1)) * 0.5, ("test",)) < 0.001).all()


def test_of_single_units_it_is_mcnemars_test():
    leads = np.array([1.0] * 12 + [-1.0] * 3 + [0.0] * 40)[:, None]
    assert sign_flip_p(leads, ()) == [mcnemar(12, 3)]
    assert sign_flip_p(np.zeros((5, 1)), ()) == [1.0] and np.isnan(sign_flip_p(np.full((5, 1), np.nan), ())).all()


def test_units_are_summed_by_group():
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert by_group(values, pd.Series(["q", "p", "q"])).tolist() == [[6.0, 8.0], [3.0, 4.0]]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weighted", [False, True])
def test_what_units_add_comes_to_the_difference_of_the_metric(metric, weighted):
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 90)
    first, second = (probabilities(rng, labels, 3, skill).round(2) + 0.001 for skill in (1.6, 1.2))
    weights = rng.integers(0, 3, 90).astype(float) if weighted else np.ones(90)
    values = [replicates_of(metric, labels, p, weights[:, None].astype("float32"))[0] for p in (first, second)]
    total = contributions(metric, labels, first, second, weights).sum() / (weights.sum() if metric == "accuracy" else 1)
    # Of F1 to second order.
    assert total == pytest.approx(values[0] - values[1], abs=2e-3 if metric == "macro_f1" else 1e-6)
    assert contributions(metric, labels, second, first, weights) == pytest.approx(
        -contributions(metric, labels, first, second, weights)
    )


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1"])
def test_exchanging_the_predictions_of_some_units_turns_their_signs(metric):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 60)
    runs = np.stack([probabilities(rng, labels, 3, skill) for skill in (1.6, 1.0)])
    turned = rng.random(60) < 0.5
    swapped = np.where(turned[None, :, None], runs[::-1], runs)
    before, after = (contributions(metric, labels, *pair, np.ones(60)) for pair in (runs, swapped))
    assert after == pytest.approx(np.where(turned, -before, before))


def test_an_area_needs_both_sides():
    assert np.isnan(area_contributions(np.array([True, True]), np.array([0.1, 0.2]), np.ones(2))).all()
    assert area_contributions(np.array([True, False]), np.array([0.5, 0.5]), np.ones(2)).sum() == 0.5
