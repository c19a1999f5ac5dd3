"""Make a run that judges patients by visits and images together, see kinds.hybrid.

On a processor and one thread, so that the same settings give the same bytes everywhere on one type of processor.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from workflow_scripts.contracts.arrays import RECORD, open_arrays
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_record import LinkedPatients
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.data.linked_features import read_linked
from workflow_scripts.kinds.hybrid import VISITS, Hybrid
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.models.joined_branches import BranchWidths, JoinedBranches, JoinedShape
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.training.feeders.joined import JoinedView, PatientImages
from workflow_scripts.training.in_process import fit_in_process
from workflow_scripts.training.inference import predict, probabilities
from workflow_scripts.training.loop import Trained
from workflow_scripts.training.samples import Samples

log = logging.getLogger("workflow_scripts")
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Fold:
    """What a run learns from and judges: the samples of a fold and, where they are looked at, all their images."""

    samples: Samples
    images: PatientImages | None

    @property
    def training(self) -> pd.DataFrame:
        """The rows of the training patients that count."""
        return self.samples.counting("train")


def make(run: Hybrid, job: RunJob) -> RunOutput:
    """Train the branches on training patients, and predict those of the other subsets.

    UserError where a patient has no image, or where there is no validation patient.
    """
    torch.set_num_threads(1)
    fold, seed = _fold(run, job), seed_for(job.study, job.run, job.fold, job.seed, "hybrid")
    view = _view(run, fold, seed)
    torch.manual_seed(seed)
    network = _network(run, fold)
    arrays, classes = fold.samples.arrays, fold.samples.classes
    subsets = fold.samples.subset("train"), fold.samples.subset("validation")
    trained = fit_in_process(network, view, arrays, *subsets, view.train, classes, seed)
    shown = (job.run, len(fold.training), trained.epoch, len(trained.history))
    log.info("%s: %d training patients; epoch %d of %d kept", *shown)
    table = fold.samples.table
    table = table[table["subset"] != "train"].assign(fold=job.fold)
    judged = view.applied(arrays, fold.samples.subset_of(table), CPU)
    table[class_columns(classes)] = probabilities(predict(network, judged, view.train.precision))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return RunOutput(
        table,
        classes,
        inputs=_linked_files(run, job),
        facts=_facts(run, fold, trained),
        cost={"device": "cpu", "parameters": parameters, "training_seconds": round(trained.seconds, 3)},
    )


def training_of(run: Hybrid) -> Train:
    """How the network of a run is trained."""
    return Train(
        epochs=run.epochs,
        batch_size=run.batch_size,
        optimizer="adam",
        learning_rate=run.learning_rate,
        weight_decay=run.weight_decay,
        class_weights=run.class_weights,
        select="best",
        patience=run.patience,
    )


def _fold(run: Hybrid, job: RunJob) -> Fold:
    files = job.files
    classes, table = read_fold(files.dataset, files.arrays, files.split, job.fold)
    samples = Samples(open_arrays(files.arrays), classes, table)
    if samples.counting("validation").empty:
        raise UserError(f"{job.run} stops by its validation loss, and the validation subset is empty")
    images = None
    if run.images is not None:
        # A patient is a sample here and a group there.
        features = read_linked(_linked_study(job), run.images.embedding, table["group"].tolist())
        features.standardise(table["id"].isin(samples.counting("train")["id"]).to_numpy())
        images = PatientImages(features, table["first"].to_numpy())
    return Fold(samples, images)


def _view(run: Hybrid, fold: Fold, seed: int) -> JoinedView:
    train = training_of(run)
    if VISITS not in run.inputs:
        return JoinedView(train, seed, [], [], images=fold.images)
    units = fold.training["unit"].to_numpy()
    view = JoinedView.fitted(train, seed, fold.samples.arrays, fold.samples.subset("train"), units)
    return replace(view, images=fold.images)


def _network(run: Hybrid, fold: Fold) -> JoinedBranches:
    widths = BranchWidths(
        visit=fold.samples.arrays.width if VISITS in run.inputs else 0,
        image=fold.images.features.values.shape[1] if fold.images else 0,
    )
    shape = JoinedShape(run.cell, run.hidden, run.gate, run.dropout)
    return JoinedBranches(widths, len(fold.samples.classes), shape)


def _facts(run: Hybrid, fold: Fold, trained: Trained) -> dict[str, Any]:
    """What the record says of the training, and of the study that it read."""
    kept = {"epoch": trained.epoch, "epochs": len(trained.history)}
    if run.images is None or fold.images is None:
        return {"hybrid": kept}
    features, images = fold.images.features, run.images
    linked = LinkedPatients(images.study, images.embedding, len(features.count), len(features.values))
    return {"hybrid": kept, "linked": plain(linked)}


def _linked_study(job: RunJob) -> Path:
    if job.linked is None:
        raise TypeError(f"{job.run} reads images of another study, and its folder is not given")
    return job.linked


def _linked_files(run: Hybrid, job: RunJob) -> tuple[Path, ...]:
    """The files of the other study that stand for what was read there."""
    if run.images is None:
        return ()
    paths = StudyPaths(_linked_study(job))
    return paths.dataset_record, paths.manifest, paths.embedding(run.images.embedding) / RECORD
