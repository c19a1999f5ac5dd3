"""Make a run without a network, see kinds.baseline."""

import logging

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from workflow_scripts.baselines import simple_features
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.kinds.baseline import Baseline
from workflow_scripts.kinds.made_kind import RunJob

log = logging.getLogger("workflow_scripts")
ITERATIONS = 5000


def make(run: Baseline, job: RunJob) -> RunOutput:
    """Features of every sample, scaled and classified by logistic regression (scikit-learn, ridge penalty, C = 1).

    Fitted on the training subset alone; a class without training samples is never predicted.
    """
    files = job.files
    classes, samples = read_fold(files.dataset, files.arrays, files.split, job.fold)
    manifest = read_manifest(files.dataset).set_index("id").loc[samples["id"]]
    arrays, rows = open_arrays(files.arrays), samples["first"].to_numpy()
    values = simple_features.table(list(run.features), arrays, rows, manifest)
    training = (samples["subset"] == "train").to_numpy()
    model = _classifier(missing=bool(np.isnan(values).any()))
    model.fit(values[training], samples.loc[training, "label"])
    table = samples[~training].assign(fold=job.fold)
    table[class_columns(classes)] = 0.0
    table[class_columns(model.classes_)] = model.predict_proba(values[~training])
    features = ", ".join(run.features)
    log.info("%s: %d numbers a sample (%s), fitted on %d samples", job.run, values.shape[1], features, training.sum())
    return RunOutput(table, classes, cost={"device": "cpu", "features": int(values.shape[1])})


def _classifier(missing: bool) -> Pipeline:
    """What is fitted. missing: some numbers are: each becomes the training median, and a further number says so."""
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(*([fill] if missing else []), StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
