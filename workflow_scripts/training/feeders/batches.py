"""What the training loop knows of its data: batches, targets and keys, whatever the samples are.

A feeder is a class with these methods, for one kind of array; feeder_registry names them. A view is what a training has
fitted on its training subset, and makes the feeders of it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.preparation_record import PreparationRecord
from workflow_scripts.contracts.stain_reference import StainReference
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.samples import Subset


@dataclass(frozen=True)
class Batch:
    """What a network is called with (`network(*inputs)`), and class numbers B; all on the device.

    weights: float32 B, how much each counts in the loss; None: all the same.
    """

    inputs: tuple[torch.Tensor, ...]
    targets: torch.Tensor
    weights: torch.Tensor | None = None


class Batches(Protocol):
    """Batches of one subset. targets: int64 N on the device; keys: uint64 N.

    weights: float32 N on the device, how much each counts; None: all the same.
    """

    device: torch.device
    targets: torch.Tensor
    keys: np.ndarray
    weights: torch.Tensor | None

    def __len__(self) -> int:
        """Number of samples, N."""
        ...

    def batch(self, indices: np.ndarray) -> Batch:
        """The samples at these indices (B), without random changes: what is judged."""
        ...

    def placed(self, model: nn.Module) -> nn.Module:
        """The network on the device, its memory laid out as that of the batches."""
        ...


def labels_on(device: torch.device, subset: Subset) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Class numbers of a subset, and how much each sample counts (None: all the same), on a device."""
    weights = None if subset.weights is None else torch.from_numpy(subset.weights).to(device)
    return torch.from_numpy(subset.targets).to(device), weights


def batch_of(batches: Batches, inputs: tuple[torch.Tensor, ...], indices: np.ndarray) -> Batch:
    """The inputs of the samples at these indices (B), with their class numbers and weights."""
    rows = torch.from_numpy(indices).to(batches.device)
    return Batch(inputs, batches.targets[rows], None if batches.weights is None else batches.weights[rows])


class Epoch(Protocol):
    """One pass over a training subset. indices: int64, the samples in its order, some perhaps several times."""

    @property
    def indices(self) -> np.ndarray: ...

    def batch(self, positions: np.ndarray) -> Batch:
        """The samples at these positions of the order (B), changed at random as this pass changes them."""
        ...


class TrainingBatches(Batches, Protocol):
    """Batches to learn from."""

    def epoch(self, seed: int, number: int) -> Epoch:
        """Pass `number` (from 0): a function of both arguments and of the samples' keys alone."""
        ...


@dataclass(frozen=True)
class OrderedEpoch:
    """A pass that changes nothing but the order."""

    batches: Batches

    indices: np.ndarray

    def batch(self, positions: np.ndarray) -> Batch:
        """As Epoch.batch."""
        return self.batches.batch(self.indices[positions])


@dataclass(frozen=True)
class View(ABC):
    """How a run's network gets to see samples: block `train` of its settings, training seed, fitted mean and std.

    One number a channel or feature; both were fitted on the training subset alone, and so were `stain`: the colours
    that pictures are brought to, None where they are left as they are, and `preparation`: of visits, None of others.
    """

    train: Train
    seed: int
    mean: list[float]
    std: list[float]
    stain: StainReference | None = None
    preparation: PreparationRecord | None = None

    @classmethod
    @abstractmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """Fit it on a training subset, each sample once; `units`: the unit of each, as text."""

    @abstractmethod
    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> TrainingBatches:
        """Samples to learn from."""

    @abstractmethod
    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> Batches:
        """Samples to judge."""


def batch_bounds(count: int, batch_size: int) -> list[tuple[int, int]]:
    """First and last + 1 position of each batch; a single left-over sample joins the batch before it.

    Batch normalisation cannot learn from one sample. Raises UserError when there is only one.
    """
    if count < 2:
        raise UserError(f"the training subset has {count} sample(s); a network needs at least 2")
    starts = list(range(0, count, batch_size))
    if count - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], count], strict=True))
