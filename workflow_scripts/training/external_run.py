"""Make a run of another study's trained one, see kinds.external."""

import logging

from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.data.across_studies import seen_in_training, translate
from workflow_scripts.kinds.external import External
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.training.inference import Applied

log = logging.getLogger("workflow_scripts")


def make(run: External, job: RunJob) -> RunOutput:
    """Predict with the weights as they are, in this study's classes.

    The record counts, per subset, the predicted samples whose picture the network has learned from
    (`seen_in_training`).
    """
    weights_path = job.weights_path
    applied = Applied.read(job.files, weights_path, job.applied, job.fold, job.device)
    table, speed = applied.score(applied.network())
    classes = applied.samples.classes
    translated = translate(table, applied.weights.classes, classes, run.classes)
    manifest, split = job.source_manifest, job.source_split
    seen = seen_in_training(job.files.dataset, translated, manifest, split, job.applied.fold)
    if any(seen.values()):
        log.info("%s: the network has learned from %s of these pictures", job.run, seen)
    return RunOutput(
        translated,
        classes,
        inputs=(weights_path, manifest, split),
        facts={"seen_in_training": seen},
        cost=applied.cost(speed),
    )
