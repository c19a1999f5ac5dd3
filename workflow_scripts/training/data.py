"""Samples of one fold, and their packed pixels as normalised batches on a device."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.data.packed import read_fold
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import augment as augmentation
from workflow_scripts.training.randomness import GOLDEN, keys_of
from workflow_scripts.training.sampling import repeated_keys

# ImageNet's, as torchvision's models document them; 0.5 maps pixels to [-1, 1].
FIXED_STATISTICS = {"imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), "half": ([0.5] * 3, [0.5] * 3)}
SMALLEST_STD = 1 / 255
ROWS_AT_A_TIME = 256
RESIDENT_SHARE = 0.5


@dataclass(frozen=True)
class Subset:
    """Samples in the order of the array: its rows, class numbers (int64), and keys (uint64) that name a sample.

    `variants` (int64): which copy of its sample each position is, see augment.copied; None: all are the samples.
    """

    rows: np.ndarray
    targets: np.ndarray
    keys: np.ndarray
    variants: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def repeated(self, positions: np.ndarray) -> "Subset":
        """The samples at these positions, some several times: each time with a key of its own, see fourfold."""
        variants = None if self.variants is None else self.variants[positions]
        return Subset(self.rows[positions], self.targets[positions], repeated_keys(self.keys, positions), variants)

    def fourfold(self) -> "Subset":
        """Each sample four times: as it is, turned by 180°, flipped left-right, flipped up-down.

        As in Liu et al., CVM-Cervix (2022), section 4.7.2. A copy has a key of its own and so its own place in the
        order and its own random changes; it has no id. The samples come first.
        """
        variants = np.repeat(np.arange(augmentation.COPIES), len(self))
        rows, targets, keys = (np.tile(values, augmentation.COPIES) for values in (self.rows, self.targets, self.keys))
        return Subset(rows, targets, keys + variants.astype("uint64") * GOLDEN, variants)


@dataclass(frozen=True)
class Samples:
    """One fold: pixels uint8 N×H×W×3 (memory-mapped), class order, a table of samples, and masks, if there are any.

    The table has the columns id, unit, group, label, subset and row (of the pixels), sorted by row. `masks` uint8
    N×H×W (memory-mapped): 1 where a pixel is kept.
    """

    images: np.ndarray
    classes: list[str]
    table: pd.DataFrame
    masks: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return self.images.shape[1]

    def subset(self, name: str) -> Subset:
        """The samples of one subset."""
        return self.subset_of(self.table[self.table["subset"] == name])

    def subset_of(self, chosen: pd.DataFrame) -> Subset:
        """The samples of some rows of the table."""
        numbers = {label: number for number, label in enumerate(self.classes)}
        targets = chosen["label"].map(numbers).to_numpy(dtype="int64", copy=True)
        return Subset(chosen["row"].to_numpy(dtype="int64", copy=True), targets, keys_of(chosen["id"]))


def read_samples(dataset: Path, arrays: Path, split: Path, fold: int) -> Samples:
    """Read a fold of a split and open the pixels it refers to; UserError as data.packed.read_fold."""
    return Samples(*read_fold(dataset, arrays, split, fold))


def masked(images: np.ndarray, masks: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """uint8 B×H×W×3 images of some rows, black where a mask leaves them out."""
    return images[rows] if masks is None else images[rows] * masks[rows][..., None]


def statistics(
    images: np.ndarray, rows: np.ndarray, kind: str, masks: np.ndarray | None = None
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of the three channels, of pixels in [0, 1]; kind "dataset": over `rows` only.

    With `masks`, of the images as they are shown, what is left out being black.
    """
    if kind != "dataset":
        mean, std = FIXED_STATISTICS[kind]
        return list(mean), list(std)
    # Whole numbers, so that the sums are exact whatever their order.
    total, squares = np.zeros(3, dtype="int64"), np.zeros(3, dtype="int64")
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        block = torch.from_numpy(masked(images, masks, rows[start : start + ROWS_AT_A_TIME])).reshape(-1, 3)
        total += block.sum(0, dtype=torch.int64).numpy()
        squares += block.int().square().sum(0, dtype=torch.int64).numpy()
    count = len(rows) * images.shape[1] * images.shape[2]
    mean = total / count / 255
    std = np.sqrt(np.maximum(squares / count / 255**2 - mean**2, 0))
    return mean.tolist(), np.maximum(std, SMALLEST_STD).tolist()


class Feeder:
    """Batches of one subset: normalised float32 images and class numbers, on the device.

    `masks`: laid over the images. `always`: changes of every batch that is given none, at the positions of the subset.
    On a GPU the subset's pixels live there as bytes where they take at most half of the free memory.
    """

    def __init__(
        self,
        images: np.ndarray,
        subset: Subset,
        device: torch.device,
        mean: list[float],
        std: list[float],
        channels_last: bool,
        masks: np.ndarray | None = None,
        always: "augmentation.Changes | None" = None,
    ) -> None:
        self.subset, self.images, self.masks, self.always, self.device = subset, images, masks, always, device
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.targets = torch.from_numpy(subset.targets).to(device)
        self.scale = (1 / (255 * torch.tensor(std, dtype=torch.float64))).float().view(1, 3, 1, 1).to(device)
        offset = torch.tensor(mean, dtype=torch.float64) / torch.tensor(std, dtype=torch.float64)
        self.offset = offset.float().view(1, 3, 1, 1).to(device)
        self.resident = None
        # Copies share their pixels.
        rows, self.held_at = np.unique(subset.rows, return_inverse=True)
        if device.type == "cuda" and len(rows) * images[0].nbytes <= RESIDENT_SHARE * torch.cuda.mem_get_info()[0]:
            self.resident = torch.from_numpy(masked(images, masks, rows)).to(device)

    def __len__(self) -> int:
        return len(self.subset)

    def pixels(self, positions: np.ndarray) -> torch.Tensor:
        """uint8 B×H×W×3 images of the samples, or their copies, at these positions of the subset."""
        pixels = self._held(positions)
        if self.subset.variants is None:
            return pixels
        return augmentation.copied(pixels, torch.from_numpy(self.subset.variants[positions]).to(self.device))

    def _held(self, positions: np.ndarray) -> torch.Tensor:
        if self.resident is not None:
            return self.resident[torch.from_numpy(self.held_at[positions]).to(self.device)]
        batch = torch.from_numpy(masked(self.images, self.masks, self.subset.rows[positions]))
        return batch.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else batch

    def batch(
        self, positions: np.ndarray, changes: "augmentation.Changes | None" = None, turns: np.ndarray | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images B×3×H×W and class numbers B; with `changes`, augmented by those at `turns` (None: `positions`)."""
        pixels = self.pixels(positions)
        places = torch.from_numpy(positions).to(self.device)
        changes = changes or self.always
        if changes:
            chosen = places if turns is None else torch.from_numpy(turns).to(self.device)
            images = augmentation.apply(pixels, changes, chosen)
        else:
            images = pixels.permute(0, 3, 1, 2).float()
        images = (images * self.scale).sub_(self.offset)
        return images.contiguous(memory_format=self.layout), self.targets[places]


def batch_bounds(count: int, batch_size: int) -> list[tuple[int, int]]:
    """First and last + 1 position of each batch; a single left-over sample joins the batch before it.

    Batch normalisation cannot learn from one sample. Raises UserError when there is only one.
    """
    if count < 2:
        raise UserError(f"the training subset has {count} image(s); a network needs at least 2")
    starts = list(range(0, count, batch_size))
    if count - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], count], strict=True))
