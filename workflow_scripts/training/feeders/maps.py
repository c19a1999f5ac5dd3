"""Stored maps of a network's first stages as batches: a flip or a quarter turn picks the map of the changed picture.

What is random is drawn as for pictures, so a training from maps sees the very changes that one from pixels sees.
"""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.symmetries import eight_symmetries
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import augment as augmentation
from workflow_scripts.training import devices, sampling
from workflow_scripts.training.feeders.batches import Batch, View, batch_of, labels_on
from workflow_scripts.training.feeders.pixels import fourfold
from workflow_scripts.training.samples import Subset


@dataclass(frozen=True)
class MapView(View):
    """The view of a run on maps; mean and std are those of the pixels that the maps were made of."""

    @classmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """As View.fitted, but nothing is left to be fitted: the pixels were normalised when the maps were made."""
        source = arrays.map_source
        return cls(train, seed, list(source.mean), list(source.std))

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> "TrainingMaps":
        """As View.training."""
        return TrainingMaps(self.train, arrays, subset, device)

    def applied(self, arrays: Arrays, subset: Subset, device: torch.device) -> "Maps":
        """As View.applied."""
        return Maps(self.train, arrays, subset, device)


class Maps:
    """Batches of one subset: float32 B×C×H×W, the maps of its pictures as they are, and class numbers.

    Of a memory map only a batch is read at a time. On a GPU the subset's maps live there, as they are stored, where
    they take at most half of the free memory.
    """

    def __init__(self, train: Train, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        self.data, self.subset, self.device = arrays.data, subset, device
        self.layout = torch.channels_last if train.channels_last else torch.contiguous_format
        self.keys, (self.targets, self.weights) = subset.keys, labels_on(device, subset)
        self.resident, self.held_at = None, np.empty(0, dtype="int64")
        # Samples that are shown several times share their maps.
        first, self.sample_at = np.unique(subset.first, return_inverse=True)
        self.maps_a_sample = int(subset.count.max(initial=1))
        if devices.may_hold(device, len(first) * self.maps_a_sample * self.data[:1].nbytes):
            rows = (first[:, None] + np.arange(self.maps_a_sample)).ravel()
            self.resident = torch.from_numpy(self.data[rows]).to(device)

    def __len__(self) -> int:
        return len(self.subset)

    def placed(self, model: nn.Module) -> nn.Module:
        """As Batches.placed."""
        # PyTorch's types do not know the memory format.
        return model.to(self.device, memory_format=self.layout)  # type: ignore[call-overload]

    def batch(self, indices: np.ndarray) -> Batch:
        """As Batches.batch."""
        return self.changed(indices, np.zeros_like(indices))

    def changed(self, indices: np.ndarray, symmetries: np.ndarray) -> Batch:
        """The maps at these indices (B), each of the picture changed by one of its symmetries (B)."""
        maps = self._stored(indices, symmetries).permute(0, 3, 1, 2).float()
        return batch_of(self, (maps.contiguous(memory_format=self.layout),), indices)

    def _stored(self, indices: np.ndarray, symmetries: np.ndarray) -> torch.Tensor:
        if self.resident is not None:
            rows = self.sample_at[indices] * self.maps_a_sample + symmetries
            return self.resident[torch.from_numpy(rows).to(self.device)]
        batch = torch.from_numpy(self.data[self.subset.first[indices] + symmetries])
        return batch.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else batch


class TrainingMaps(Maps):
    """Maps to learn from: each epoch draws their order, and which of its maps stands for each sample, anew.

    UserError where samples have fewer maps than `train` draws from.
    """

    def __init__(self, train: Train, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        drawn, copies = train.augment.symmetries, train.copies == "fourfold"
        if (drawn or copies) and arrays.map_source.symmetries == 1:
            what = f"copies: {train.copies}" if copies else f"augment.{drawn[0]}"
            raise UserError(f"train.{what} needs maps of flips and turns; set symmetries of the embedding to eight")
        subset, self.variants = fourfold(subset) if copies else (subset, np.zeros(len(subset), dtype="int64"))
        super().__init__(train, arrays, subset, device)
        self.train, self.pixels = train, arrays.map_source.pixels
        augmentation.check(train.augment, self.pixels)

    def epoch(self, seed: int, number: int) -> "MapEpoch":
        """As TrainingBatches.epoch."""
        indices, keys = sampling.epoch(self.train.sampling, self.subset.targets, self.keys, seed, number)
        changes = augmentation.draw(self.train.augment, seed, number, keys, torch.device("cpu"), self.pixels)
        return MapEpoch(self, indices, symmetries_of(changes, self.variants[indices]))


@dataclass(frozen=True)
class MapEpoch:
    """A pass over maps; symmetries: which of its sample's maps stands at each position of its order."""

    maps: Maps
    indices: np.ndarray
    symmetries: np.ndarray

    def batch(self, positions: np.ndarray) -> Batch:
        """As Epoch.batch."""
        return self.maps.changed(self.indices[positions], self.symmetries[positions])


def symmetries_of(changes: augmentation.Changes, variants: np.ndarray) -> np.ndarray:
    """int64 N: the number of the symmetry that copies (`variants`), flips and quarter turns of N pictures come to."""
    still = torch.zeros(len(variants), dtype=torch.int64)
    drawn = (changes.horizontal, changes.vertical, changes.quarter_turns)
    return _numbers()[variants, *((still if values is None else values.long()).numpy() for values in drawn)]


@cache
def _numbers() -> np.ndarray:
    """int64 4×2×2×4: variant, left-right flip, up-down flip and quarter turns → symmetry, as a picture shows it."""
    variants, horizontal, vertical, turns = (
        torch.from_numpy(values.ravel()) for values in np.indices((augmentation.COPIES, 2, 2, 4))
    )
    picture = np.arange(4, dtype="float32").reshape(2, 2, 1)
    pictures = torch.from_numpy(picture).expand(len(variants), 2, 2, 1)
    changes = augmentation.Changes(1.0, horizontal.bool(), vertical.bool(), turns)
    changed = augmentation.apply(augmentation.copied(pictures, variants), changes, torch.arange(len(variants)))
    eight = torch.from_numpy(np.stack(eight_symmetries(picture)))
    same = (changed.reshape(-1, 1, 4) == eight.reshape(1, -1, 4)).all(dim=2)
    return same.int().argmax(dim=1).reshape(augmentation.COPIES, 2, 2, 4).numpy()
