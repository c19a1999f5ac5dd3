"""Make a run that asks for labels in rounds, see kinds.active_learning.

On a processor and the threads of its learner, so that the same settings give the same bytes, also after a kill.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from workflow_scripts.contracts.rounds import QUERIES, QUERIES_FILE, ROUNDS, ROUNDS_FILE
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.evaluation.metrics import NO_BINS, point
from workflow_scripts.kinds.active_learning import ActiveLearning
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training import devices
from workflow_scripts.training.active.learner import Learner, judged
from workflow_scripts.training.active.pool import Annotator, ExpertLabels, KnownLabels, Pool
from workflow_scripts.training.active.round_loop import Asking, Progress, Rounds
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.samples import Samples, read_samples

JUDGED = ("validation", "test")


def make(run: ActiveLearning, job: RunJob) -> RunOutput:
    """Do all rounds, leave rounds.csv and queries.csv, and predict with the last round's network.

    All strategies of a learner start from the same labels and the same networks. UserError where the training subset
    has synthetic samples, or where an expert is to label samples.
    """
    training, files = job.applied, job.files
    if training.resample != "none":
        raise UserError(f"{job.run} learns from the labels that it asked for; set resample of {job.protocol} to none")
    devices.prepare("cpu", training.train)
    samples = read_samples(files.dataset, files.arrays, files.split, job.fold)
    learner = Learner.of(training, samples)
    seed = seed_for(job.study, training.run, job.fold, job.seed, "query")
    pool = Pool.of(samples.counting("train"), seed)
    asking = Asking(job.run, run.strategy, *run.schedule, run.passes)
    rounds = Rounds(asking, pool, _annotator(job, samples), learner, Checkpoints(job.work.checkpoints), seed)
    judge = JudgedSamples(learner, samples.table[samples.table["subset"] != "train"])
    with job.work.locked(job.out):
        progress = rounds.all(judge)
    ROUNDS.write(job.out / ROUNDS_FILE, pd.DataFrame(progress.rows))
    QUERIES.write(job.out / QUERIES_FILE, pd.DataFrame(progress.queries))
    return _output(job, progress, judge.table, samples.classes)


@dataclass(frozen=True)
class JudgedSamples:
    """The validation and test samples, on which the network of each round is judged."""

    learner: Learner
    table: pd.DataFrame

    def __call__(self, network: nn.Module) -> tuple[list[dict[str, Any]], np.ndarray]:
        """As round_loop.Judge: a row for each subset that has samples that count, and N×K probabilities of all."""
        classes, precision = self.learner.samples.classes, self.learner.settings.train.precision
        p = judged(network, self.learner.batches(self.table), precision)
        labels, weights = pd.Index(classes).get_indexer(self.table["label"]), self.table["weight"].to_numpy()
        rows = []
        for subset in JUDGED:
            chosen = (self.table["subset"] == subset).to_numpy()
            if (weights[chosen] > 0).any():
                measured = point(labels[chosen], p[chosen], NO_BINS, weights[chosen]).overall
                scores = {"auc": float(measured["macro_auc"]), "log_loss": float(measured["log_loss"])}
                rows.append({"subset": subset, "n": int(chosen.sum()), **scores})
        return rows, p


def _annotator(job: RunJob, samples: Samples) -> Annotator:
    """The expert's file, where the settings name one, else the labels of the data set."""
    if job.expert is not None:
        where = f"{job.run} ({job.protocol}, fold {job.fold}, seed {job.seed})"
        return ExpertLabels(job.expert, samples.classes, where)
    return KnownLabels(samples.counting("train"))


def _output(job: RunJob, progress: Progress, judged_table: pd.DataFrame, classes: list[str]) -> RunOutput:
    table = judged_table.assign(fold=job.fold)
    table[class_columns(classes)] = progress.predicted
    answered = {"expert": digest_text(canonical_json(progress.labels))} if job.expert is not None else {}
    return RunOutput(
        table,
        classes,
        outputs=(ROUNDS_FILE, QUERIES_FILE),
        inputs_by_name=answered,
        facts={"rounds": {"rounds": progress.done, "labels": len(progress.labels)}},
        cost={"device": "cpu"},
    )
