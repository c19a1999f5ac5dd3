"""Of a class against the rest: sensitivity at a specificity, predictive values, calibration, decisions.

All are measured over the units of all folds together, because a fold may hold a handful of a class; seeds are averaged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workflow_scripts.contracts.run_tables import of_known_outcome, unit_weights
from workflow_scripts.contracts.statistics_table import (
    INTERCEPT,
    NET_BENEFIT,
    NPV,
    PPV,
    SENSITIVITY_AT,
    SLOPE,
    TREAT_ALL,
)
from workflow_scripts.contracts.step_settings.evaluate_settings import Measures
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import with_interval, with_student_interval
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import normalised
from workflow_scripts.evaluation.net_benefit import gains, treat_all
from workflow_scripts.evaluation.observed import Observed, of_rows
from workflow_scripts.evaluation.recalibration import influences, intercepts, slopes
from workflow_scripts.evaluation.tied_votes import ranking_scores

# So many draws give a standard deviation to 5 %; all of them would take longer than all metrics together.
DRAWS = 200
THRESHOLDS = np.round(np.arange(0.05, 1.0, 0.05), 2)
# Measure, what it is at (NaN: nothing), value, ends of its interval.
Line = tuple[str, float, float, float, float]


@dataclass(frozen=True)
class OneClass:
    """The units of one table as seen by one class: N each; weights: those of the units, drawn: N×D.

    called: whether the class is named; risk: its probability; score: what it ranks by.
    """

    happened: np.ndarray
    called: np.ndarray
    risk: np.ndarray
    score: np.ndarray
    weights: np.ndarray
    drawn: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """N×(1+D): the units as they are, and the draws."""
        return np.concatenate([self.weights[:, None], self.drawn], axis=1)

    def linear(self, value: float, influences: np.ndarray) -> np.ndarray:
        """1+D: a value and its replicates, from what one more of each unit adds to it (N), to first order."""
        often = np.divide(self.drawn, self.weights[:, None], out=np.zeros_like(self.drawn), where=self.drawn > 0)
        replicates: np.ndarray = value + influences @ (often - 1)
        return np.concatenate([[value], replicates])


def sensitivities_at(units: OneClass, weights: np.ndarray, specificities: tuple[float, ...]) -> np.ndarray:
    """A×D sensitivities at the lowest threshold that keeps each specificity; NaN without units on both sides.

    `weights` N×D. The threshold is read from the same units, which flatters it where they are few.
    """
    order = np.argsort(-units.score, kind="stable")
    ranked, happened = units.score[order], units.happened[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], len(ranked) > 0))
    drawn = weights[order]
    hits = np.cumsum(np.where(happened[:, None], drawn, 0.0), axis=0)[last]
    false = np.cumsum(np.where(happened[:, None], 0.0, drawn), axis=0)[last]
    both = (hits[-1] > 0) & (false[-1] > 0)
    at = np.full((len(specificities), weights.shape[1]), np.nan)
    for number, specificity in enumerate(specificities):
        # From the highest score down: so many thresholds keep the specificity.
        kept = (false <= (1 - specificity) * false[-1] * (1 + 1e-9)).sum(axis=0)
        reached = np.where(kept > 0, np.take_along_axis(hits, np.maximum(kept - 1, 0)[None], axis=0)[0], 0.0)
        np.divide(reached, hits[-1], out=at[number], where=both)
    return at


def rates(units: OneClass, weights: np.ndarray) -> np.ndarray:
    """2×D sensitivities and specificities of the class that is named; NaN where undefined. `weights` N×D."""
    happened, called = units.happened, units.called
    cells = [happened & called, happened, ~happened & ~called, ~happened]
    hits, positive, rejected, negative = np.stack(cells).astype("float64") @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([hits / positive, rejected / negative])


def predictive_values(sensitivity: np.ndarray, specificity: np.ndarray, prevalence: float) -> np.ndarray:
    """2×… positive and negative predictive values, had so many units the class, by Bayes' rule; NaN where undefined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
        right, missed = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
        return np.stack([true / (true + false), right / (right + missed)])


def calibration(units: OneClass) -> np.ndarray:
    """2×(1+D): slope and intercept of the logistic regression on the log odds, and their replicates."""
    column = units.weights[:, None]
    values = [fit(units.happened, units.risk, column)[0] for fit in (slopes, intercepts)]
    parts = influences(units.happened, units.risk, units.weights)
    return np.stack([units.linear(value, part) for value, part in zip(values, parts, strict=True)])


