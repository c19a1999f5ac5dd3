"""One training: building, fitting, and what it leaves."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import processor, versions
from workflow_scripts.contracts.run_tables import HISTORY, write_predictions
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.stages import tail
from workflow_scripts.models.start import starting_network
from workflow_scripts.models.weights import TrainedWeights, trained_bytes
from workflow_scripts.runtime.files import digest_file, write_bytes
from workflow_scripts.runtime.run_address import HISTORY_FILE, WEIGHTS_FILE
from workflow_scripts.training import devices
from workflow_scripts.training.inference import Applied
from workflow_scripts.training.learning_samples import LearningSamples
from workflow_scripts.training.loop import fit
from workflow_scripts.training.process_group import ProcessGroup
from workflow_scripts.training.stopping import Saving
from workflow_scripts.training.training_job import LEFT, TrainingJob

log = logging.getLogger("workflow_scripts")


def behind_maps(network: nn.Module, train: Train) -> tuple[nn.Module, Train]:
    """What of a network learns from stored maps of its frozen stages, and how: nothing of it is frozen for them."""
    return tail(network, train.frozen_stages), replace(train, frozen_stages=0, redefine=False)


def train_network(
    job: TrainingJob, learned: LearningSamples, device: torch.device, saving: Saving, group: ProcessGroup, out: Path
) -> dict[str, Any]:
    """Build the network, fit it, and leave in `out` what came of it; returns what it cost. Only rank 0 leaves files.

    Where stored maps are learned from, only what is behind them is fitted; the weights are those of the whole network.
    """
    settings, train = job.settings, job.settings.train
    samples, view, seeds = learned.samples, learned.view, learned.seeds
    with devices.device_errors(device, train):
        training = view.training(learned.arrays, learned.subset, device)
        validation = view.applied(samples.arrays, samples.subset("validation"), device)
    source = samples.arrays.source
    network = starting_network(settings, len(learned.classes), learned.shape, job.weights, source)
    model, how = (network, train) if source is None else behind_maps(network, train)
    shown = (settings.run, len(training), samples.arrays.description, len(validation), device)
    log.info("training %s on %d samples (%s), %d for validation, on %s", *shown)
    result = fit(model, training, validation, how, learned.classes, seeds.train, saving, group)
    if not group.is_rank_zero:
        return {}
    # Of stages that stored maps stand for, the training has no tensors.
    tensors = {**network.state_dict(), **result.tensors}
    fitted = view.mean, view.std, learned.classes, view.stain, view.preparation
    kept = TrainedWeights(tensors, settings, job.code, *fitted)
    # Here, because a process that has loaded library and network takes no time to predict.
    applied = Applied(kept, samples, device, settings.fold)
    table, speed = applied.score(model)
    weights = trained_bytes(kept)
    learned_from = {"resampled": learned.resampled, "stain": view.stain}
    HISTORY.write(out / HISTORY_FILE, pd.DataFrame(result.history))
    write_predictions(out, table, learned.classes)
    write_bytes(out / WEIGHTS_FILE, *weights)
    return {
        **applied.cost(speed),
        "training_seconds": round(result.seconds, 3),
        "images_per_second": round(len(result.history) * len(training) / max(result.seconds, 1e-9), 1),
        "epoch_kept": result.epoch,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        # Those that trained: what finishes a training may run later, with others.
        "versions": versions(),
        "processor": processor(),
        "outputs": {name: digest_file(out / name) for name in LEFT},
        **{name: plain(fact) for name, fact in learned_from.items() if fact is not None},
    }
