"""Rounds: learn from the labels so far, judge, ask for further ones; stopped at any moment, it goes on at the round."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training.active.learner import Learner, dropout_passes, judged, last_inputs
from workflow_scripts.training.active.pool import Annotator, Pool
from workflow_scripts.training.active.strategies import Candidates, Query, at_random, choose
from workflow_scripts.training.checkpoints import Checkpoints

log = logging.getLogger("workflow_scripts")

NOTHING = np.zeros(0)
# Says what a network comes to, as rows of the contract ROUNDS but for round, labels and pool, and what it predicts. The
# loop keeps both and reads neither: of the test samples nothing else is here.
Judge = Callable[[nn.Module], tuple[list[dict[str, Any]], np.ndarray]]


@dataclass
class Progress:
    """Where the rounds are.

    rows: of ROUNDS, for each round that is done; queries: of QUERIES, those of the next round among them; labels: by
    id, of the rounds that are done; predicted: what the last network predicts, empty before the first.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    predicted: np.ndarray = field(default_factory=lambda: NOTHING)

    @property
    def asked(self) -> list[str]:
        """Names of the samples that were asked for."""
        return [query["id"] for query in self.queries]

    @property
    def done(self) -> int:
        """How many rounds are done."""
        return len({row["round"] for row in self.rows})

    def ask(self, ids: list[str], scores: np.ndarray) -> None:
        """Add the samples of the next round."""
        self.queries += [
            {"round": self.done, "id": sample, "score": float(score)} for sample, score in zip(ids, scores, strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """As Checkpoints keeps it."""
        return {**vars(self), "predicted": torch.from_numpy(self.predicted)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> "Progress":
        """The inverse."""
        return cls(**{**state, "predicted": state["predicted"].numpy()})


@dataclass(frozen=True)
class Asking:
    """Whom a run asks for and how often, see kinds.active_learning; name: of the run."""

    name: str
    strategy: str
    start: int
    batch: int
    rounds: int
    passes: int


@dataclass(frozen=True)
class Rounds:
    """The rounds of one fold and seed: what is asked, of whom, and what learns from it."""

    asking: Asking
    pool: Pool
    annotator: Annotator
    learner: Learner
    states: Checkpoints
    seed: int

    @property
    def budget(self) -> int:
        """Labels of the last round."""
        return min(self.asking.start + self.asking.batch * self.asking.rounds, len(self.pool))

    def all(self, judge: Judge) -> Progress:
        """Do the rounds that are left; a state is saved after each. UserError where labels are to be filled in."""
        progress = self._restored()
        while not progress.done or len(progress.asked) > len(progress.labels):
            if not progress.queries:
                self._start(progress)
            progress.labels = self.annotator.labels(progress.asked)
            number, count = progress.done, len(progress.labels)
            network, trained = self.learner.fit(self.pool.labelled(progress.labels))
            rows, progress.predicted = judge(network)
            progress.rows += [{"round": number, "labels": count, "pool": len(self.pool), **row} for row in rows]
            if count < self.budget:
                self._ask(progress, network)
            self.states.save(number, progress.state())
            log.info("%s: round %d, %d labels, epoch %d kept", self.asking.name, number, count, trained.epoch)
        return progress

    def _restored(self) -> Progress:
        """Where an earlier attempt stopped, unless a label that it learned from is another now."""
        state = self.states.load()
        if state is None:
            return Progress()
        progress = Progress.of_state(state)
        if self.annotator.labels(list(progress.labels)) != progress.labels:
            log.info("%s: a label has changed since its last round; all rounds are done again", self.asking.name)
            return Progress()
        log.info("%s: continuing after round %d", self.asking.name, progress.done - 1)
        return progress

    def _start(self, progress: Progress) -> None:
        """Draw the first labels, and as many as a round asks for at a time until each class is among them.

        UserError where the budget ends before.
        """
        ids, classes = self.pool.ids, self.learner.samples.classes
        ranked = np.argsort(self.pool.draws, kind="stable")
        count = min(self.asking.start, self.budget)
        while True:
            first = [ids[number] for number in ranked[:count]]
            missing = sorted(set(classes) - set(self.annotator.labels(first).values()))
            if not missing:
                break
            if count == self.budget:
                raise UserError(
                    f"{self.asking.name}: no sample of class {missing[0]!r} is among the {count} labels that may be "
                    "asked for; set start, batch or rounds higher"
                )
            count = min(count + self.asking.batch, self.budget)
        progress.ask(first, np.full(count, np.nan))

    def _ask(self, progress: Progress, network: nn.Module) -> None:
        """Choose the samples of the next round among those without a label."""
        left = self.pool.without(progress.asked)
        query = self._query(network, left, min(self.asking.batch, self.budget - len(progress.asked)), progress.done)
        ids = self.pool.ids
        progress.ask([ids[number] for number in left[query.chosen]], query.scores)

    def _query(self, network: nn.Module, left: np.ndarray, count: int, number: int) -> Query:
        """What the strategy chooses of the pool's samples with the numbers `left`.

        All of the pool is judged in each round, so that no sample's numbers depend on who is left.
        """
        seed, strategy = seed_for(self.seed, number), self.asking.strategy
        draws = self.pool.draws[left]
        if strategy == "random":
            return at_random(Candidates(draws, NOTHING, NOTHING, NOTHING, seed), count)
        batches, precision = self.learner.batches(self.pool.table), self.learner.settings.train.precision
        passes, features = NOTHING, NOTHING
        if strategy == "bald":
            passes = dropout_passes(network, batches, precision, self.asking.passes, seed)[:, left]
        if strategy == "diverse":
            features = last_inputs(network, batches, precision)[left]
        shares = judged(network, batches, precision)[left]
        return choose(strategy, Candidates(draws, shares, passes, features, seed), count)
