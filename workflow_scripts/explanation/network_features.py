"""What a trained network makes of a subset: its features before the classifier, and its probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.step_settings.train_settings import Precision
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.training import inference
from workflow_scripts.training.feeders.batches import Batches


@dataclass(frozen=True)
class Seen:
    """A subset in its order: probabilities float64 N×K and, where they are wanted, features float32 N×F."""

    probabilities: np.ndarray
    features: np.ndarray | None

    @property
    def numbers(self) -> np.ndarray:
        """Predicted class numbers, N."""
        return self.probabilities.argmax(axis=1)


def look(model: nn.Module, batches: Batches, precision: Precision, features: bool) -> Seen:
    """One pass over a subset (not empty), in batches on its device.

    The features are what enters the first module of the network's `classifier_names`: the concatenated features of a
    joint network's branches, the pooled ones of a plain network, the class token of a vision transformer.
    """
    entered: list[torch.Tensor] = []

    def keep(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        entered.append(arguments[0].flatten(1).float().cpu())

    first = classifier_names(model)[0]
    handle = model.get_submodule(first).register_forward_pre_hook(keep) if features else None
    try:
        predicted = inference.probabilities(inference.predict(model, batches, precision))
    finally:
        if handle is not None:
            handle.remove()
    return Seen(predicted, torch.cat(entered).numpy() if features else None)
