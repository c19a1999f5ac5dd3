"""What the training loop knows of its data: batches, targets and keys, whatever the samples are.

A feeder is a subclass of Batches, for one kind of array; feeder_registry names them. A view is what a training has
fitted on its training subset, and makes the feeders of it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

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


@dataclass(frozen=True)
class Ordered(ABC):
    """Samples of a subset in an order, some perhaps several times, and what is made of each.

    indices: int64 N, on the processor; targets: int64 N; weights: float32 N, how much each counts, None: all the same.
    What decides about a batch lies on the device as a whole, and a batch is a view of it: a GPU never waits for one.
    """

    indices: np.ndarray
    targets: torch.Tensor
    weights: torch.Tensor | None

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, start: int, end: int) -> Batch:
        """The samples at the positions [start, end) of the order."""
        weights = None if self.weights is None else self.weights[start:end]
        return Batch(self.inputs(start, end), self.targets[start:end], weights)

    @abstractmethod
    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """What a network is called with for these samples, on the device."""


class Batches(ABC):
    """Batches of one subset. targets: int64 N on the device; keys: uint64 N.

    weights: float32 N on the device, how much each counts; None: all the same. layout: of pictures and maps in memory.
    steady: whether batches of equal size have equal shapes and lie wholly on the device.
    """

    layout: torch.memory_format = torch.contiguous_format
    steady: bool = True

    def __init__(self, subset: Subset, device: torch.device) -> None:
        self.subset, self.device, self.keys = subset, device, subset.keys
        self.targets = torch.from_numpy(subset.targets).to(device)
        self.weights = None if subset.weights is None else torch.from_numpy(subset.weights).to(device)

    def __len__(self) -> int:
        """Number of samples, N."""
        return len(self.subset)

    def placed(self, model: nn.Module) -> nn.Module:
        """The network on the device, its memory laid out as that of the batches."""
        # PyTorch's types do not know the memory format.
        return model.to(self.device, memory_format=self.layout)  # type: ignore[call-overload]

    @abstractmethod
    def ordered(self, indices: np.ndarray) -> Ordered:
        """The samples at these indices in this order, without random changes: what is judged."""

    def batch(self, indices: np.ndarray) -> Batch:
        """The samples at these indices (B) as one batch, without random changes."""
        return self.ordered(indices).batch(0, len(indices))

    def labels(self, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Class numbers of the samples at these indices, and how much each counts (None: all the same)."""
        rows = self.on_device(indices)
        return self.targets[rows], None if self.weights is None else self.weights[rows]

    def on_device(self, numbers: np.ndarray) -> torch.Tensor:
        """The same numbers on the device."""
        return torch.from_numpy(numbers).to(self.device)


class TrainingBatches(Batches):
    """Batches to learn from."""

    @abstractmethod
    def epoch(self, seed: int, number: int) -> Ordered:
        """Pass `number` (from 0), changed at random: a function of both arguments and of the samples' keys alone."""


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
