"""What a network says about a whole subset."""

import math

import numpy as np
import torch
from torch import nn

from workflow_scripts.training import devices
from workflow_scripts.training.data import Feeder
from workflow_scripts.training.recipe import Criterion


def predict(model: nn.Module, feeder: Feeder, precision: str) -> torch.Tensor:
    """float32 N×K logits of a subset (not empty), in its order, on the device; leaves the network in eval mode."""
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
