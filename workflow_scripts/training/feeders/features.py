"""Rows of numbers, one a sample, as standardised batches."""

from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices
from workflow_scripts.training.feeders.batches import Ordered
from workflow_scripts.training.feeders.standardised import Standardised, StandardisedView
from workflow_scripts.training.samples import Subset


class Features(Standardised):
    """Batches of one subset: float32 B×D, and class numbers. UserError where a sample has several rows.

    On a GPU the subset's rows live there where they take at most half of the free memory.
    """

    def __init__(self, view: "FeatureView", arrays: Arrays, subset: Subset, device: torch.device) -> None:
        if (subset.count != 1).any():
            raise UserError("a network on features takes one row a sample; use a kind of run that takes several")
        super().__init__(view, arrays, subset, device)

        everyone = np.arange(len(subset))
        held = devices.may_hold(device, len(subset) * arrays.width * np.dtype("float32").itemsize)
        self.resident = self.on_device(self.rows(everyone)) if held else None

    def ordered(self, indices: np.ndarray) -> "OrderedFeatures":
        """As Batches.ordered."""
        rows = None if self.resident is None else self.on_device(indices)
        return OrderedFeatures(indices, *self.labels(indices), self, rows)


@dataclass(frozen=True)
class OrderedFeatures(Ordered):
    """Rows of numbers in an order; rows: where they live on the device, None where they do not."""

    features: Features
    rows: torch.Tensor | None

    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """As Ordered.inputs."""
        features = self.features
        if self.rows is not None and features.resident is not None:
            return (features.resident[self.rows[start:end]],)
        return (devices.sent(features.rows(self.indices[start:end]), features.device),)


@dataclass(frozen=True)
class FeatureView(StandardisedView):
    """The view of a run on features."""

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> Features:
        """As View.training."""
        return Features(self, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> Features:
        """As View.applied."""
        return Features(self, arrays, subset, device)
