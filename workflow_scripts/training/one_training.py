"""The stages of one training beside building and fitting: what it learns from, and what it leaves."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.record import processor, versions
from workflow_scripts.contracts.run_tables import HISTORY, write_predictions
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, write_trained
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import HISTORY_FILE, WEIGHTS_FILE
from workflow_scripts.training import sampling
from workflow_scripts.training.feeders.batches import Batches, TrainingBatches, View
from workflow_scripts.training.inference import Applied
from workflow_scripts.training.loop import Trained
from workflow_scripts.training.samples import Samples, Subset, read_samples
from workflow_scripts.training.training_job import LEFT, TrainingJob
from workflow_scripts.training.view import fitted_view


@dataclass(frozen=True)
class LearningSamples:
    """The samples of a fold, how a network sees them, and those that an epoch shows."""

    samples: Samples
    view: View
    subset: Subset

    @classmethod
    def read(cls, files: FoldFiles, settings: TrainSettings) -> "LearningSamples":
        """Read a fold and fit the view of its training subset; UserError as read_samples."""
        samples = read_samples(files.dataset, files.arrays, files.split, settings.fold, files.masks)
        subset = samples.subset("train")
        shown = sampling.shown(subset.targets, samples.classes, settings.train, settings.seed_for("repeat"))
        return cls(samples, fitted_view(settings, samples, subset), subset.repeated(shown))

    @property
    def classes(self) -> list[str]:
        return self.samples.classes

    @property
    def shape(self) -> InputShape:
        """Of a sample."""
        return InputShape.of(self.samples.arrays.description)

    def batches(self, device: torch.device) -> tuple[TrainingBatches, Batches]:
        """Batches to learn from, and those that the network is validated on."""
        arrays = self.samples.arrays
        validation = self.samples.subset("validation")
        return self.view.training(arrays, self.subset, device), self.view.applied(arrays, validation, device)


def leave(
    job: TrainingJob, learned: LearningSamples, model: nn.Module, result: Trained, device: torch.device
) -> dict[str, Any]:
    """Write weights, history and predictions; what they were made with, and what predicting cost."""
    view, classes = learned.view, learned.classes
    kept = TrainedWeights(result.tensors, job.settings, job.code, view.mean, view.std, classes)
    # Here, because a process that has loaded library and network takes no time to predict.
    applied = Applied(kept, learned.samples, device, job.settings.fold)
    table, speed = applied.score(model)
    HISTORY.write(job.out / HISTORY_FILE, pd.DataFrame(result.history))
    write_trained(job.out / WEIGHTS_FILE, kept)
    write_predictions(job.out, table, classes)
    return {
        **applied.cost(speed),
        # Those that trained: what finishes a training may run later, with others.
        "versions": versions(),
        "processor": processor(),
        "outputs": {name: digest_file(job.out / name) for name in LEFT},
    }
