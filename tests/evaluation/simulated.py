"""Studies drawn from a known truth, judged by the project's own intervals: how often is a verdict wrong?"""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from fabricated import units
from scipy.stats import norm

from workflow_scripts.contracts.verdict import HIGHER, HOLDS, LOWER
from workflow_scripts.evaluation.quantities import Measured, Quantity
from workflow_scripts.evaluation.verdict import Printed, decide, verdict

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

    def tables(self, rng: np.random.Generator, truths: tuple[float, ...]) -> list[dict]:
        """One study: (fold, seed) → units for each of several runs, which judge the same samples."""
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
            found.append(run)
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


def wrong(found: Counter, offset: float) -> int:
    """Of a right claim: called higher or lower; of one that is off: called right."""
    return found[HOLDS] if offset else found[HIGHER] + found[LOWER]
