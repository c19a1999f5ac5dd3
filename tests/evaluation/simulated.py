"""Papers and their repetitions, both drawn from a known truth: how often is the verdict wrong?

A paper prints what one training of its own made of its own test set; the repetition here has as many samples of its
own, and several trainings.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from fabricated import units
from scipy.stats import norm

from workflow_scripts.contracts.verdict_table import AGAINST
from workflow_scripts.evaluation.bootstrap import once, replicates
from workflow_scripts.evaluation.equivalence import Difference, Printed, decide, verdict
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.multiplicity import FALSE_SHARE, adjusted
from workflow_scripts.evaluation.observed import of_groups
from workflow_scripts.evaluation.order_verdict import decide_leads
from workflow_scripts.evaluation.paper_chance import PaperSample, paper_chance
from workflow_scripts.evaluation.quantities import Measured, Quantity
from workflow_scripts.evaluation.uncertainty import uncertain, with_common_spread

MARGIN = 0.02
ROUNDING = 0.0005
CLASSES = ["a", "b"]
DRAWS = 100


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
        grids = []
        for truth in truths:
            run = {}
            for seed in range(self.seeds):
                skill = np.clip(truth + rng.normal() * self.spread, 1e-3, 1 - 1e-3)
                chance = rng.normal(size=self.n) * np.sqrt(1 - self.alike - self.own)
                says_b = label == (easy + chance < norm.ppf(skill))
                run[0, seed] = base.assign(p_a=np.where(says_b, 0.1, 0.9), p_b=np.where(says_b, 0.9, 0.1))
            grids.append(Grid(run))
        return grids

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


@dataclass(frozen=True)
class Metric:
    """A number that a paper prints; class_name: of one class."""

    name: str = "accuracy"
    class_name: str = ""

    def printed(self, table: pd.DataFrame) -> Printed:
        """As a paper prints it that got this table, with three decimals."""
        labels, p = arrays(table)
        scores = replicates(labels, p, once(len(labels)), 10)
        number = CLASSES.index(self.class_name) if self.class_name else 0
        value = scores.per_class[self.name][0, number] if self.class_name else scores.overall[self.name][0]
        rounded = round(float(value), 3)
        return Printed(rounded - ROUNDING, rounded + ROUNDING)

    def difference(self, measures: Measured, run: str, table: pd.DataFrame, same_images: bool) -> Difference:
        """Of the number of a run and that of a paper which got this table."""
        printed = self.printed(table)
        quantity = measures.quantity(run, self.name, "test", self.class_name)
        sample = PaperSample(printed.middle, same_images=same_images)
        return Difference(quantity.uncertain, printed, paper_chance(quantity, self.name, sample))


ACCURACY = Metric()


def paper_of(world: World, rng: np.random.Generator, truths: tuple[float, ...]) -> list[pd.DataFrame]:
    """What one training of each run made of the paper's own test set."""
    return [grid[0, 0] for grid in replace(world, seeds=1).tables(rng, truths)]


@dataclass(frozen=True)
class Judged:
    """How often each word fell: by the rule, and if the published number were taken as exact; obtained minus published
    of each paper."""

    words: Counter
    exact: Counter
    gaps: tuple[float, ...]

    def against(self) -> int:
        """How many words against the paper fell."""
        return sum(self.words[word] for word in AGAINST)

    def best(self) -> float:
        """The share that a test would find which knew how both numbers spread: no rule can find more at 5 %."""
        mean, spread = abs(float(np.mean(self.gaps))), float(np.std(self.gaps, ddof=1))
        return float(norm.sf(norm.ppf(0.975) - mean / spread))


