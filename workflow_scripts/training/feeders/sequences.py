"""Steps of samples, several rows each, as standardised and padded batches."""

from dataclasses import dataclass

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.training.feeders.standardised import Standardised, StandardisedView
from workflow_scripts.training.samples import Subset


class Sequences(Standardised):
    """Batches of one subset: float32 B×T×D, 0 after the last step of a sample; int64 B steps of each; class numbers.

    T is the length of the longest of the subset, so that a sample's input does not depend on its batch. The lengths
    stay on the processor, where nn.utils.rnn.pack_padded_sequence wants them.
    """

    def inputs(self, indices: np.ndarray) -> tuple[torch.Tensor, ...]:
        """As Standardised.inputs."""
        lengths, steps = self.subset.count[indices], np.arange(self.subset.count.max(initial=1))
        values = np.zeros((len(indices), len(steps), self.data.shape[1]), dtype="float32")
        values[steps < lengths[:, None]] = self.rows(indices)
        return torch.from_numpy(values).to(self.device), torch.from_numpy(lengths)


@dataclass(frozen=True)
class SequenceView(StandardisedView):
    """The view of a run on sequences."""

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> Sequences:
        """As View.training."""
        return Sequences(self, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> Sequences:
        """As View.applied."""
        return Sequences(self, arrays, subset, device)
