"""Make a run on visits without a recurrent network, see kinds.visit_baseline."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from workflow_scripts.baselines import visit_features
from workflow_scripts.contracts.arrays import Arrays, open_arrays
from workflow_scripts.contracts.prepared_columns import PreparedColumns
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.kinds.visit_baseline import VisitBaseline
from workflow_scripts.preprocessing.visit_preparation import Preparation
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for

log = logging.getLogger("workflow_scripts")
ITERATIONS = 5000
# What C is chosen from, in so many folds of the training patients.
NO_PENALTY, GRID, FOLDS = np.inf, (0.001, 0.01, 0.1, 1.0, 10.0), 5
# Few and small trees, because there are few events.
BOOSTING = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 20}


def make(run: VisitBaseline, job: RunJob) -> RunOutput:
    """Numbers of every patient's visits, and a model of them that is fitted on training patients of some weight alone.

    One thread: sums of many numbers depend on the number of threads. UserError where the arrays hold no visits, or
    training patients are of one class.
    """
    files = job.files
    classes, samples = read_fold(files.dataset, files.arrays, files.split, job.fold)
    patients = Patients.of(run, open_arrays(files.arrays), samples)
    learned = np.flatnonzero((samples["subset"] == "train") & (samples["weight"] > 0))
    if len(np.unique(patients.labels[learned])) < 2:
        raise UserError(f"{job.run}: the training patients of fold {job.fold} are of one class; use another split")
    table = samples[samples["subset"] != "train"].assign(fold=job.fold)
    judged = np.flatnonzero(samples["subset"] != "train")
    facts: dict[str, Any] = {}
    with threadpool_limits(1):
        if run.model == "boosting":
            predicted = patients.boosted(learned, judged)
        else:
            c = NO_PENALTY if run.model == "score" else run.C
            if c is None:
                seed = seed_for(job.study, job.protocol, job.fold, job.seed, "inner folds")
                losses = patients.losses(learned, seed)
                c = min(losses, key=lambda c: losses[c])
                facts = {"C": c, "inner_log_loss": {f"{tried:g}": loss for tried, loss in losses.items()}}
            (predicted,) = patients.regressed(learned, judged, [c])
    table[class_columns(classes)] = 0.0
    table[class_columns(predicted.classes)] = predicted.probabilities
    width = patients.values.shape[1]
    log.info("%s: %d numbers a patient (%s), fitted on %d patients", job.run, width, run.features, len(learned))
    return RunOutput(table, classes, facts=facts, cost={"device": "cpu", "features": width})


@dataclass(frozen=True)
class Predicted:
    """Probabilities (N×K) of the classes that training patients have."""

    probabilities: np.ndarray
    classes: list[str]


@dataclass(frozen=True)
class Patients:
    """What a run looks at: numbers of patients (float64 N×F, NaN where one is not known), and who they are.

    visits: how last visits are prepared, None where the numbers are no visits.
    """

    run: VisitBaseline
    values: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    visits: PreparedColumns | None = None

    @classmethod
    def of(cls, run: VisitBaseline, arrays: Arrays, samples: pd.DataFrame) -> "Patients":
        """The patients of `samples` (read_fold), in their order. UserError where the arrays hold no visits."""
        if arrays.preparation is None:
            raise UserError(f"a visit baseline takes visits, and these are {arrays.description}; choose another kind")
        groups = samples["group"].where(samples["group"] != "", samples["id"])
        learned_of = samples["label"].to_numpy(), samples["weight"].to_numpy(float), groups.to_numpy()
        first, counts = (samples[column].to_numpy("int64") for column in ("first", "count"))
        rows = np.concatenate([np.arange(start, start + count) for start, count in zip(first, counts, strict=True)])
        values = arrays.data[rows].astype("float64")
        # Nothing is carried over from earlier visits, so nothing was measured earlier.
        packing = replace(arrays.preparation, elapsed=False)
        layout = PreparedColumns(arrays.columns, packing, run.extra_columns)
        if run.features == "last_visit":
            if run.model == "boosting":
                return cls(run, visit_features.last_visit(values, counts)[:, layout.taken], *learned_of)
            return cls(run, visit_features.last_visit(values, counts), *learned_of, layout)
        if run.persistence is not None:
            lasting = run.persistence.column, run.persistence.without
            return cls(run, visit_features.persistence(values, counts, arrays.columns, *lasting)[:, None], *learned_of)
        return cls(run, visit_features.summaries(values[:, layout.taken], counts, layout.kept).values, *learned_of)

    def boosted(self, learned: np.ndarray, judged: np.ndarray) -> Predicted:
        """Trees of the patients `learned`, and what they say of `judged`; both are numbers of patients."""
        seen = self.values[learned]
        # The library takes no column without a number.
        measured = ~np.isnan(seen).all(axis=0)
        trees = HistGradientBoostingClassifier(**BOOSTING, early_stopping=False, random_state=0)
        trees.fit(seen[:, measured], self.labels[learned], sample_weight=self.weights[learned])
        return Predicted(trees.predict_proba(self.values[judged][:, measured]), list(trees.classes_))

    def regressed(self, learned: np.ndarray, judged: np.ndarray, grid: Sequence[float]) -> list[Predicted]:
        """The same of a logistic regression for each C of the grid."""
        seen, shown = self._without_gaps(learned, judged)
        labels, weights, predicted = self.labels[learned], self.weights[learned], []
        for c in grid:
            model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(seen, labels, sample_weight=weights)
            predicted.append(Predicted(model.predict_proba(shown), list(model.classes_)))
        return predicted

    def losses(self, learned: np.ndarray, seed: int) -> dict[float, float]:
        """C → weighted log loss of patients that were left out, no group torn apart; fitted anew in every fold.

        UserError where a class has too few groups for two folds.
        """
        labels, groups = self.labels[learned], self.groups[learned]
        smallest = min(len(np.unique(groups[labels == name])) for name in np.unique(labels))
        if smallest < 2:
            raise UserError("a class has one training patient, too few to choose C by; set C")
        folds = StratifiedGroupKFold(min(FOLDS, smallest), shuffle=True, random_state=seed % 2**32)
        judged, predicted = [], []
        for inner, left_out in folds.split(learned, labels, groups):
            judged.append(learned[left_out])
            predicted.append(self.regressed(learned[inner], learned[left_out], GRID))
        everyone = np.concatenate(judged)
        truth, weights = self.labels[everyone], self.weights[everyone]
        losses = {}
        for number, c in enumerate(GRID):
            shown = np.concatenate([parts[number].probabilities for parts in predicted])
            losses[c] = float(log_loss(truth, shown, sample_weight=weights, labels=np.unique(labels)))
        return losses

    def _without_gaps(self, learned: np.ndarray, judged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of both on one scale, gaps filled; fitted on `learned`."""
        if self.visits is None:
            fill = SimpleImputer(strategy="median", keep_empty_features=True)
            scaler = make_pipeline(fill, StandardScaler()).fit(self.values[learned])
            return scaler.transform(self.values[learned]), scaler.transform(self.values[judged])
        alone, layout = np.ones(len(learned), dtype="int64"), self.visits
        fitted = Preparation.fit(self.values[learned], alone, layout.columns, layout.packing, layout.extra)
        shown = fitted.transform(self.values[judged], np.ones(len(judged), dtype="int64"))
        return fitted.transform(self.values[learned], alone), shown
