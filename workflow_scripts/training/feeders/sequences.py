"""Steps of samples, several rows each, as prepared and padded batches."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.preprocessing.visit_preparation import Preparation
from workflow_scripts.training.feeders.batches import Ordered, View
from workflow_scripts.training.feeders.standardised import Standardised, StandardisedView, rows_of
from workflow_scripts.training.samples import Subset


class Sequences(Standardised):
    """Batches of one subset: float32 B×T×D, 0 after the last step of a sample; int64 B steps of each; class numbers.

    T is the length of the longest of the batch: what follows a sample's last step is never looked at. The lengths stay
    on the processor, where nn.utils.rnn.pack_padded_sequence wants them. Visits are prepared as the view was fitted,
    other steps standardised; all of the subset are kept in memory, on the device.
    """

    steady = False

    def __init__(self, view: View, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        super().__init__(view, arrays, subset, device)
        everyone = np.arange(len(subset))
        if view.preparation is None:
            steps = self.rows(everyone)
        else:
            rows = arrays.data[rows_of(subset, everyone)]
            steps = Preparation.of_record(view.preparation).transform(rows, subset.count)
        # The last row stands for no step: what a sample has behind its last one is all there.
        self.steps = torch.from_numpy(np.pad(steps, ((0, 1), (0, 0)))).to(device)
        first, numbers = np.cumsum(subset.count) - subset.count, np.arange(subset.count.max(initial=1))
        rows_of_steps = np.where(numbers < subset.count[:, None], first[:, None] + numbers, len(steps))
        self.rows_of_steps = self.on_device(rows_of_steps.astype("int32"))

    def ordered(self, indices: np.ndarray) -> "OrderedSequences":
        """As Batches.ordered."""
        rows, lengths = self.rows_of_steps[self.on_device(indices)], torch.from_numpy(self.subset.count[indices])
        return OrderedSequences(indices, *self.labels(indices), self.steps, rows, lengths)


@dataclass(frozen=True)
class OrderedSequences(Ordered):
    """Sequences in an order; rows_of_steps: int32 N×T on the device, into `steps`; lengths: int64 N, see Sequences."""

    steps: torch.Tensor
    rows_of_steps: torch.Tensor
    lengths: torch.Tensor

    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """As Ordered.inputs, but for the lengths."""
        lengths = self.lengths[start:end]
        rows = self.rows_of_steps[start:end, : int(lengths.max())]
        return torch.index_select(self.steps, 0, rows.reshape(-1)).view(*rows.shape, -1), lengths


@dataclass(frozen=True)
class SequenceView(StandardisedView):
    """The view of a run on sequences; of visits it holds their preparation, and neither mean nor std."""

    @classmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """As View.fitted."""
        if arrays.preparation is None:
            return super().fitted(train, seed, arrays, subset, units)
        rows = arrays.data[rows_of(subset, np.arange(len(subset)))]
        preparation = Preparation.fit(rows, subset.count, arrays.columns, arrays.preparation)
        return cls(train, seed, [], [], preparation=preparation.as_record())

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> Sequences:
        """As View.training."""
        return Sequences(self, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> Sequences:
        """As View.applied."""
        return Sequences(self, arrays, subset, device)
