"""Test sets drawn from a known truth: how often does an interval hold it, and how often is no difference called one?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from fabricated import units
from scipy.stats import norm

from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.delong import delong_table
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.observed import of_groups
from workflow_scripts.evaluation.paired import compare

CLASSES = ["a", "b"]


def heavy_tailed(groups: int, n: int) -> tuple[int, ...]:
    """Sizes of groups of which a few hold most of n units: Pareto, of exponent 1.2."""
    drawn = np.random.default_rng(3).pareto(1.2, groups) + 0.3
    return tuple(np.maximum(1, (drawn / drawn.sum() * n).astype(int)).tolist())


@dataclass(frozen=True)
class TestSet:
    """truth: mean accuracy over trainings and groups; spread: its standard deviation over trainings.

    sizes: of the groups; alike: the part of what makes a unit easy that its group shares; half of the rest is the
    unit's for all trainings, the other half is chance of one training.
    """

    words: str
    truth: float
    sizes: tuple[int, ...]
    seeds: int = 1
    spread: float = 0.0
    alike: float = 0.3

    __test__ = False

    def right(self, rng: np.random.Generator, runs: int = 1) -> np.ndarray:
        """runs×S×N: which units each training gets right; a group is as easy for all runs."""
        n, own = sum(self.sizes), np.sqrt((1 - self.alike) / 2)
        easy = np.repeat(rng.normal(size=len(self.sizes)), self.sizes) * np.sqrt(self.alike) + rng.normal(size=n) * own
        skill = self.truth + rng.normal(size=(runs, self.seeds, 1)) * self.spread
        chance = rng.normal(size=(runs, self.seeds, n)) * own
        return easy + chance < norm.ppf(np.clip(skill, 0.01, 0.9995))


def alone(n: int) -> tuple[int, ...]:
    """n groups of one unit each."""
    return (1,) * n


def covered(world: TestSet, repeats: int, draws: int = 300, seed: int = 0) -> tuple[float, float, float]:
    """How often the interval of accuracy holds the truth; its mean width; how often it has none."""
    rng, hits, widths, flat = np.random.default_rng(seed), 0, 0.0, 0
    sizes = np.array(world.sizes)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    behind = of_groups(sizes.astype(float), sizes.sum() * world.seeds)
    for number in range(repeats):
        right = world.right(rng)[0].astype(float)  # S×N
        if number % 20 == 0:  # draws of many groups take longer than all else
            weights = rng.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=draws).T
        by_group = np.stack([np.bincount(codes, weights=line) for line in right])
        drawn = by_group @ weights / (sizes @ weights)
        low, high = interval(right.mean(axis=1)[None], drawn[None], "accuracy", behind)
        hits += low <= world.truth <= high
        widths += high - low
        flat += high - low < 1e-9
    return hits / repeats, widths / repeats, flat / repeats


def units_of(world: TestSet, right: np.ndarray) -> Grid:
    """The units of one run, S×N of them right; half of either class, whole groups of one."""
    n = len(right[0])
    codes = np.repeat(np.arange(len(world.sizes)), world.sizes)
    base = units(np.random.default_rng(0), codes % 2, 1.0, CLASSES).assign(group=[f"g{code}" for code in codes])
    label = codes % 2 == 1
    tables = {}
    for seed, line in enumerate(right):
        says_b = np.where(line == label, 0.9, 0.1)
        tables[0, seed] = base.assign(p_a=1 - says_b, p_b=says_b)
    assert len(base) == n
    return Grid(tables)


def told_apart(world: TestSet, repeats: int, lead: float = 0.0, draws: int = 200, seed: int = 0) -> tuple[float, float]:
    """How often two runs differ at p < 0.05: of the first training of each, and over all trainings.

    lead: how much more accurate one of them is; 0: the same algorithm twice.
    """
    rng, first, pooled = np.random.default_rng(seed), 0, 0
    for _ in range(repeats):
        right = world.right(rng, runs=2)
        if lead:
            right[1] |= rng.random(right[1].shape) < lead / (1 - world.truth)
        runs = {name: units_of(world, part) for name, part in zip("xy", right, strict=True)}
        resampler = Resampler(runs["x"].values(), draws, rng)
        table = compare(runs, "x", "accuracy", "simulated", resampler).set_index("seed")
        first += table.loc["0", "p"] < 0.05
        pooled += table.loc[ALL, "p"] < 0.05
    return first / repeats, pooled / repeats


def areas_told_apart(
    groups: int, size: int, repeats: int, lead: float = 0.0, seed: int = 0, alike: float = 0.6
) -> float:
    """How often the areas of two runs differ at p < 0.05; half the groups are of either class.

    The scores of a group share `alike` of their variance, of each run its own; lead: how much farther apart the second
    run holds the classes.
    """
    rng, rejected = np.random.default_rng(seed), 0
    codes = np.repeat(np.arange(groups), size)
    base = units(np.random.default_rng(0), codes % 2, 1.0, CLASSES).assign(group=[f"g{code}" for code in codes])
    for _ in range(repeats):
        runs = {}
        for name, skill in (("x", 1.0), ("y", 1.0 + lead)):
            score = skill * (codes % 2) + rng.normal(size=groups)[codes] * np.sqrt(alike)
            p = 1 / (1 + np.exp(-(score + rng.normal(size=len(codes)) * np.sqrt(1 - alike))))
            runs[name] = Grid({(0, 0): base.assign(p_a=1 - p, p_b=p)})
        table: pd.DataFrame = delong_table(runs, "simulated", CLASSES)
        rejected += table.loc[table["other"] != "", "p"].item() < 0.05
    return rejected / repeats
