"""Whose labels are asked for next, by what a network makes of the samples that have none.

A strategy sees candidates and nothing else: no label, no test sample. Of equal scores the one with the lower draw is
taken; scores are rounded first, so that what differs by the order of a sum alone is equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DIGITS = 6
# Where a logarithm ends.
_LEAST = np.finfo("float64").tiny


@dataclass(frozen=True)
class Candidates:
    """N training samples without a label.

    draws: a number in [0, 1) for each, a function of its id; probabilities: N×K; passes: P×N×K of passes with dropout,
    features: N×H that the network's last layer sees, each empty where the strategy needs none; seed: of the round.
    """

    draws: np.ndarray
    probabilities: np.ndarray
    passes: np.ndarray
    features: np.ndarray
    seed: int


@dataclass(frozen=True)
class Query:
    """Numbers of the chosen candidates, in the order of choice, and what each was chosen by; NaN: drawn at random."""

    chosen: np.ndarray
    scores: np.ndarray


def choose(strategy: str, candidates: Candidates, count: int) -> Query:
    """The `count` candidates, all where there are fewer, that a strategy wants most."""
    return _STRATEGIES[strategy](candidates, min(count, len(candidates.draws)))


def at_random(candidates: Candidates, count: int) -> Query:
    """Those with the lowest draws."""
    chosen = np.argsort(candidates.draws, kind="stable")[:count]
    return Query(chosen, np.full(count, np.nan))


def uncertainty(probabilities: np.ndarray) -> np.ndarray:
    """N: 1 minus the probability of the predicted class; of two classes entropy and margin rank alike."""
    values: np.ndarray = 1 - probabilities.max(axis=1)
    return values


def disagreement(passes: np.ndarray) -> np.ndarray:
    """N: entropy of the mean minus mean entropy of P×N×K probabilities, in nats; at least 0 but for rounding."""
    values: np.ndarray = entropy(passes.mean(axis=0)) - entropy(passes).mean(axis=0)
    return values


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Natural entropy over the last axis; of a probability of 0 nothing is added."""
    values: np.ndarray = -(probabilities * np.log(np.maximum(probabilities, _LEAST))).sum(axis=-1)
    return values


def gradients(probabilities: np.ndarray, features: np.ndarray) -> np.ndarray:
    """N×(K·H): gradient of the cross-entropy in the last layer's weights, were the predicted class the true one."""
    error = probabilities.copy()
    error[np.arange(len(error)), error.argmax(axis=1)] -= 1
    values: np.ndarray = (error[:, :, None] * features[:, None, :]).reshape(len(error), -1)
    return values


def spread_out(candidates: Candidates, count: int) -> Query:
    """The longest gradient, then each with probability in proportion to its squared distance from those chosen."""
    points = gradients(candidates.probabilities, candidates.features.astype("float64"))
    generator = np.random.default_rng(candidates.seed)
    lengths = (points**2).sum(axis=1)
    chosen = [int(number) for number in _ranked(lengths, candidates.draws)[: min(count, 1)]]
    scores, nearest = [lengths[number] for number in chosen], np.full(len(points), np.inf)
    while len(chosen) < count:
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        nearest[chosen] = 0
        total = np.cumsum(nearest)
        if total[-1] > 0:
            number = int(np.searchsorted(total, generator.random() * total[-1], side="right"))
        else:  # what is left equals what is chosen
            left = np.setdiff1d(np.arange(len(points)), chosen)
            number = int(left[candidates.draws[left].argmin()])
        chosen.append(number)
        scores.append(nearest[number])
    return Query(np.array(chosen, dtype="int64"), np.round(scores, DIGITS))


def _by_score(score: Callable[[Candidates], np.ndarray]) -> Callable[[Candidates, int], Query]:
    """The strategy that takes the highest scores."""

    def chosen(candidates: Candidates, count: int) -> Query:
        values = np.round(score(candidates), DIGITS) + 0.0  # no negative zero
        ranked = _ranked(values, candidates.draws)[:count]
        return Query(ranked, values[ranked])

    return chosen


def _ranked(scores: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Numbers of the candidates from the highest rounded score down, of equal ones by their draws."""
    ranked: np.ndarray = np.lexsort((draws, -np.round(scores, DIGITS)))
    return ranked


_STRATEGIES: dict[str, Callable[[Candidates, int], Query]] = {
    "random": at_random,
    "uncertainty": _by_score(lambda candidates: uncertainty(candidates.probabilities)),
    "bald": _by_score(lambda candidates: disagreement(candidates.passes)),
    "diverse": spread_out,
}
