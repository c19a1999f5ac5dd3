"""What a network says about a whole subset."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.contracts.step_settings.train_settings import Precision
from workflow_scripts.contracts.verified import required_weights
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, load_trained, read_trained
from workflow_scripts.training import devices
from workflow_scripts.training.feeders.batches import Batches
from workflow_scripts.training.recipe import Criterion
from workflow_scripts.training.samples import Samples, read_samples
from workflow_scripts.training.view import view_of

# A network, or anything else that takes the inputs of a batch and gives B×K logits.
Predictor = nn.Module | Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Applied:
    """A trained network's weights, and the fold of samples that it is applied to."""

    weights: TrainedWeights
    samples: Samples
    device: torch.device
    fold: int

    @classmethod
    def read(cls, files: FoldFiles, path: Path, trained: TrainSettings, fold: int, device: str) -> "Applied":
        """Weights at `path`, trained with exactly the settings `trained`, and the samples of `fold` of `files`."""
        samples = read_samples(files.dataset, files.arrays, files.split, fold, files.masks)
        weights = read_trained(required_weights(path), trained)
        return cls(weights, samples, devices.prepare(device, trained.train), fold)

    def network(self) -> nn.Module:
        """The trained network, in eval mode."""
        shape = InputShape.of_arrays(self.samples.arrays)
        return load_trained(build(self.weights.settings.spec, len(self.weights.classes), shape, 0), self.weights)

    def score(self, predictor: Predictor) -> tuple[pd.DataFrame, float]:
        """Table of the validation and test samples with a probability per class, and images per second.

        The network sees them as its training says, see View.
        """
        table = self.samples.table[self.samples.table["subset"] != "train"].assign(fold=self.fold)
        subset, weights = self.samples.subset_of(table), self.weights
        arrays, train = self.samples.arrays, weights.settings.train
        with devices.device_errors(self.device, train):
            batches = view_of(weights, arrays.description.kind).applied(arrays, subset, self.device)
            if isinstance(predictor, nn.Module):
                predictor = batches.placed(predictor)
            started = time.perf_counter()
            logits = predict(predictor, batches, train.precision)
        table[class_columns(weights.classes)] = probabilities(logits)
        return table, round(len(table) / max(time.perf_counter() - started, 1e-9), 1)

    def cost(self, speed: float) -> dict[str, Any]:
        """What the ledger says of a prediction of `speed` images per second."""
        return {
            "device": devices.describe(self.device),
            "torch_threads": self.weights.settings.train.torch_threads,
            "predict_images_per_second": speed,
        }


def predict(model: Predictor, batches: Batches, precision: Precision) -> torch.Tensor:
    """float32 N×K logits of a subset (not empty), in its order, on the device; leaves a network in eval mode."""
    if isinstance(model, nn.Module):
        model.eval()
    order = batches.ordered(np.arange(len(batches)))
    size = devices.judged_at_once(batches.device, order.inputs(0, 1)[0].numel())
    parts = []
    with torch.no_grad(), devices.autocast(batches.device, precision):
        for start in range(0, len(batches), size):
            parts.append(model(*order.inputs(start, min(start + size, len(order)))).float())
    return torch.cat(parts)


def probabilities(logits: torch.Tensor) -> np.ndarray:
    """float64 N×K softmax of logits."""
    return torch.softmax(logits.double(), dim=1).cpu().numpy()


def evaluate(model: nn.Module, batches: Batches, loss: Criterion, precision: Precision) -> tuple[float, float]:
    """Loss and accuracy of a whole subset in eval mode; not a number when it is empty."""
    if not len(batches):
        return math.nan, math.nan
    logits = predict(model, batches, precision)
    hits = (logits.argmax(1) == batches.targets).double()
    if batches.weights is None:
        return float(loss(logits, batches.targets)), float(hits.mean())
    weights = batches.weights.double()
    return float(loss(logits, batches.targets, batches.weights)), float((weights * hits).sum() / weights.sum())
