"""Make a run of another study's trained one, see kinds.external."""

import logging

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES, TRAINING_COPIES_FILE
from workflow_scripts.data.across_studies import translate
from workflow_scripts.data.copies.learned_copies import copies_of_learned
from workflow_scripts.kinds.external import External
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.training.inference import Applied

log = logging.getLogger("workflow_scripts")


def make(run: External, job: RunJob) -> RunOutput:
    """Predict with the weights as they are, in this study's classes; write copies_of_training.csv.

    The record counts, per subset, the predicted samples whose picture, or a copy of it, the network has learned from
    (`seen_in_training`), and says what was searched (`near_copies`).
    """
    applied = Applied.read(job.files, job.weights_path, job.applied, job.fold, job.device)
    table, speed = applied.score(applied.network())
    classes, there = applied.samples.classes, job.source_files
    translated = translate(table, applied.weights.classes, classes, run.classes)
    learned = copies_of_learned(translated, job.files, there, job.applied.fold, run.classes)
    TRAINING_COPIES.write(job.out / TRAINING_COPIES_FILE, learned.table)
    seen = learned.counts(translated)
    if any(seen.values()):
        log.warning("%s: the network has learned from %s of these pictures, or copies of them", job.run, seen)
    if learned.search and (left := learned.search.left_words):
        log.warning("%s: not compared with what was learned from, for the time was over: %s", job.run, left)
    searched = {"near_copies": plain(learned.search)} if learned.search else {}
    return RunOutput(
        translated,
        classes,
        inputs=(job.weights_path, *there.inputs),
        outputs=(TRAINING_COPIES_FILE,),
        facts={"seen_in_training": seen, **searched},
        cost=applied.cost(speed),
    )
