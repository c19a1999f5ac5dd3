"""Curves of a predicted risk: precision over sensitivity, calibration in bins, net benefit over thresholds.

Units of all folds stand together, seeds are averaged. Net benefit (Vickers & Elkin, Med. Decis. Making 26:565, 2006):
true positives minus false positives times the odds of the threshold, a unit; it takes the prediction for a risk.
"""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.risk_table import CALIBRATION, DECISION, PRECISION_RECALL, RISK_CURVES, TREAT_ALL
from workflow_scripts.contracts.run_tables import unit_weights
from workflow_scripts.evaluation.bootstrap import sums_by
from workflow_scripts.evaluation.intervals import interval, student_interval
from workflow_scripts.evaluation.net_benefit import gains, treat_all
from workflow_scripts.evaluation.observed import of_rows
from workflow_scripts.evaluation.risk_groups import RiskGroups, judged

SENSITIVITIES = np.linspace(0.01, 1, 100)
STEPS = 60
# Thresholds are of interest around how often it happens.
PREVALENCES, LEAST_SHOWN, MOST_SHOWN = 2.5, 0.1, 0.9
# In each bin of a calibration curve, on average, of the outcome that is the rarer one: with fewer it shows chance.
FEWEST_IN_BIN = 5


def curves(groups: RiskGroups, bins: int) -> pd.DataFrame:
    """Contract RISK_CURVES; at most `bins` of the calibration curve, with about equally many units each."""
    parts = [_precision_recall(groups), _calibration(groups, bins), _decision(groups)]
    return pd.DataFrame([line for part in parts for line in part], columns=list(RISK_CURVES.columns))


Lines = list[tuple[str, float, float, float, float]]


def _precision_recall(groups: RiskGroups) -> Lines:
    """At each sensitivity the precision at the highest threshold that reaches it."""
    by_seed = []
    for table in groups.together.values():
        units = judged(table)
        order = np.argsort(-units.risk, kind="stable")
        ranked, weights = units.risk[order], units.weights[order]
        last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        hits, called = np.cumsum(weights * units.happened[order])[last], np.cumsum(weights)[last]
        reached = np.searchsorted(hits, SENSITIVITIES * hits[-1] * (1 - 1e-12)).clip(max=len(hits) - 1)
        by_seed.append(hits[reached] / called[reached] if hits[-1] else np.full(len(SENSITIVITIES), np.nan))
    mean = np.mean(by_seed, axis=0)
    return [(PRECISION_RECALL, float(x), float(y), np.nan, np.nan) for x, y in zip(SENSITIVITIES, mean, strict=True)]


def _calibration(groups: RiskGroups, bins: int) -> Lines:
    """Of each bin the mean predicted and the observed risk."""
    tables = list(groups.together.values())
    outcomes = judged(tables[0]).happened
    rarer = int(min(outcomes.sum(), (1 - outcomes).sum()))
    inner = np.linspace(0, 1, min(bins, max(2, rarer // FEWEST_IN_BIN)) + 1)[1:-1]
    ends = np.unique(np.quantile(np.concatenate([table["risk"] for table in tables]), inner))
    count, draws = len(ends) + 1, groups.resampler.draws
    total, happened, risk = np.zeros(count), np.zeros(count), np.zeros(count)
    drawn_total, drawn_happened = np.zeros((count, draws)), np.zeros((count, draws))
    members: list[list[pd.DataFrame]] = [[] for _ in range(count)]
    for table in tables:
        units, weights = judged(table), groups.drawn(table)
        code = np.searchsorted(ends, units.risk, side="left")
        total += np.bincount(code, weights=units.weights, minlength=count)
        happened += np.bincount(code, weights=units.weights * units.happened, minlength=count)
        risk += np.bincount(code, weights=units.weights * units.risk, minlength=count)
        drawn_total += sums_by(code, count, weights)
        drawn_happened += sums_by(code, count, weights * units.happened[:, None])
        for number in np.unique(code):
            members[number].append(table[code == number])
    drawn = np.divide(drawn_happened, drawn_total, out=np.full((count, draws), np.nan), where=drawn_total > 0)
    lines = []
    for number in np.flatnonzero(total > 0):
        observed_risk = np.array([[happened[number] / total[number]]])
        behind = of_rows(pd.concat(members[number]))
        pair = interval(observed_risk, drawn[number][None, None], "observed_risk", behind)
        lines.append((CALIBRATION, float(risk[number] / total[number]), observed_risk.item(), *pair))
    return lines


def decision_thresholds(prevalence: float) -> np.ndarray:
    """Thresholds that a decision curve shows, from just above 0 to some times how often it happens."""
    return np.linspace(0, np.clip(PREVALENCES * prevalence, LEAST_SHOWN, MOST_SHOWN), STEPS + 1)[1:]


def _decision(groups: RiskGroups) -> Lines:
    """Net benefit of the run, and of calling everyone high-risk."""
    tables = groups.together.values()
    prevalence = float(np.average(judged(tables[0]).happened, weights=unit_weights(tables[0])))
    thresholds = decision_thresholds(prevalence)
    points, draws = [], []
    for table in tables:
        units = judged(table)
        gain = gains(units.risk, units.happened, thresholds)
        weights = groups.drawn(table).astype("float64")
        points.append(gain @ units.weights / units.weights.sum())
        draws.append(gain @ weights / weights.sum(axis=0))
    mean = np.mean(points, axis=0)
    by_step, drawn, behind = np.stack(points, axis=1), np.stack(draws, axis=1), of_rows(pd.concat(tables))
    ends = [student_interval(by_step[step][None], drawn[step][None], behind) for step in range(STEPS)]
    lines = [(DECISION, float(x), float(y), *pair) for x, y, pair in zip(thresholds, mean, ends, strict=True)]
    everyone = treat_all(prevalence, thresholds)
    return lines + [(TREAT_ALL, float(x), float(y), np.nan, np.nan) for x, y in zip(thresholds, everyone, strict=True)]
