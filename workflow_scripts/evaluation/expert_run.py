"""The run of an expert: one certain answer a sample, from a column of the manifest."""

from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.kinds.expert import Expert
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest


def make(run: Expert, job: RunJob) -> RunOutput:
    """The class of each sample's answer with probability 1. UserError where an answer is missing or is no class."""
    classes, table = read_fold(job.files.dataset, job.files.arrays, job.files.split, job.fold)
    manifest = read_manifest(job.files.dataset)
    if run.column not in manifest:
        raise UserError(f"run {job.run}: no table of the study has the column {run.column!r}; name one that has")
    answers = manifest.set_index("id")[run.column]
    predicted = table[table["subset"] != "train"].assign(fold=job.fold)
    chosen = predicted["id"].map(answers).astype("string").fillna("")
    for sample, answer in zip(predicted["id"], chosen, strict=True):
        if answer not in classes:
            what = f"is {answer!r}; {nearest(answer, classes)}" if answer else "is empty; give every sample one"
            raise UserError(f"run {job.run}: the answer {run.column} of {sample} {what}")
    for column, name in zip(class_columns(classes), classes, strict=True):
        predicted[column] = (chosen == name).to_numpy(dtype=float)
    return RunOutput(predicted, classes)
