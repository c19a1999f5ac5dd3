"""Pictures as normalised batches: masks, copies, random changes, noise and the layout of memory."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.stain_reference import StainReference
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import augment as augmentation
from workflow_scripts.training import devices, sampling
from workflow_scripts.training.feeders.batches import Batches, Ordered, TrainingBatches, View
from workflow_scripts.training.feeders.stained import StainedRows, fitted_reference, stained
from workflow_scripts.training.randomness import GOLDEN
from workflow_scripts.training.samples import Subset

# Mean and standard deviation of ImageNet's three channels, as torchvision's models document them.
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
# Mean and standard deviation that map pixels to [-1, 1].
HALF = 0.5
# Of the full range: one step of 8 bits.
SMALLEST_STD = 1 / 255
ROWS_AT_A_TIME = 256
# Epochs count from 0: noise on pictures that are not trained on is that of no epoch, and always the same.
APPLIED_EPOCH = -1


@dataclass(frozen=True)
class PixelView(View):
    """Stain, normalisation, masks and noise of one run on pictures."""

    @classmethod
    def fitted(cls, train: Train, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray) -> Self:
        """As View.fitted; fixed numbers where `normalise` says so."""
        masks = arrays.masks if train.mask else None
        stain = fitted_reference(train.stain, seed, arrays, subset, units)
        return cls(train, seed, *statistics(arrays, subset.first, train.normalise, masks, stain), stain)

    def normalisation(self, channels_last: bool) -> "Normalisation":
        """What is done to every picture."""
        return Normalisation(self.mean, self.std, channels_last, self.stain)

    def training(self, arrays: Arrays, subset: Subset, device: torch.device) -> "TrainingPixels":
        """Pictures to learn from, with masks and random changes as the block `train` says."""
        return TrainingPixels(self, arrays, subset, device)

    def applied(
        self, arrays: Arrays, subset: Subset, device: torch.device, channels_last: bool | None = None
    ) -> "Pixels":
        """Pictures to judge, with the masks and the noise of the training as its `at_test` says.

        `channels_last` None: as in the training. The noise of a sample depends on the training's seed and the sample's
        key alone.
        """
        train = self.train
        masks = arrays.masks if train.mask and "mask" in train.at_test else None
        share = train.augment.noise if "noise" in train.at_test else 0
        scale = arrays.description.scale
        noise = augmentation.noise_alone(share, self.seed, APPLIED_EPOCH, subset.keys, scale) if share else None
        layout = train.channels_last if channels_last is None else channels_last
        return Pixels(arrays, subset, device, self.normalisation(layout), masks, noise)


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, of pixels in [0, 1], and whether channels come last in memory.

    stain: the colours that pictures get first, None where they have their own.
    """

    mean: list[float]
    std: list[float]
    channels_last: bool
    stain: StainReference | None = None

    @property
    def layout(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format


class Pixels(Batches):
    """Batches of one subset of pictures: normalised float32 B×C×H×W, and class numbers.

    masks: applied to the pictures, what they leave out is black; changes: made to every picture of the subset that is
    judged; variants: which copy of its sample each is, see fourfold. On a GPU the subset's pixels live there where they
    take at most half of the free memory.
    """

    def __init__(
        self,
        arrays: Arrays,
        subset: Subset,
        device: torch.device,
        normalisation: Normalisation,
        masks: np.ndarray | None = None,
        changes: "augmentation.Changes | None" = None,
        variants: np.ndarray | None = None,
    ) -> None:
        super().__init__(subset, device)
        self.data, self.masks = stained(arrays.data, normalisation.stain), masks
        self.changes, self.variants, self.layout = changes, variants, normalisation.layout
        channels, scale = arrays.description.channels, arrays.description.scale
        std = torch.tensor(normalisation.std, dtype=torch.float64)
        self.scale = (1 / (scale * std)).float().view(1, channels, 1, 1).to(device)
        offset = torch.tensor(normalisation.mean, dtype=torch.float64) / std
        self.offset = offset.float().view(1, channels, 1, 1).to(device)
        self.resident = None
        # Copies share their pixels.
        rows, self.held_at = np.unique(subset.first, return_inverse=True)
        if devices.may_hold(device, len(rows) * _bytes_held(arrays.data)):
            self.resident = torch.from_numpy(shown(self.data, masks, rows)).to(device)

    def ordered(self, indices: np.ndarray) -> "OrderedPixels":
        """As Batches.ordered."""
        return self.changed(indices, self.changes.at(indices) if self.changes else None)

    def changed(self, indices: np.ndarray, changes: "augmentation.Changes | None") -> "OrderedPixels":
        """The pictures at these indices (N) in this order, changed as `changes` says of these N."""
        rows = None if self.resident is None else self.on_device(self.held_at[indices])
        variants = None if self.variants is None else self.on_device(self.variants[indices])
        return OrderedPixels(indices, *self.labels(indices), self, rows, variants, changes)


@dataclass(frozen=True)
class OrderedPixels(Ordered):
    """Pictures in an order; rows: of those that live on the device, None where none do."""

    pictures: Pixels
    rows: torch.Tensor | None
    variants: torch.Tensor | None
    changes: "augmentation.Changes | None"

    def inputs(self, start: int, end: int) -> tuple[torch.Tensor, ...]:
        """As Ordered.inputs."""
        pictures, pixels = self.pictures, self.pixels(start, end)
        if self.changes:
            images = augmentation.apply(pixels, self.changes.at(slice(start, end)))
        else:
            images = pixels.permute(0, 3, 1, 2).float()
        images = (images * pictures.scale).sub_(pictures.offset)
        return (images.contiguous(memory_format=pictures.layout),)

    def pixels(self, start: int, end: int) -> torch.Tensor:
        """B×H×W×C pictures, or copies of them, at these positions: uint8, or float32 of other types."""
        pixels = self._held(start, end)
        return pixels if self.variants is None else augmentation.copied(pixels, self.variants[start:end])

    def _held(self, start: int, end: int) -> torch.Tensor:
        pictures = self.pictures
        if self.rows is not None and pictures.resident is not None:
            return pictures.resident[self.rows[start:end]]
        rows = pictures.subset.first[self.indices[start:end]]
        return devices.sent(shown(pictures.data, pictures.masks, rows), pictures.device)


class TrainingPixels(Pixels, TrainingBatches):
    """Pictures to learn from: each epoch draws their order and their random changes anew."""

    def __init__(self, view: PixelView, arrays: Arrays, subset: Subset, device: torch.device) -> None:
        train = view.train
        augmentation.check(train.augment, arrays.description)
        subset, variants = fourfold(subset) if train.copies == "fourfold" else (subset, None)
        masks = arrays.masks if train.mask else None
        super().__init__(arrays, subset, device, view.normalisation(train.channels_last), masks, variants=variants)
        self.train, self.description = train, arrays.description

    def epoch(self, seed: int, number: int) -> OrderedPixels:
        """As TrainingBatches.epoch."""
        indices, keys = sampling.epoch(self.train.sampling, self.subset.targets, self.keys, seed, number)
        changes = augmentation.draw(self.train.augment, seed, number, keys, self.device, self.description)
        return self.changed(indices, changes)


def fourfold(subset: Subset) -> tuple[Subset, np.ndarray]:
    """Each sample four times: as it is, turned by 180°, flipped left-right, flipped up-down; and which of them each is.

    As in Liu et al., CVM-Cervix (2022), section 4.7.2. A copy has a key of its own and so its own place in the order
    and its own random changes; it has no id. The samples come first.
    """
    variants = np.repeat(np.arange(augmentation.COPIES), len(subset))
    parts = (subset.first, subset.count, subset.targets, subset.keys)
    first, count, targets, keys = (np.tile(values, augmentation.COPIES) for values in parts)
    return Subset(first, count, targets, keys + variants.astype("uint64") * GOLDEN), variants


def shown(data: np.ndarray | StainedRows, masks: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """B×H×W×C pictures of some rows, black where a mask leaves them out; uint8, or float32 of other types."""
    pixels = data[rows] if masks is None else data[rows] * masks[rows][..., None]
    # PyTorch has hardly any operation on uint16; float32 holds all of its numbers.
    return pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)


def statistics(
    arrays: Arrays,
    rows: np.ndarray,
    kind: str,
    masks: np.ndarray | None = None,
    stain: StainReference | None = None,
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, of pixels in [0, 1]; kind "dataset": over `rows` only.

    Other kinds are fixed numbers: unit, half and imagenet. With `masks` and `stain`, of the pictures as they are shown,
    what is left out being black. UserError for imagenet and pictures that are not in colour.
    """
    channels, scale = arrays.description.channels, arrays.description.scale
    if kind == "unit":
        return [0.0] * channels, [1.0] * channels
    if kind == "half":
        return [HALF] * channels, [HALF] * channels
    if kind == "imagenet":
        if channels != len(IMAGENET[0]):
            raise UserError(f"train.normalise: imagenet is for pictures in colour, these have {channels}; set dataset")
        return list(IMAGENET[0]), list(IMAGENET[1])
    # Whole numbers, so that the sums are exact whatever their order; of float32 they are exact but for rounding.
    exact = torch.float64 if arrays.description.dtype == "float32" else torch.int64
    data = stained(arrays.data, stain)
    total, squares = (np.zeros(channels, dtype=str(exact).removeprefix("torch.")) for _ in range(2))
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        pixels = shown(data, masks, rows[start : start + ROWS_AT_A_TIME])
        block = torch.from_numpy(pixels).reshape(-1, channels)
        total += block.sum(0, dtype=exact).numpy()
        squares += _squares(block, exact)
    count = len(rows) * arrays.description.height * arrays.description.width
    mean = total / count / scale
    std = np.sqrt(np.maximum(squares / count / scale**2 - mean**2, 0))
    return mean.tolist(), np.maximum(std, SMALLEST_STD).tolist()


def _squares(block: torch.Tensor, exact: torch.dtype) -> np.ndarray:
    """Sum of the squares of each channel of n×C pixels; those of bytes fit into 32 bits, which takes half the time."""
    wide = block.int() if block.dtype == torch.uint8 else block.to(exact)
    return wide.square().sum(0, dtype=exact).numpy()


def _bytes_held(data: np.ndarray) -> int:
    """Bytes that a row takes on the device."""
    return data[0].nbytes if data.dtype == np.uint8 else data[0].size * 4
