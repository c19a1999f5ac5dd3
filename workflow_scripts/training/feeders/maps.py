"""Stored maps of a network's first stages as batches: a flip or a quarter turn picks the map of the changed picture.

What is random is drawn as for pictures, so a training from maps sees the very changes that one from pixels sees.
"""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.symmetries import eight_symmetries
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import augment as augmentation
from workflow_scripts.training import devices, sampling
from workflow_scripts.training.feeders.batches import Batches, Ordered, TrainingBatches, View
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


class Maps(Batches):
    """Batches of one subset: float32 B×C×H×W, the maps of its pictures as they are, and class numbers.

    Of a memory map only a batch is read at a time. On a GPU the subset's maps live there, as they are stored, where
    they take at most half of the free memory.
    """

    def __init__(self, train: Train, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        super().__init__(subset, device)
        self.data = arrays.data
        self.layout = torch.channels_last if train.channels_last else torch.contiguous_format
        self.resident = None
        # Samples that are shown several times share their maps.
        first, self.sample_at = np.unique(subset.first, return_inverse=True)
        self.maps_a_sample = int(subset.count.max(initial=1))
        if devices.may_hold(device, len(first) * self.maps_a_sample * self.data[:1].nbytes):
            rows = (first[:, None] + np.arange(self.maps_a_sample)).ravel()
            self.resident = torch.from_numpy(self.data[rows]).to(device)

    def ordered(self, indices: np.ndarray) -> "OrderedMaps":
        """As Batches.ordered."""
        return self.changed(indices, np.zeros_like(indices))

    def changed(self, indices: np.ndarray, symmetries: np.ndarray) -> "OrderedMaps":
        """The maps at these indices (N) in this order, each of the picture changed by one of its symmetries (N)."""
        rows = None
        if self.resident is not None:
            rows = self.on_device(self.sample_at[indices] * self.maps_a_sample + symmetries)
        return OrderedMaps(indices, *self.labels(indices), self, rows, symmetries)


@dataclass(frozen=True)
class OrderedMaps(Ordered):
    """Maps in an order; rows: of those that live on the device, None where none do; symmetries: int64 N."""

    maps: Maps
    rows: torch.Tensor | None
    symmetries: np.ndarray

    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """As Ordered.inputs."""
        maps = self._stored(start, end).permute(0, 3, 1, 2).float()
        return (maps.contiguous(memory_format=self.maps.layout),)

    def _stored(self, start: int, end: int) -> torch.Tensor:
        maps = self.maps
        if self.rows is not None and maps.resident is not None:
            return maps.resident[self.rows[start:end]]
        rows = maps.subset.first[self.indices[start:end]] + self.symmetries[start:end]
        return devices.sent(maps.data[rows], maps.device)


class TrainingMaps(Maps, TrainingBatches):
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

    def epoch(self, seed: int, number: int) -> OrderedMaps:
        """As TrainingBatches.epoch."""
        indices, keys = sampling.epoch(self.train.sampling, self.subset.targets, self.keys, seed, number)
        changes = augmentation.draw(self.train.augment, seed, number, keys, torch.device("cpu"), self.pixels)
        return self.changed(indices, symmetries_of(changes, self.variants[indices]))


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
    changed = augmentation.apply(augmentation.copied(pictures, variants), changes)
    eight = torch.from_numpy(np.stack(eight_symmetries(picture)))
    same = (changed.reshape(-1, 1, 4) == eight.reshape(1, -1, 4)).all(dim=2)
    return same.int().argmax(dim=1).reshape(augmentation.COPIES, 2, 2, 4).numpy()