def net_benefits(units: OneClass) -> np.ndarray:
    """T×(1+D) net benefits at THRESHOLDS and their replicates."""
    gained = gains(units.risk, units.happened, THRESHOLDS)
    both = units.both
    benefits: np.ndarray = gained @ both / both.sum(axis=0)
    return benefits


def class_statistics(
    grid: Grid, numbers: Sequence[int], resampler: Resampler, options: Measures
) -> dict[int, list[Line]]:
    """Every measure of the classes of these numbers against the rest, on one subset."""
    together = grid.together().map(lambda table: table[of_known_outcome(table)])
    every = pd.concat(together.values(), ignore_index=True)
    labels, whole = arrays(every)[0], of_rows(every)
    seen = {key: _seen(table, resampler) for key, table in together.items()}
    lines = {}
    for number in numbers:
        # One thread: sums depend on the number of threads.
        with threadpool_limits(1):
            cells = {key: _measured(by_class(number), options) for key, by_class in seen.items()}
        stacked = {name: together.arranged({key: cell[name] for key, cell in cells.items()}) for name in _NAMES}
        prevalence = float(np.average(labels == number, weights=unit_weights(every)))
        behind = (whole, of_rows(every[labels == number]), of_rows(every[labels != number]))
        lines[number] = _lines(stacked, options, *behind, prevalence)
    return lines


_NAMES = ("at", "rates", "calibration", "benefits")


def _seen(table: pd.DataFrame, resampler: Resampler) -> Callable[[int], OneClass]:
    """Units of a table by class number."""
    labels, p = arrays(table)
    p = normalised(p)
    score, called = ranking_scores(p), p.argmax(axis=1)
    drawn = resampler.weights(table)[:, :DRAWS].astype("float64")
    weights = unit_weights(table)
    return lambda k: OneClass(labels == k, called == k, p[:, k], score[:, k], weights, drawn)


def _measured(units: OneClass, options: Measures) -> dict[str, np.ndarray]:
    """By name of _NAMES; the last axis holds the value and its replicates."""
    both = units.both
    return {
        "at": sensitivities_at(units, both, options.specificities),
        "rates": rates(units, both),
        "calibration": calibration(units),
        "benefits": net_benefits(units),
    }


def _lines(
    cells: dict[str, np.ndarray],
    options: Measures,
    whole: Observed,
    positive: Observed,
    negative: Observed,
    prevalence: float,
) -> list[Line]:
    """`cells`: R×S×…×(1+D) of repeats and seeds; `positive`, `negative`: the groups of the class and of the rest.

    A predictive value has the ends that it has at those of sensitivity and specificity, with both of which it rises:
    95 % at least, also where nothing was called wrongly, which of a rare class leaves much unknown.
    """

    def share(values: np.ndarray, metric: str, behind: Observed) -> tuple[float, float, float]:
        return with_interval(values[..., 0], values[..., 1:], metric, behind)

    def student(values: np.ndarray) -> tuple[float, float, float]:
        return with_student_interval(values[..., 0], values[..., 1:], whole)

    lines: list[Line] = []
    for number, specificity in enumerate(options.specificities):
        lines.append((SENSITIVITY_AT, specificity, *share(cells["at"][:, :, number], "sensitivity", positive)))
    sensitivity, specificity = np.moveaxis(cells["rates"], 2, 0)
    ends_of_sensitivity = np.array(share(sensitivity, "sensitivity", positive)[1:])
    ends_of_specificity = np.array(share(specificity, "specificity", negative)[1:])
    for share_of_class in options.prevalences:
        values = predictive_values(sensitivity[..., 0], specificity[..., 0], share_of_class).mean(axis=(1, 2))
        ends = predictive_values(ends_of_sensitivity, ends_of_specificity, share_of_class)
        ends[~np.isfinite(values)] = np.nan
        for side, measure in enumerate((PPV, NPV)):
            low, high = map(float, ends[side])
            lines.append((measure, share_of_class, float(values[side]), low, high))
    for number, measure in enumerate((SLOPE, INTERCEPT)):
        lines.append((measure, np.nan, *student(cells["calibration"][:, :, number])))
    for number, threshold in enumerate(THRESHOLDS):
        lines.append((NET_BENEFIT, float(threshold), *student(cells["benefits"][:, :, number])))
    everyone = zip(THRESHOLDS, treat_all(prevalence, THRESHOLDS), strict=True)
    return lines + [(TREAT_ALL, float(threshold), float(value), np.nan, np.nan) for threshold, value in everyone]
