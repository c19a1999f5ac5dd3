"""What is known of patients as padded batches: the course of their visits, and their images in another study."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.data.linked_features import LinkedFeatures
from workflow_scripts.training import devices, sampling
from workflow_scripts.training.feeders.batches import Ordered, TrainingBatches, View
from workflow_scripts.training.feeders.sequences import OrderedSequences, SequenceView
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


class JoinedBatches(TrainingBatches):
    """Batches of one subset, called as models.joined_branches wants: inputs of visits, of images, or of both.

    Of visits what their own feeder gives; of images float32 B×M×D, 0 behind the last of a patient, and int64 B how many
    there are. M is the largest number of the subset, so that a patient's input does not depend on its batch.
    """

    steady = False

    def __init__(self, view: JoinedView, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        super().__init__(subset, device)
        self.sampling = view.train.sampling
        self.visits = view.visits.applied(arrays, subset, device) if view.visits else None
        self.bags = _Bags(view.images, subset) if view.images else None

    def ordered(self, indices: np.ndarray) -> "OrderedPatients":
        """As Batches.ordered."""
        visits = self.visits.ordered(indices) if self.visits else None
        return OrderedPatients(indices, *self.labels(indices), self, visits)

    def epoch(self, seed: int, number: int) -> "OrderedPatients":
        """As TrainingBatches.epoch; nothing is changed but the order."""
        indices, _ = sampling.epoch(self.sampling, self.subset.targets, self.keys, seed, number)
        return self.ordered(indices)


@dataclass(frozen=True)
class OrderedPatients(Ordered):
    """Patients in an order, and their visits in it; images are sent a batch at a time."""

    patients: JoinedBatches
    visits: OrderedSequences | None

    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """As Ordered.inputs."""
        patients = self.patients
        visits = self.visits.inputs(start, end) if self.visits else ()
        images = patients.bags.of(self.indices[start:end]) if patients.bags else ()
        return (*visits, *(devices.sent(part, patients.device) for part in images))


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
