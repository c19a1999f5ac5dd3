"""What a network says about a whole subset."""

import math
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.runs import class_columns
from workflow_scripts.models.weights import TrainedWeights
from workflow_scripts.training import devices
from workflow_scripts.training.data import Feeder, Samples
from workflow_scripts.training.recipe import Criterion

# A network, or anything else that takes N×3×S×S images and gives N×K logits.
Predictor = nn.Module | Callable[[torch.Tensor], torch.Tensor]


def score(
    predictor: Predictor,
    weights: TrainedWeights,
    samples: Samples,
    device: torch.device,
    train: SimpleNamespace,
    fold: int,
) -> tuple[pd.DataFrame, float]:
    """Table of the validation and test samples with a probability per class of `weights`, and images per second.

    The pixels are normalised as in the training that left `weights`; `train`: its settings.
    """
    table = samples.table[samples.table["subset"] != "train"].assign(fold=fold)
    subset = samples.subset_of(table)
    feeder = Feeder(samples.images, subset, device, weights.mean, weights.std, train.channels_last)
    if isinstance(predictor, nn.Module):
        predictor = predictor.to(device, memory_format=feeder.layout)
    started = time.perf_counter()
    table[class_columns(weights.classes)] = probabilities(predict(predictor, feeder, train.precision))
    return table, round(len(table) / max(time.perf_counter() - started, 1e-9), 1)


def predict(model: Predictor, feeder: Feeder, precision: str) -> torch.Tensor:
    """float32 N×K logits of a subset (not empty), in its order, on the device; leaves a network in eval mode."""
    if isinstance(model, nn.Module):
        model.eval()
    size, places = devices.EVALUATION_BATCH[feeder.device.type], np.arange(len(feeder))
    parts = []
    with torch.no_grad(), devices.autocast(feeder.device, precision):
        for start in range(0, len(feeder), size):
            parts.append(model(feeder.batch(places[start : start + size])[0]).float())
    return torch.cat(parts)


def probabilities(logits: torch.Tensor) -> np.ndarray:
    """float64 N×K softmax of logits."""
    return torch.softmax(logits.double(), dim=1).cpu().numpy()


def evaluate(model: nn.Module, feeder: Feeder, criterion: Criterion, precision: str) -> tuple[float, float]:
    """Loss and accuracy of a whole subset in eval mode; not a number when it is empty."""
    if not len(feeder):
        return math.nan, math.nan
    logits = predict(model, feeder, precision)
    accuracy = (logits.argmax(1) == feeder.targets).double().mean()
    return float(criterion(logits, feeder.targets)), float(accuracy)