def words(
    world: World, repeats: int, offset: float = 0.0, metric: Metric = ACCURACY, same_images: bool = False
) -> Judged:
    """How often each verdict falls on a paper whose own truth is `offset` above that of its repetition here.

    offset 0: an honest paper that can be reproduced.
    """
    rng, called, exact, gaps = np.random.default_rng(0), Counter(), Counter(), []
    for _ in range(repeats):
        if same_images:
            more = replace(world, seeds=world.seeds + 1).tables(rng, (world.truth,))[0]
            paper = more[0, world.seeds]
            grid = Grid({key: table for key, table in more.items() if key[1] < world.seeds})
            measures = Measured({"0": grid}, CLASSES, DRAWS, 10, rng)
        else:
            measures = world.measured(rng, (world.truth,), DRAWS)
            paper = paper_of(world, rng, (world.truth + offset,))[0]
        difference = metric.difference(measures, "0", paper, same_images)
        called[verdict(difference, MARGIN)] += 1
        low, high = difference.obtained.interval()
        exact[decide(low - difference.printed.high, high - difference.printed.low, MARGIN)] += 1
        gaps.append(difference.uncertain.value)
    return Judged(called, exact, tuple(gaps))


@dataclass(frozen=True)
class Together:
    """Papers that print many numbers: words against them, each for itself and adjusted for all.

    alone, kept: such words a paper; any_kept: papers with one at least; false: of those kept, on numbers that are
    right; off_kept: of the numbers that are off, found.
    """

    alone: float
    kept: float
    any_kept: float
    false: float
    off_kept: float


NUMBERS = (ACCURACY, Metric("macro_f1"), Metric("sensitivity", "a"), Metric("sensitivity", "b"))


def papers(world: World, runs: int, repeats: int, off: int = 0, offset: float = 0.0) -> Together:
    """Papers of several runs, NUMBERS of each, on one test set; `off` runs are printed `offset` too high."""
    rng, alone, kept = np.random.default_rng(1), 0, []
    for _ in range(repeats):
        measures = world.measured(rng, (world.truth,) * runs, DRAWS)
        tables = paper_of(world, rng, tuple(world.truth + offset * (run < off) for run in range(runs)))
        differences = [
            (run, metric.difference(measures, str(run), tables[run], same_images=False))
            for run in range(runs)
            for metric in NUMBERS
        ]
        called = [(run, entry.p_value) for run, entry in differences if verdict(entry, MARGIN) in AGAINST]
        p_values = adjusted([p for _, p in called], len(differences))
        alone += len(called)
        kept.append([run for (run, _), p in zip(called, p_values, strict=True) if p <= FALSE_SHARE])
    total = sum(map(len, kept))
    false = sum(run >= off for runs_kept in kept for run in runs_kept)
    of_off = (total - false) / (repeats * off * len(NUMBERS)) if off else 0.0
    return Together(alone / repeats, total / repeats, sum(map(bool, kept)) / repeats, false / max(total, 1), of_off)


def orders(
    runs: int, lead: float, repeats: int, spread: float = 0.005, own_spread: float | None = None, truth: float = 0.88
) -> Counter:
    """How often "the highest of so many runs" gets each verdict, with 600 samples and three seeds.

    All runs have the same mean accuracy but the subject, which has `lead` more; spread: standard deviation over
    trainings, own_spread: of the subject's; half of what makes a sample easy is common to all runs.
    """
    rng, counted, n, seeds = np.random.default_rng(5), Counter(), 600, 3
    behind = of_groups(np.ones(n), n * seeds)
    for _ in range(repeats):
        weights = rng.multinomial(n, np.ones(n) / n, size=DRAWS).T / n
        easy = rng.normal(size=n) * np.sqrt(0.5)
        spreads = np.full((runs, 1), spread)
        spreads[0] = spread if own_spread is None else own_spread
        means = truth + rng.normal(size=(runs, seeds)) * spreads
        means[0] += lead
        chance = rng.normal(size=(runs, seeds, n)) * np.sqrt(0.5)
        right = (easy + chance < norm.ppf(np.clip(means, 0.01, 0.999))[..., None]).astype(float)
        points, drawn_points = right.mean(axis=2), right @ weights
        leads = [
            uncertain((points[0] - points[r])[None], (drawn_points[0] - drawn_points[r])[None], behind, n, True)
            for r in range(1, runs)
        ]
        leads = with_common_spread(leads, [points[r][None] for r in range(runs)])
        counted[decide_leads(leads, above=0, strict=True).verdict] += 1
    return counted
