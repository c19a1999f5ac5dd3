"""Studies drawn from a known truth, judged by the project's own intervals: how often is a verdict wrong?"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from fabricated import units
from scipy.stats import norm

from workflow_scripts.contracts.verdict_table import HIGHER, HOLDS, LOWER
from workflow_scripts.evaluation.equivalence import Printed, decide, order_verdict, verdict
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.quantities import Measured, Quantity
from workflow_scripts.evaluation.uncertainty import uncertain

MARGIN = 0.02
ROUNDING = 0.0005
CLASSES = ["a", "b"]


@dataclass(frozen=True)
class World:
    """truth: mean accuracy over trainings and samples; spread: its standard deviation over trainings.

    groups of `size` samples share a part `alike` of what makes them easy; another part, `own`, is the sample's for all
    trainings; the rest is chance of one training.
    """

    truth: float
    groups: int
    size: int
    seeds: int
    spread: float
    alike: float = 0.15
    own: float = 0.35

    @property
    def n(self) -> int:
        return self.groups * self.size

    def tables(self, rng: np.random.Generator, truths: tuple[float, ...]) -> list[Grid]:
        """One study: the units of each of several runs, which judge the same samples."""
        base = _base(self.n, self.size)
        label = (base["label"] == "b").to_numpy()
        easy = np.repeat(rng.normal(size=self.groups), self.size) * np.sqrt(self.alike)
        easy = easy + rng.normal(size=self.n) * np.sqrt(self.own)
        found = []
        for truth in truths:
            run = {}
            for seed in range(self.seeds):
                skill = np.clip(truth + rng.normal() * self.spread, 1e-3, 1 - 1e-3)
                chance = rng.normal(size=self.n) * np.sqrt(1 - self.alike - self.own)
                says_b = label == (easy + chance < norm.ppf(skill))
                run[0, seed] = base.assign(p_a=np.where(says_b, 0.1, 0.9), p_b=np.where(says_b, 0.9, 0.1))
            found.append(Grid(run))
        return found

    def measured(self, rng: np.random.Generator, truths: tuple[float, ...], draws: int) -> Measured:
        """The same, ready to be measured; runs are called 0, 1, …"""
        runs = {str(number): run for number, run in enumerate(self.tables(rng, truths))}
        return Measured(runs, CLASSES, draws, 10, rng)


@cache
def _base(n: int, size: int) -> pd.DataFrame:
    """The samples, half of either class."""
    return units(np.random.default_rng(0), np.arange(n) % 2, 1.0, CLASSES, per_group=size)


def accuracy(measures: Measured, run: str = "0") -> Quantity:
    """The accuracy of a run on its test subset."""
    return measures.quantity(run, "accuracy", "test")


def verdicts(world: World, repeats: int, draws: int = 100) -> dict[tuple[str, float], Counter]:
    """How often each verdict falls on a claim that is 0, or twice the margin, off the truth.

    ("rule", offset): by the rule; ("percentile", offset): beside it by the interval of metrics.csv alone.
    """
    rng = np.random.default_rng(0)
    offsets = [offset for offset in (0.0, 2 * MARGIN, -2 * MARGIN) if world.truth + offset < 1]
    found = {(how, offset): Counter() for how in ("rule", "percentile") for offset in offsets}
    for _ in range(repeats):
        measures = world.measured(rng, (world.truth,), draws)
        quantity, resampler = accuracy(measures), measures.resampler(("test",))
        ends = resampler.interval(quantity.pooled(resampler))
        for offset in offsets:
            printed = Printed(world.truth + offset - ROUNDING, world.truth + offset + ROUNDING)
            found["rule", offset][verdict(printed, quantity.uncertain, MARGIN)] += 1
            found["percentile", offset][decide(printed, *ends, MARGIN)] += 1
    return found


def drawn(world: World, repeats: int, draws: int = 100) -> Counter:
    """How often each verdict falls on an honest paper: its number is of one training, on a test set of its own.

    The paper's training and samples are drawn from the same truth as the study's, and its number is rounded.
    """
    rng, found = np.random.default_rng(0), Counter()
    for _ in range(repeats):
        quantity = accuracy(world.measured(rng, (world.truth,), draws))
        label, p = arrays(replace(world, seeds=1).tables(rng, (world.truth,))[0][0, 0])
        paper = round(float((p.argmax(axis=1) == label).mean()), 3)
        found[verdict(Printed(paper - ROUNDING, paper + ROUNDING), quantity.uncertain, MARGIN)] += 1
    return found


def orders(runs: int, lead: float, repeats: int, n: int = 600, seeds: int = 3, spread: float = 0.005) -> Counter:
    """How often "the highest of so many runs" gets each verdict.

    All runs have the same mean accuracy but the subject, which has `lead` more; spread: standard deviation over
    trainings; half of what makes a sample easy is common to all runs.
    """
    rng, found, draws, truth = np.random.default_rng(5), Counter(), 100, 0.88
    for _ in range(repeats):
        weights = rng.multinomial(n, np.ones(n) / n, size=draws).T / n
        easy = rng.normal(size=n) * np.sqrt(0.5)
        means = truth + rng.normal(size=(runs, seeds)) * spread
        means[0] += lead
        chance = rng.normal(size=(runs, seeds, n)) * np.sqrt(0.5)
        right = (easy + chance < norm.ppf(np.clip(means, 0.01, 0.999))[..., None]).astype(float)
        points, drawn_points = right.mean(axis=2), right @ weights
        leads = [
            uncertain((points[0] - points[r])[None], (drawn_points[0] - drawn_points[r])[None], n, n, True)
            for r in range(1, runs)
        ]
        found[order_verdict(leads, above=0, strict=True)] += 1
    return found


def wrong(found: Counter, offset: float) -> int:
    """Of a right claim: called higher or lower; of one that is off: called right."""
    return found[HOLDS] if offset else found[HIGHER] + found[LOWER]
