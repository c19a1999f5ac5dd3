"""Train one network, once: several calls of one job, in one process or in several, end in the same files."""

import importlib
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import ledger, processor, versions
from workflow_scripts.contracts.run_record import Resampled
from workflow_scripts.contracts.run_tables import HISTORY, write_predictions
from workflow_scripts.models.build import build, random_network
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, load_trained, write_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, digest_text
from workflow_scripts.runtime.locks import lock
from workflow_scripts.runtime.run_address import HISTORY_FILE, TRAINING_FILE, WEIGHTS_FILE
from workflow_scripts.training import devices, sampling
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.inference import Applied
from workflow_scripts.training.loop import Trained, fit
from workflow_scripts.training.process_group import ProcessGroup, joined_process_group
from workflow_scripts.training.samples import Samples, Subset, read_samples
from workflow_scripts.training.stopping import Saving
from workflow_scripts.training.training_job import LEFT, TrainingJob
from workflow_scripts.training.view import fitted_view

log = logging.getLogger("workflow_scripts")


@dataclass(frozen=True)
class _Prepared:
    """A network that is to be trained, the samples, how they are shown, and those that it learns from.

    arrays: where the rows of `subset` are; resampled: of the synthetic ones among them, None without any.
    """

    model: nn.Module
    samples: Samples
    view: View
    arrays: Arrays
    subset: Subset
    resampled: Resampled | None


def train(job: TrainingJob, keep: bool = False) -> Checkpoints | None:
    """Train and write weights.safetensors, history.csv, predictions.csv and, last, train.json.

    Returns the saved states, with `keep` also one of the training's end; None in all but rank 0 of several processes
    that train one network.
    """
    with joined_process_group(job.train.processes) as process_group, ExitStack() as held:
        device = devices.prepare(job.device, job.train, process_group, job.jobs_per_gpu)
        identity = job.identity(device)
        store = Checkpoints(job.work / "checkpoints" / identity)
        if process_group.is_rank_zero:
            locks, folder = job.work / "locks", digest_text(str(job.out.resolve()))
            held.enter_context(lock(locks / f"{folder}.lock", str(job.out)))
            held.enter_context(lock(locks / f"{identity}.lock", f"this training of {job.out}"))
        # The other ranks begin when rank 0 has said that it is not done yet.
        if process_group.broadcast(process_group.is_rank_zero and job.is_done(identity)):
            log.info("this training of %s was finished by the process before this one", job.out)
        elif process_group.is_rank_zero:
            with ledger(job.out / TRAINING_FILE) as cost:
                cost.update(_train(job, device, job.saving(store, keep), process_group), identity=identity)
        else:
            _train(job, device, job.saving(store, keep), process_group)
        return store if process_group.is_rank_zero else None


def _train(job: TrainingJob, device: torch.device, saving: Saving, process_group: ProcessGroup) -> dict[str, Any]:
    """Train, leave the files, and say what it cost; all but rank 0 only train."""
    prepared = _prepared(job, process_group)
    samples, view = prepared.samples, prepared.view
    training = view.training(prepared.arrays, prepared.subset, device)
    validation = view.applied(samples.arrays, samples.subset("validation"), device)
    shown = (job.settings.run, len(training), samples.arrays.description, len(validation), devices.describe(device))
    log.info("training %s on %d samples (%s), %d for validation, on %s", *shown)
    result = fit(prepared.model, training, validation, job.train, samples.classes, view.seed, saving, process_group)
    if not process_group.is_rank_zero:
        return {}
    measured = _leave(job, prepared, result, device)
    return {
        **measured,
        "device": devices.describe(device, job.jobs_per_gpu),
        "training_seconds": round(result.seconds, 3),
        "images_per_second": round(job.train.epochs * len(training) / max(result.seconds, 1e-9), 1),
        "epoch_kept": result.epoch,
        "parameters": sum(parameter.numel() for parameter in prepared.model.parameters()),
    }


def _prepared(job: TrainingJob, process_group: ProcessGroup) -> _Prepared:
    settings, files = job.settings, job.files
    samples = read_samples(files.dataset, files.arrays, files.split, settings.fold, files.masks)
    classes, subset = samples.classes, samples.subset("train")
    view = fitted_view(job.stated, samples, subset)
    arrays, report = samples.arrays, None
    if settings.resample != "none":
        # Its library is needed nowhere else.
        from workflow_scripts.training.smote import resampled

        training = resampled(settings, samples)
        arrays, subset, report = training.arrays, training.subset, training.report
    subset = subset.repeated(sampling.shown(subset.targets, classes, job.train, job.seed("repeat")))
    shape = InputShape.of(samples.arrays.description)
    if process_group.is_rank_zero:
        _say_what_cannot_be_explained(settings.spec, len(classes), shape)
    model = build(settings.spec, len(classes), shape, job.seed("initialise"), job.weights)
    return _Prepared(model, samples, view, arrays, subset, report)


def _say_what_cannot_be_explained(spec: dict[str, Any], classes: int, shape: InputShape) -> None:
    """A line before a training whose network Grad-CAM can show no map of: after it, the training would be spent."""
    # By its name, because what can be shown changes no training: its code must not make any outdated.
    layers = importlib.import_module("workflow_scripts.explanation.target_layers")
    try:
        layers.target_layers(random_network(spec, classes, shape, 0), shape)
    except UserError as error:
        log.warning("Grad-CAM will show nothing of this network: %s", error)


def _leave(job: TrainingJob, prepared: _Prepared, result: Trained, device: torch.device) -> dict[str, Any]:
    """Write weights, history and predictions; what they were made with, and what predicting cost."""
    samples, view = prepared.samples, prepared.view
    kept = TrainedWeights(result.tensors, job.stated, job.code, view.mean, view.std, samples.classes)
    HISTORY.write(job.out / HISTORY_FILE, pd.DataFrame(result.history))
    write_trained(job.out / WEIGHTS_FILE, kept)
    # Here, because a process that has loaded library and network takes no time to predict.
    applied = Applied(job.settings.spec, job.train, kept, samples, device, job.settings.fold)
    table, speed = applied.score(load_trained(prepared.model, kept))
    write_predictions(job.out, table, samples.classes)
    return {
        **applied.cost(speed),
        # Those that trained: what finishes a training may run later, with others.
        "versions": versions(),
        "processor": processor(),
        "outputs": {name: digest_file(job.out / name) for name in LEFT},
        **({"resampled": plain(prepared.resampled)} if prepared.resampled else {}),
    }
