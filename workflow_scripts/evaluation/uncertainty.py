"""How far an obtained number may be from the true one: which samples were taken, and which trainings.

Both parts have a standard error each, joined by a t distribution with Satterthwaite's degrees of freedom (Biometrics
Bulletin 2:110, 1946). tests/evaluation/test_honest_papers.py and tests/benchmarks/verdict.py measure how often verdicts
that rest on it are wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.evaluation.bootstrap import DEFINED, defined_mean
from workflow_scripts.evaluation.observed import Observed

LEVEL = 0.95
# Of two trainings the spread may be small by luck, and Satterthwaite's degrees of freedom trust that.
FEWEST_TRAININGS = 3
# Of fewer (effective) groups with few errors the draws show too little of how much they differ.
FEWEST_GROUPS = 10


@dataclass(frozen=True)
class Uncertain:
    """A value with the standard errors of its two parts.

    sampling: which groups were drawn, None where it is undefined, 0 of what is no sample; training: of the mean over
    seeds, None of one seed, 0 where nothing is random; groups, trainings: degrees of freedom of the two, plus one.
    """

    value: float
    sampling: float | None
    training: float | None
    groups: float
    trainings: int

    @property
    def is_known(self) -> bool:
        """Whether both parts are: trainings from at least three, samples, where they count, from ten groups."""
        return self.are_groups_enough and self.training is not None and self.trainings >= FEWEST_TRAININGS

    @property
    def are_groups_enough(self) -> bool:
        """Whether the groups show how much samples differ, or need not."""
        return self.sampling is not None and (self.sampling == 0 or self.groups >= FEWEST_GROUPS)

    @property
    def error(self) -> float:
        """Standard error of both parts that are known, together."""
        return float(np.hypot(self.sampling or 0.0, self.training or 0.0))

    @property
    def degrees_of_freedom(self) -> float:
        """Degrees of freedom of `error`."""
        parts = [
            (part or 0.0, max(count - 1, 1))
            for part, count in ((self.sampling, self.groups), (self.training, self.trainings))
        ]
        below = sum(part**4 / count for part, count in parts)
        return self.error**4 / below if below else np.inf

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Value ± t × error, of the parts that are known; NaN where the sampling is not."""
        from scipy.stats import t

        if self.sampling is None:
            return np.nan, np.nan
        half = float(t.ppf(0.5 + level / 2, self.degrees_of_freedom)) * self.error
        return self.value - half, self.value + half

    def t_to_normal_ratio(self, level: float) -> float:
        """How much farther out the t distribution has its one-sided `level` than the normal one."""
        from scipy.stats import norm, t

        return float(t.ppf(level, self.degrees_of_freedom) / norm.ppf(level))


def uncertain(points: np.ndarray, draws: np.ndarray, behind: Observed, n: int, difference: bool) -> Uncertain:
    """A value and its parts.

    points: F×S values of folds and seeds, draws: F×S×D bootstrap replicates of them, behind: the groups that were
    drawn, n: units. difference: of two numbers on the same units, else a share in [0, 1].
    """
    value = float(points.mean())
    sampling = _sampling(value, draws, behind, n * points.shape[1], difference)
    return Uncertain(value, sampling, training_error(points), behind.groups, trainings_of(points))


def training_error(points: np.ndarray) -> float | None:
    """Standard error, over training seeds, of the mean of F×S values; None of one seed, which shows no spread."""
    folds, seeds = points.shape
    return float(np.sqrt(points.var(axis=1, ddof=1).sum() / seeds) / folds) if seeds > 1 else None


def trainings_of(points: np.ndarray) -> int:
    """Degrees of freedom of `training_error`, plus one: trainings beyond the first of each fold."""
    folds, seeds = points.shape
    return folds * (seeds - 1) + 1


def with_common_spread(leads: Sequence[Uncertain], runs: Sequence[np.ndarray]) -> list[Uncertain]:
    """Leads of one run over others, with the spread of training taken from all these runs together.

    leads: on the same samples; runs: F×S values of the subject and of every rival. The trainings of two runs have
    nothing in common, so a lead's variance is that of both; of all runs together it is known far better than of the
    three seeds of one. Runs are taken to spread alike; tests/benchmarks/verdict.py has what happens where the subject
    spreads seven times as much. A lead of which a part is unknown stays as it is.
    """
    errors = [training_error(points) for points in runs]
    variances = [error**2 for error in errors if error is not None]
    if not variances or any(not lead.is_known for lead in leads):
        return list(leads)
    error = float(np.sqrt(2 * np.mean(variances)))
    trainings = sum(trainings_of(points) - 1 for points in runs) + 1
    return [replace(lead, training=error, trainings=trainings) for lead in leads]


def _sampling(value: float, draws: np.ndarray, behind: Observed, n: int, difference: bool) -> float | None:
    """Standard error over the draws, widened as few groups and rare errors need; None where it is undefined."""
    means = defined_mean(draws.reshape(-1, draws.shape[2]), axis=0)
    means = means[~np.isnan(means)]
    if not np.isfinite(behind.widening) or np.isnan(value) or len(means) < DEFINED * draws.shape[2]:
        return None
    spread = float(means.std(ddof=1) * np.sqrt(behind.widening))
    return max(spread, rare(value, spread, behind.groups, n, difference))


def rare(value: float, spread: float, groups: float, n: int, difference: bool) -> float:
    """Standard error that is left where all draws agree because hardly anything went wrong.

    n: predictions, of all trainings. Of a share that of Agresti & Coull (Am. Stat. 52:119, 1998), two successes and
    two failures added to the number of predictions that are worth as much as independent ones, by the spread of the
    draws; at least the groups. Of a paired difference that of two discordant units added to none.
    """
    if difference:
        return float(np.sqrt(2) / (groups + 4))
    inside = min(max(value, 0.0), 1.0)
    worth = inside * (1 - inside) / spread**2 if spread else groups
    worth = min(max(worth, groups), max(n, groups))
    added = (inside * worth + 2) / (worth + 4)
    return float(np.sqrt(added * (1 - added) / (worth + 4)))
