"""A number of a run with its bootstrap replicates, so that numbers can be subtracted and ranked draw by draw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.metric_names import POOLED_METRICS
from workflow_scripts.evaluation.bootstrap import Resampler, from_confusion, once, replicates
from workflow_scripts.evaluation.metric_tables import Key, arrays, subset_of
from workflow_scripts.evaluation.metrics import Scores, normalised
from workflow_scripts.evaluation.uncertainty import Uncertain, uncertain

CONFUSIONS = "confusions"
# What needs more than who was taken for what.
_COSTLY = ("macro_auc", "auc", "log_loss", "brier", "ece", *POOLED_METRICS)


@dataclass(frozen=True)
class Quantity:
    """points: F×S values of folds and seeds; draws: F×S×D replicates of them; groups that were drawn; n: units."""

    points: np.ndarray
    draws: np.ndarray
    groups: int
    n: int
    difference: bool = False

    def __sub__(self, other: "Quantity") -> "Quantity":
        n = min(self.n, other.n)
        points, draws = self.points - other.points, self.draws - other.draws
        return Quantity(points, draws, min(self.groups, other.groups), n, difference=True)

    @property
    def uncertain(self) -> Uncertain:
        """The mean with its standard errors."""
        return uncertain(self.points, self.draws, self.groups, self.n, self.difference)

    def pooled(self, resampler: Resampler) -> np.ndarray:
        """D replicates of the mean, seeds drawn as well."""
        return resampler.pool(self.draws)


class Measured:
    """The runs of one protocol, measured on the same draws. Every quantity is computed once.

    `runs`: run → (fold, seed) → units table, all of the same units; bins: of the calibration error.
    """

    def __init__(
        self, runs: dict[str, dict[Key, pd.DataFrame]], classes: list[str], draws: int, bins: int, rng
    ) -> None:
        self.runs, self.classes, self._draws, self._bins, self._rng = runs, classes, draws, bins, rng
        self._resamplers: dict[tuple[str, ...], Resampler] = {}
        self._weights: dict[tuple, np.ndarray] = {}
        self._found: dict[tuple, Scores] = {}

    def resampler(self, subsets: tuple[str, ...]) -> Resampler:
        """The draws of the groups that these subsets hold, the same ones for every run."""
        if subsets not in self._resamplers:
            first = next(iter(self.runs.values()))
            frames = [frame for subset in subsets for frame in subset_of(first, subset).values()]
            self._resamplers[subsets] = Resampler(frames, self._draws, self._rng)
        return self._resamplers[subsets]

    def quantity(
        self, run: str, metric: str, subset: str, class_name: str = "", predicted: str = "", over: tuple[str, ...] = ()
    ) -> Quantity:
        """A metric of SUBSET_METRICS or POOLED_METRICS, of CLASS_METRICS with `class_name`, or CONFUSIONS (share of the
        class that is taken for `predicted`).

        over: the subsets whose groups are drawn together; empty: this one. KeyError where the subset has no unit.
        """
        over = over or (subset,)
        frames = subset_of(self.runs[run], subset)
        if not any(len(frame) for frame in frames.values()):
            raise KeyError(subset)
        if metric in POOLED_METRICS:
            frames = _together(frames)
        folds, seeds = sorted({fold for fold, _ in frames}), sorted({seed for _, seed in frames})
        pairs = [
            [self._pair(run, metric, (fold, seed), frames[fold, seed], class_name, predicted, over) for seed in seeds]
            for fold in folds
        ]
        points = np.array([[point for point, _ in row] for row in pairs], dtype="float64")
        draws = np.array([[drawn for _, drawn in row] for row in pairs])
        return Quantity(points, draws, self._groups(frames, over), self._units(frames, seeds[0], class_name))

    def _groups(self, frames: dict[Key, pd.DataFrame], over: tuple[str, ...]) -> int:
        """Groups that the subset itself holds: of several subsets drawn together the smaller number counts."""
        if len(over) == 1:
            return self.resampler(over).groups
        return min(self.resampler((subset,)).groups for subset in over)

    def _units(self, frames: dict[Key, pd.DataFrame], seed: int, class_name: str) -> int:
        chosen = [frame for (_, other), frame in frames.items() if other == seed]
        return sum(int((frame["label"] == class_name).sum()) if class_name else len(frame) for frame in chosen)

    def _pair(self, run, metric, key, frame, class_name, predicted, over) -> tuple[float, np.ndarray]:
        """The value on the units as they are, and on each draw."""
        costly, found = metric in _COSTLY, []
        for draws in (False, True):
            place = (run, key, draws, over, costly, len(frame), tuple(frame["subset"].iloc[:1]))
            weights = self._weights_of(key, frame, over) if draws else once(len(frame))
            if metric == CONFUSIONS:
                found.append(self._taken_for(frame, weights, class_name, predicted))
                continue
            if place not in self._found:
                self._found[place] = self._scores(frame, weights, costly)
            scores = self._found[place]
            name = "macro_auc" if metric in POOLED_METRICS else metric
            each = scores.per_class[name][:, self.classes.index(class_name)] if class_name else scores.overall[name]
            found.append(each)
        return float(found[0][0]), found[1]

    def _weights_of(self, key: Key, frame: pd.DataFrame, over: tuple[str, ...]) -> np.ndarray:
        """Every run and seed judges the same units of a fold."""
        place = (key[0], over, len(frame), tuple(frame["subset"].iloc[:1]))
        if place not in self._weights:
            self._weights[place] = self.resampler(over).weights(frame)
        return self._weights[place]

    def _scores(self, frame: pd.DataFrame, weights: np.ndarray, costly: bool) -> Scores:
        labels, p = arrays(frame)
        if costly:
            return replicates(labels, p, weights, self._bins)
        return Scores(*from_confusion(labels, normalised(p), weights))

    def _taken_for(self, frame: pd.DataFrame, weights: np.ndarray, class_name: str, predicted: str) -> np.ndarray:
        labels, p = arrays(frame)
        ours = labels == self.classes.index(class_name)
        taken = ours & (p.argmax(axis=1) == self.classes.index(predicted))
        total = weights[ours].sum(axis=0, dtype="float64")
        hits = weights[taken].sum(axis=0, dtype="float64")
        return np.divide(hits, total, out=np.full_like(total, np.nan), where=total > 0)


def _together(frames: dict[Key, pd.DataFrame]) -> dict[Key, pd.DataFrame]:
    """The units of all folds as one, for each seed; under fold -1, which no split has."""
    seeds = sorted({seed for _, seed in frames})
    folds = sorted({fold for fold, _ in frames})
    return {(-1, seed): pd.concat([frames[fold, seed] for fold in folds], ignore_index=True) for seed in seeds}


def discordant(first: dict[Key, pd.DataFrame], second: dict[Key, pd.DataFrame], subset: str) -> float:
    """Share of the units that only one of two runs classifies correctly; mean over folds and seeds."""
    ours, theirs = subset_of(first, subset), subset_of(second, subset)
    apart, total = 0, 0
    for key in ours:
        right = []
        for frame in (ours[key], theirs[key]):
            labels, p = arrays(frame)
            right.append(p.argmax(axis=1) == labels)
        apart += int((right[0] != right[1]).sum())
        total += len(right[0])
    return apart / total
