"""A training in the middle of another step: the same loop, without files and states of its own."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.loop import Trained, fit
from workflow_scripts.training.samples import Subset
from workflow_scripts.training.stopping import Saving


class NoCheckpoints(Checkpoints):
    """States that are not kept: what is stopped begins again."""

    def __init__(self) -> None:
        super().__init__(Path())

    def save(self, position: int, state: dict[str, Any]) -> None:
        """Keep nothing."""

    def load(self) -> dict[str, Any] | None:
        """Nothing was kept."""
        return None

    def clear(self) -> None:
        """There is nothing to remove."""


def fit_in_process(
    model: nn.Module,
    view: View,
    arrays: Arrays,
    training: Subset,
    validation: Subset,
    train: Train,
    classes: list[str],
    seed: int,
) -> Trained:
    """Train a network as loop.fit does, on the processor; it holds the kept weights afterwards, in eval mode.

    view: fitted on the training subset. Says nothing of single epochs in the log. UserError and signals as loop.fit.
    """
    device = torch.device("cpu")
    batches = view.training(arrays, training, device), view.applied(arrays, validation, device)
    saving = Saving(NoCheckpoints(), within=math.inf, at_end=math.inf)
    return fit(model, *batches, train, classes, seed, saving, log_epochs=False)
