"""Stand-in."""

import tempfile
from pathlib import Path

import torch

from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.loop import Trained, fit
from workflow_scripts.training.stopping import Saving


def fit_in_process(model, view, arrays, training, validation, train, classes, seed) -> Trained:
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:
        saving = Saving(Checkpoints(Path(folder)), 1e9, 1e9)
        batches = view.training(arrays, training, cpu), view.applied(arrays, validation, cpu)
        return fit(model, *batches, train, classes, seed, saving)
