"""Strategies that choose whose labels are asked for, against numbers by hand."""

import math

import numpy as np
import pytest

from workflow_scripts.training.active.strategies import (
    Candidates,
    choose,
    disagreement,
    entropy,
    gradients,
    uncertainty,
)

NOTHING = np.zeros(0)


def candidates(p, draws=None, passes=NOTHING, features=NOTHING, seed=0):
    p = np.asarray(p, dtype="float64")
    draws = np.arange(len(p)) / len(p) if draws is None else np.asarray(draws)
    return Candidates(draws, p, passes, features, seed)


def two(*shares):
    return np.array([[1 - share, share] for share in shares])


def test_of_two_classes_least_confidence_entropy_and_margin_rank_alike():
    p = two(*np.random.default_rng(0).uniform(size=500))
    margin = np.abs(p[:, 0] - p[:, 1])
    order = np.argsort(-uncertainty(p), kind="stable")
    assert (order == np.argsort(-entropy(p), kind="stable")).all() and (
        order == np.argsort(margin, kind="stable")
    ).all()


def test_uncertainty_takes_the_least_sure_and_says_how_unsure():
    query = choose("uncertainty", candidates(two(0.9, 0.45, 0.02, 0.6)), 2)
    assert query.chosen.tolist() == [1, 3] and query.scores.tolist() == [0.45, 0.4]


def test_bald_is_the_entropy_of_the_mean_minus_the_mean_entropy():
    passes = np.array([two(0.9, 0.5), two(0.1, 0.5)])
    sure = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    np.testing.assert_allclose(disagreement(passes), [math.log(2) - sure, 0], atol=1e-12)
    # Both have the mean 0.5: to uncertainty they are one, to BALD the passes must disagree.
    query = choose("bald", candidates(passes.mean(axis=0), passes=passes, draws=[0.9, 0.1]), 1)
    assert query.chosen.tolist() == [0] and query.scores[0] == pytest.approx(0.368064, abs=1e-6)


def test_a_probability_of_zero_adds_nothing_to_an_entropy():
    assert entropy(np.array([[1.0, 0.0]])).tolist() == [0.0]


@pytest.mark.parametrize("strategy", ["uncertainty", "bald"])
def test_of_equal_scores_the_lower_draws_are_taken_and_the_last_digit_of_a_sum_decides_nothing(strategy):
    p = np.repeat(two(0.4), 4, axis=0) + np.array([[1, -1]]) * np.array([[0], [3e-9], [-2e-9], [1e-9]])
    draws = [0.7, 0.1, 0.9, 0.3]
    query = choose(strategy, candidates(p, draws, passes=np.stack([p, p])), 3)
    assert query.chosen.tolist() == [1, 3, 0] and len(set(query.scores)) == 1


def test_random_goes_by_the_draws_alone():
    query = choose("random", candidates(two(0.5, 0.9, 0.1), [0.5, 0.2, 0.3]), 2)
    assert query.chosen.tolist() == [1, 2] and np.isnan(query.scores).all()


def test_the_gradient_is_that_of_the_last_layer():
    import torch

    generator = torch.Generator().manual_seed(0)
    layer, features = torch.nn.Linear(4, 3, bias=False), torch.randn(5, 4, generator=generator)
    logits = layer(features)
    by_hand = gradients(torch.softmax(logits, 1).detach().numpy().astype("float64"), features.numpy())
    for row, values in zip(by_hand, features, strict=True):
        layer.zero_grad()
        output = layer(values)
        torch.nn.functional.cross_entropy(output[None], output.argmax()[None]).backward()
        np.testing.assert_allclose(row, layer.weight.grad.numpy().ravel(), atol=1e-6)


def test_diverse_asks_for_one_of_each_kind_where_uncertainty_asks_for_copies():
    # 20 copies of the least sure one, and three others, each sure to a degree and in a direction of its own.
    features = np.concatenate([np.repeat([[1.0, 0, 0, 0]], 20, axis=0), np.eye(4)[1:]])
    p = two(*[0.5] * 20, 0.45, 0.44, 0.43)
    shown = candidates(p, features=features)
    assert set(choose("uncertainty", shown, 4).chosen) < set(range(20))
    query = choose("diverse", shown, 4)
    assert {20, 21, 22} < set(query.chosen) and len(set(query.chosen)) == 4
    assert query.chosen[0] < 20 and query.scores[0] == 0.5


def test_diverse_goes_by_its_seed_alone_and_takes_copies_only_where_nothing_else_is_left():
    generator = np.random.default_rng(1)
    p, features = two(*generator.uniform(size=40)), generator.normal(size=(40, 6))
    first, again, other = (choose("diverse", candidates(p, features=features, seed=seed), 8) for seed in (3, 3, 4))
    assert (first.chosen == again.chosen).all() and (first.chosen != other.chosen).any()
    copies = choose("diverse", candidates(two(0.5, 0.5, 0.5), [0.2, 0.9, 0.1], features=np.ones((3, 2))), 3)
    assert copies.chosen.tolist() == [2, 0, 1]


@pytest.mark.parametrize("strategy", ["random", "uncertainty", "bald", "diverse"])
def test_no_more_are_asked_for_than_there_are(strategy):
    p = two(0.2, 0.3)
    shown = candidates(p, passes=np.stack([p, p]), features=np.eye(2))
    assert sorted(choose(strategy, shown, 9).chosen) == [0, 1] and len(choose(strategy, shown, 0).chosen) == 0
