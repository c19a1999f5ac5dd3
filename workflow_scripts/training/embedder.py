"""A network that learns nothing, and what it makes of pictures: maps of some height and width, or their means."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.arrays import FEATURES, MAPS, ArrayDescription, Arrays
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.stages import front
from workflow_scripts.models.weights import load_start
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels, statistics
from workflow_scripts.training.samples import Subset

# The value of the setting `weights`.
PUBLISHED = "published"
SYMMETRIES = {"none": 1, "eight": 8}
TURNS = 4
# Pictures whose rows are written, and kept after a kill, together; the same ones whatever came before.
BLOCK = 32
# Pictures of a forward pass. On a CPU few at a time, channels last, take a quarter to two thirds of a block's time.
FORWARD = {"cpu": 4, "cuda": BLOCK}
# Maps are images × channels × height × width, tokens images × places × channels.
_MAP_DIMENSIONS, _TOKEN_DIMENSIONS = 4, 3


@dataclass(frozen=True)
class Embedder:
    """What makes the rows of pictures.

    network: B×C×H×W normalised pictures → B×c×h×w maps, or B×n×c tokens; pictures: all of the study's as its batches.
    """

    embedding: Embedding
    network: nn.Module
    pictures: Pixels
    mean: list[float]
    std: list[float]

    @classmethod
    def of(cls, settings: EmbedSettings, arrays: Arrays, weights: Path | None, device: torch.device) -> "Embedder":
        """Build the network and load its weights; UserError as models.registry and models.stages, and load_start."""
        embedding, rows = settings.embedding, np.arange(len(arrays.data))
        mean, std = statistics(arrays, rows, embedding.normalise)
        still = np.zeros_like(rows)
        everything = Subset(rows, np.ones_like(rows), still, still.astype("uint64"))
        pictures = Pixels(arrays, everything, device, Normalisation(mean, std, channels_last=True))
        network = embedding_network(embedding, InputShape.of(arrays.description), settings.seed, weights)
        return cls(embedding, pictures.placed(network).eval(), pictures, mean, std)

    @property
    def symmetries(self) -> int:
        """Rows of a picture."""
        return SYMMETRIES[self.embedding.symmetries]

    def described(self) -> ArrayDescription:
        """What a row is, tried on the first picture."""
        row = self.rows(range(1))[0]
        return ArrayDescription(MAPS if row.ndim > 1 else FEATURES, self.embedding.stored, row.shape, 1.0)

    def rows(self, block: range) -> np.ndarray:
        """The rows of some pictures, those of each next to each other; h×w×c, or c numbers.

        UserError for numbers that the stored type does not hold.
        """
        (images,) = self.pictures.batch(np.arange(block.start, block.stop)).inputs
        parts = [self._embedded(changed) for changed in symmetries_of(images, self.symmetries)]
        rows = np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])
        with np.errstate(over="ignore"):
            stored = rows.astype(self.embedding.stored)
        if not np.isfinite(stored).all():
            raise UserError(
                f"the network {self.embedding.model} makes numbers that {self.embedding.stored} does not hold (largest "
                f"{np.abs(rows).max():g}); set stored: float32, or other weights"
            )
        return stored

    def _embedded(self, images: torch.Tensor) -> np.ndarray:
        with torch.no_grad(), devices.autocast(images.device, self.embedding.precision):
            parts = (
                self.network(part.contiguous(memory_format=self.pictures.layout)).float()
                for part in images.split(FORWARD[images.device.type])
            )
            maps = torch.cat(list(parts))
        if self.embedding.pool == "mean":
            maps = maps.mean(dim=(2, 3)) if maps.ndim == _MAP_DIMENSIONS else maps.mean(dim=1)
        elif maps.ndim == _MAP_DIMENSIONS:
            maps = maps.permute(0, 2, 3, 1)
        if maps.ndim == _TOKEN_DIMENSIONS:
            raise UserError(f"the network {self.embedding.model} makes tokens and no maps; set pool: mean")
        return maps.cpu().numpy()


class LastMap(nn.Module):
    """What a network's classifier takes, before it is pooled."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        named = "forward_features" if hasattr(network, "forward_features") else "features"
        self.layers: Callable[[torch.Tensor], torch.Tensor] = getattr(network, named)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """B×C×H×W → B×c×h×w maps; of a transformer B×n×c tokens of places, its further tokens left out."""
        maps = self.layers(images)
        if maps.ndim == _TOKEN_DIMENSIONS:
            maps = maps[:, getattr(self.network, "num_prefix_tokens", 0) :]
        return maps


def embedding_network(embedding: Embedding, shape: InputShape, seed: int, weights: Path | None) -> nn.Module:
    """The part of the network that is looked at; `weights`: the file that its settings name, None: drawn by `seed`."""
    torch.manual_seed(seed)
    published = weights if embedding.weights == PUBLISHED else None
    network = registry.create(embedding.model, 0, shape, embedding.options, published)
    if weights is not None and published is None:
        load_start(network, weights, f"{embedding.model!r}")
    if embedding.stage is not None:
        return front(network, embedding.stage)
    if not any(hasattr(network, name) for name in ("forward_features", "features")):
        raise UserError(f"the network {embedding.model} does not say where its last map is; choose a network of timm's")
    return LastMap(network)


def symmetries_of(images: torch.Tensor, count: int) -> Iterator[torch.Tensor]:
    """The first flips and quarter turns of B×C×H×W pictures, in the order of models.symmetries; of eight in all."""
    for number in range(count):
        yield torch.rot90(images.flip(3) if number >= TURNS else images, number % TURNS, dims=(2, 3))
