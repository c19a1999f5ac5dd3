"""Steps of samples, several rows each, as prepared and padded batches."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.preprocessing.visit_preparation import Preparation
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.feeders.standardised import Standardised, StandardisedView, rows_of
from workflow_scripts.training.samples import Subset


class Sequences(Standardised):
    """Batches of one subset: float32 B×T×D, 0 after the last step of a sample; int64 B steps of each; class numbers.

    T is the length of the longest of the subset, so that a sample's input does not depend on its batch. The lengths
    stay on the processor, where nn.utils.rnn.pack_padded_sequence wants them. Visits are prepared as the view was
    fitted, other steps standardised; all of the subset are kept in memory.
    """

    def __init__(self, view: View, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        super().__init__(view, arrays, subset, device)
        everyone = np.arange(len(subset))
        if view.preparation is None:
            self.steps = self.rows(everyone)
        else:
            rows = arrays.data[rows_of(subset, everyone)]
            self.steps = Preparation.of_record(view.preparation).transform(rows, subset.count)
        self.placed_steps = Subset(np.cumsum(subset.count) - subset.count, subset.count, subset.targets, subset.keys)

    def inputs(self, indices: np.ndarray) -> tuple[torch.Tensor, ...]:
        """As Standardised.inputs."""
        lengths, steps = self.subset.count[indices], np.arange(self.subset.count.max(initial=1))
        values = np.zeros((len(indices), len(steps), self.steps.shape[1]), dtype="float32")
        values[steps < lengths[:, None]] = self.steps[rows_of(self.placed_steps, indices)]
        return torch.from_numpy(values).to(self.device), torch.from_numpy(lengths)


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
