"""Rows of numbers, one a sample, as standardised batches."""

from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.feeders.standardised import Standardised, StandardisedView
from workflow_scripts.training.samples import Subset


class Features(Standardised):
    """Batches of one subset: float32 B×D, and class numbers. UserError where a sample has several rows."""

    def __init__(self, view: "FeatureView", arrays: Arrays, subset: Subset, device: torch.device) -> None:
        if (subset.count != 1).any():
            raise UserError("a network on features takes one row a sample; use a kind of run that takes several")
        super().__init__(view, arrays, subset, device)

    def inputs(self, indices: np.ndarray) -> tuple[torch.Tensor, ...]:
        """As Standardised.inputs."""
        return (torch.from_numpy(self.rows(indices)).to(self.device),)


@dataclass(frozen=True)
class FeatureView(StandardisedView):
    """The view of a run on features."""

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> Features:
        """As View.training."""
        return Features(self, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> Features:
        """As View.applied."""
        return Features(self, arrays, subset, device)
