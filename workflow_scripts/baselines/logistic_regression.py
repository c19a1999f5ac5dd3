"""Make a run without a network, see kinds.baseline."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from workflow_scripts.baselines import simple_features
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.data.stored_features import StoredFeatures, scale
from workflow_scripts.kinds.baseline import Baseline
from workflow_scripts.kinds.made_kind import RunJob

log = logging.getLogger("workflow_scripts")
ITERATIONS = 5000


def make(run: Baseline, job: RunJob) -> RunOutput:
    """Features of every sample, scaled and classified by logistic regression (scikit-learn, ridge penalty).

    Fitted on the training subset alone; a class without training samples is never predicted.
    """
    files = job.files
    classes, samples = read_fold(files.dataset, files.arrays, files.split, job.fold)
    training = (samples["subset"] == "train").to_numpy()
    predicted = (_of_pictures if run.embedding is None else _of_stored)(run, job, samples, training)
    table = samples[~training].assign(fold=job.fold)
    table[class_columns(classes)] = 0.0
    table[class_columns(predicted.classes)] = predicted.probabilities
    features, width = ", ".join(run.features), predicted.features
    log.info("%s: %d numbers a sample (%s), fitted on %d samples", job.run, width, features, training.sum())
    return RunOutput(table, classes, cost={"device": "cpu", "features": width})


@dataclass(frozen=True)
class _Predicted:
    """Probabilities (N×K) of samples that are not trained on, the classes that they are of, and numbers a sample."""

    probabilities: np.ndarray
    classes: list[str]
    features: int


def _of_pictures(run: Baseline, job: RunJob, samples: pd.DataFrame, training: np.ndarray) -> _Predicted:
    """What a few numbers of each picture tell; `training`: bool N."""
    manifest = read_manifest(job.files.dataset).set_index("id").loc[samples["id"]]
    arrays, rows = open_arrays(job.files.arrays), samples["first"].to_numpy()
    values = simple_features.table(list(run.features), arrays, rows, manifest)
    model = _classifier(run.C, missing=bool(np.isnan(values).any()))
    model.fit(values[training], samples.loc[training, "label"])
    return _Predicted(model.predict_proba(values[~training]), list(model.classes_), int(values.shape[1]))


def _of_stored(run: Baseline, job: RunJob, samples: pd.DataFrame, training: np.ndarray) -> _Predicted:
    """What the numbers of an embedding tell: the training samples in memory once, the others block by block.

    One thread: sums of many numbers depend on the number of threads.
    """
    stored = StoredFeatures.read(job.files.arrays, samples["first"].to_numpy())
    model = LogisticRegression(C=run.C, max_iter=ITERATIONS)
    with threadpool_limits(1):
        values = stored.of(training).loaded(str(run.embedding))
        scaler = scale(values, np.ones(len(values), bool))
        model.fit(values, samples.loc[training, "label"])
        parts = [model.predict_proba(scaler.transform(block)) for _, block in stored.of(~training).blocks()]
    return _Predicted(np.concatenate(parts), list(model.classes_), stored.width)


def _classifier(c: float, missing: bool) -> Pipeline:
    """What is fitted. c: the C of kinds.baseline.

    missing: some numbers are: each becomes the training median, and a further number says so.
    """
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(*([fill] if missing else []), StandardScaler(), LogisticRegression(C=c, max_iter=ITERATIONS))
