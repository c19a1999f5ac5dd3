"""The numbers that the figures of a run show, as tables beside them: confusion, ROC, reliability, training curves."""

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import (
    CLASS,
    CONFUSION,
    MEAN,
    MEAN_OF_TRAININGS,
    RELIABILITY,
    ROC,
    TRAINING_CURVES,
)
from workflow_scripts.contracts.run_tables import HISTORY, WEIGHT, of_known_outcome, unit_weights
from workflow_scripts.evaluation.bootstrap import Resampler, sums_by
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metric_tables import arrays, run_folder
from workflow_scripts.evaluation.metrics import confidence_bins, normalised
from workflow_scripts.evaluation.observed import of_rows
from workflow_scripts.evaluation.tied_votes import ranking_scores
from workflow_scripts.runtime.run_address import HISTORY_FILE

GRID = np.linspace(0, 1, 201)
CONFUSION_FILE, ROC_FILE, RELIABILITY_FILE = "confusion.csv", "roc.csv", "reliability.csv"
CURVES_FILE = "curves.csv"


def write_chart_rows(
    folder: Path, grid: Grid, classes: list[str], resampler: Resampler, bins: int, subset: str
) -> None:
    """Write confusion.csv, roc.csv and reliability.csv of a run's units in the subset that is reported."""
    CONFUSION.write(folder / CONFUSION_FILE, confusion_rows(confusion(grid, classes), classes, subset))
    ROC.write(folder / ROC_FILE, roc_rows(grid, classes))
    RELIABILITY.write(folder / RELIABILITY_FILE, reliability_rows(grid, resampler, bins))


def write_training_curves(folder: Path, runs: Path, run: str, keys: list[Key]) -> None:
    """Write curves.csv of a trained run; `runs`: folder of the protocol's runs."""
    histories = {key: HISTORY.read(run_folder(runs / run, *key) / HISTORY_FILE) for key in keys}
    TRAINING_CURVES.write(folder / CURVES_FILE, training_rows(run, histories))


def confusion(grid: Grid, classes: list[str]) -> np.ndarray:
    """K×K units of each true (row) and predicted class, by their weights: sum over folds, mean over the rest."""
    total = np.zeros((len(classes), len(classes)))
    for frame in grid.values():
        labels, p = arrays(frame)
        np.add.at(total, (labels, p.argmax(axis=1)), unit_weights(frame))
    return total / grid.times


def shares_of_rows(counts: np.ndarray) -> np.ndarray:
    """K×K counts as shares of their row; 0 in a row without any."""
    support = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, support, out=np.zeros_like(counts, dtype="float64"), where=support > 0)


def confusion_rows(counts: np.ndarray, classes: list[str], subset: str) -> pd.DataFrame:
    """Contract CONFUSION of K×K units, the true class in the rows; cells without any are rows, too."""
    true, predicted = np.indices(counts.shape)
    return pd.DataFrame(
        {
            "subset": subset,
            "true": np.array(classes, dtype=object)[true.ravel()],
            "predicted": np.array(classes, dtype=object)[predicted.ravel()],
            "units": counts.ravel(),
            "share": shares_of_rows(counts).ravel(),
        }
    )


def mean_curve(grid: Grid, k: int) -> np.ndarray | None:
    """Sensitivity of class `k` against the rest on GRID (1 - specificity): mean of the folds' and seeds' curves.

    None where no fold has units on both sides.
    """
    from sklearn.metrics import roc_curve

    curves = []
    for frame in grid.values():
        labels, p = arrays(frame)
        judged = of_known_outcome(frame)
        weights = unit_weights(frame)[judged] if WEIGHT in frame else None
        labels, score = labels[judged], ranking_scores(p[judged])[:, k]
        if 0 < (labels == k).sum() < len(labels):
            fpr, tpr, _ = roc_curve(labels == k, score, sample_weight=weights)
            curves.append(np.interp(GRID, fpr, tpr))
    return np.mean(curves, axis=0) if curves else None


def roc_rows(grid: Grid, classes: list[str]) -> pd.DataFrame:
    """Contract ROC: the curve of every class that has one and, where all have, their mean."""
    curves = {name: curve for k, name in enumerate(classes) if (curve := mean_curve(grid, k)) is not None}
    parts = [_curve(CLASS, name, curve) for name, curve in curves.items()]
    if curves and len(curves) == len(classes):
        parts.append(_curve(MEAN, "", np.mean(list(curves.values()), axis=0)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(ROC.columns))


def from_nought(sensitivity: np.ndarray) -> dict[str, np.ndarray]:
    """The points of a curve on GRID, from the lower left corner on."""
    return {"one_minus_specificity": np.r_[0, GRID], "sensitivity": np.r_[0, sensitivity]}


def _curve(kind: str, name: str, sensitivity: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"curve": kind, "class": name, **from_nought(sensitivity)})


def reliability_rows(grid: Grid, resampler: Resampler, bins: int) -> pd.DataFrame:
    """Contract RELIABILITY: accuracy by confidence in `bins` bins, over all folds and seeds."""
    confident, right, count = np.zeros(bins), np.zeros(bins), np.zeros(bins)
    drawn_right, drawn_count = np.zeros((bins, resampler.draws)), np.zeros((bins, resampler.draws))
    rows_by_bin: list[list[pd.DataFrame]] = [[] for _ in range(bins)]
    for frame in grid.values():
        labels, p = arrays(frame)
        p = normalised(p)
        confidence, code = confidence_bins(p, bins)
        correct = p.argmax(axis=1) == labels
        own = unit_weights(frame)
        confident += np.bincount(code, weights=own * confidence, minlength=bins)
        right += np.bincount(code, weights=own * correct, minlength=bins)
        count += np.bincount(code, weights=own, minlength=bins)
        for number in np.unique(code):
            rows_by_bin[number].append(frame[code == number])
        weights = resampler.weights(frame)
        drawn_right = drawn_right + sums_by(code, bins, weights * correct[:, None].astype("float32"))
        drawn_count = drawn_count + sums_by(code, bins, weights)
    with np.errstate(invalid="ignore"):
        drawn = np.where(drawn_count > 0, drawn_right / drawn_count, np.nan)
        accuracy, confidence = right / count, confident / count
    ends = np.full((bins, 2), np.nan)
    for k in np.flatnonzero(count > 0):
        ends[k] = interval(
            np.array([[accuracy[k]]]), drawn[k][None, None], "accuracy", of_rows(pd.concat(rows_by_bin[k]))
        )
    edges = np.arange(bins + 1) / bins
    columns = (edges[:-1], edges[1:], confidence, accuracy, *ends.T, count / grid.times)
    return pd.DataFrame(dict(zip(RELIABILITY.columns, columns, strict=True)))


def training_rows(run: str, histories: dict[Key, pd.DataFrame]) -> pd.DataFrame:
    """Contract TRAINING_CURVES of the trainings of a run (contract HISTORY), and their mean at each epoch."""
    columns = list(TRAINING_CURVES.columns)
    of_each = [
        table.assign(run=run, fold=str(fold), seed=str(seed))[columns] for (fold, seed), table in histories.items()
    ]
    together = pd.concat(of_each, ignore_index=True)
    mean = together.groupby("epoch", as_index=False)[columns[4:]].mean().assign(run=run, **MEAN_OF_TRAININGS)
    return pd.concat([together, mean[columns]], ignore_index=True)
