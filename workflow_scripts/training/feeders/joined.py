"""What is known of patients as padded batches: the course of their visits, and their images in another study."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.data.linked_features import LinkedFeatures
from workflow_scripts.training import sampling
from workflow_scripts.training.feeders.batches import Batch, OrderedEpoch, View, batch_of, labels_on
from workflow_scripts.training.feeders.sequences import SequenceView
from workflow_scripts.training.samples import Subset


@dataclass(frozen=True)
class PatientImages:
    """The images of the patients of a study of visits.

    rows: int64 P, ascending: the first row of each patient of `features` in the array of visits, by which a sample is
    known.
    """

    features: LinkedFeatures
    rows: np.ndarray

    def patients(self, subset: Subset) -> np.ndarray:
        """int64 N: which of the P patients each sample of a subset is."""
        return np.searchsorted(self.rows, subset.first)


@dataclass(frozen=True)
class JoinedView(View):
    """The view of a run on visits, on images of the same patients, or on both; None: what it does not look at.

    Images are standardised before.
    """

    visits: SequenceView | None = None
    images: PatientImages | None = None

    @classmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """As View.fitted, of visits alone."""
        return cls(train, seed, [], [], visits=SequenceView.fitted(train, seed, arrays, subset, units))

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> "JoinedBatches":
        """As View.training."""
        return JoinedBatches(self, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> "JoinedBatches":
        """As View.applied."""
        return JoinedBatches(self, arrays, subset, device)


class JoinedBatches:
    """Batches of one subset, called as models.joined_branches wants: inputs of visits, of images, or of both.

    Of visits what their own feeder gives; of images float32 B×M×D, 0 behind the last of a patient, and int64 B how many
    there are. M is the largest number of the subset, so that a patient's input does not depend on its batch.
    """

    def __init__(self, view: JoinedView, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        self.device, self.subset, self.sampling = device, subset, view.train.sampling
        self.keys, (self.targets, self.weights) = subset.keys, labels_on(device, subset)
        self._visits = view.visits.applied(arrays, subset, device) if view.visits else None
        self._bags = _Bags(view.images, subset) if view.images else None

    def __len__(self) -> int:
        return len(self.subset)

    def placed(self, model: nn.Module) -> nn.Module:
        """As Batches.placed."""
        return model.to(self.device)

    def batch(self, indices: np.ndarray) -> Batch:
        """As Batches.batch."""
        visits = self._visits.batch(indices).inputs if self._visits else ()
        images = self._bags.of(indices) if self._bags else ()
        return batch_of(self, (*visits, *(torch.from_numpy(part).to(self.device) for part in images)), indices)

    def epoch(self, seed: int, number: int) -> OrderedEpoch:
        """As TrainingBatches.epoch."""
        indices, _ = sampling.epoch(self.sampling, self.subset.targets, self.keys, seed, number)
        return OrderedEpoch(self, indices)


class _Bags:
    """The images of the patients of a subset."""

    def __init__(self, images: PatientImages, subset: Subset) -> None:
        patients = images.patients(subset)
        self.values = images.features.values
        self.first, self.count = images.features.first[patients], images.features.count[patients]
        self.positions = np.arange(self.count.max(initial=1))

    def of(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Padded images and their number of the patients at these indices, see JoinedBatches."""
        first, count = self.first[indices], self.count[indices]
        there = self.positions < count[:, None]
        values = np.zeros((*there.shape, self.values.shape[1]), "float32")
        values[there] = self.values[(first[:, None] + self.positions)[there]]
        return values, count
