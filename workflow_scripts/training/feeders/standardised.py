"""Numbers that are no pixels, brought to mean 0 and standard deviation 1 of the training subset."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.training import sampling
from workflow_scripts.training.feeders.batches import Ordered, TrainingBatches, View
from workflow_scripts.training.samples import Subset

# A number that is the same in all training samples tells nothing: it stays as it is, but for its mean.
CONSTANT = 1e-12
SAMPLES_AT_A_TIME = 1024


class Standardised(TrainingBatches):
    """Batches of one subset, whose numbers are standardised as a view was fitted."""

    def __init__(self, view: View, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        super().__init__(subset, device)
        self.data, self.sampling = arrays.data, view.train.sampling
        self.mean, self.std = (np.array(values) for values in (view.mean, view.std))

    def epoch(self, seed: int, number: int) -> Ordered:
        """As TrainingBatches.epoch; nothing is changed but the order."""
        indices, _ = sampling.epoch(self.sampling, self.subset.targets, self.keys, seed, number)
        return self.ordered(indices)

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """float32 R×D: the standardised rows of the samples at these indices, one sample after the other."""
        values = self.data[rows_of(self.subset, indices)]
        return ((values - self.mean) / self.std).astype("float32")


@dataclass(frozen=True)
class StandardisedView(View):
    """Mean and standard deviation of each number, over all rows of the training subset."""

    @classmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """As View.fitted."""
        return cls(train, seed, *statistics(arrays, subset))


def rows_of(subset: Subset, indices: np.ndarray) -> np.ndarray:
    """int64: rows of the array that belong to the samples at these indices, one sample after the other."""
    count = subset.count[indices]
    before = np.cumsum(count) - count
    return np.repeat(subset.first[indices] - before, count) + np.arange(count.sum())


def statistics(arrays: Arrays, subset: Subset) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each of the D numbers over all rows of the subset's samples; 1 where all agree.

    The memory is that of some samples; two passes, so that large means cost no digits.
    """
    parts = np.array_split(np.arange(len(subset)), max(1, -(-len(subset) // SAMPLES_AT_A_TIME)))
    blocks = [rows_of(subset, part) for part in parts]
    count = sum(len(rows) for rows in blocks)
    mean = sum(arrays.data[rows].sum(axis=0, dtype="float64") for rows in blocks) / count
    squares = sum(((arrays.data[rows] - mean) ** 2).sum(axis=0) for rows in blocks)
    std = np.sqrt(squares / count)
    return mean.tolist(), np.where(std > CONSTANT * np.maximum(1, np.abs(mean)), std, 1.0).tolist()
