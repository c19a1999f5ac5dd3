"""Random changes of training pictures, a function of (seed, epoch, sample): a sample's batch does not matter."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.step_settings.train_settings import Augment
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices
from workflow_scripts.training.randomness import (
    ANGLE,
    BRIGHTNESS,
    CONTRAST,
    CROP,
    CROP_X,
    CROP_Y,
    HORIZONTAL,
    HUE,
    NOISE,
    SATURATION,
    SHIFT_X,
    SHIFT_Y,
    TURNS,
    VERTICAL,
    ZOOM,
    bits,
    uniform,
)

# Variants of an image in a fourfold set, see copied.
COPIES = 4

# Only of pictures with these channels colours can be turned.
COLOURS = 3
# Luminance, and turning the colours around grey, of linear RGB: W3C Filter Effects, feColorMatrix, saturate, hueRotate.
LUMINANCE = np.array([[0.213, 0.715, 0.072]] * 3)
TURN = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


@dataclass(frozen=True)
class Noise:
    """Gaussian noise of each sample: `seeds` uint64 N, `spread` in the units of the stored pixels."""

    seeds: np.ndarray
    spread: float

    def drawn(self, shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
        """float32 N×C×H×W, `shape` the last three; made on the processor, so the same for any device."""
        drawn = [
            np.random.Generator(np.random.Philox(int(seed))).standard_normal(shape, dtype="float32")
            for seed in self.seeds
        ]
        return self.spread * devices.sent(np.stack(drawn), device)


@dataclass(frozen=True)
class Changes:
    """What is done to each of N samples in one epoch; None: nobody is changed in this way.

    `scale`: the value of the stored pixels that stands for 1; `horizontal`, `vertical` bool N; `quarter_turns` int N;
    `affine` N×2×3, from output to input in [-1, 1]; `brightness`, `contrast` factors N; `colours` N×3×3, from RGB to
    RGB; `noise` comes last.
    """

    scale: float
    horizontal: torch.Tensor | None = None
    vertical: torch.Tensor | None = None
    quarter_turns: torch.Tensor | None = None
    affine: torch.Tensor | None = None
    brightness: torch.Tensor | None = None
    contrast: torch.Tensor | None = None
    colours: torch.Tensor | None = None
    noise: Noise | None = None

    def at(self, part: slice | np.ndarray) -> "Changes":
        """The changes of some of the samples."""

        def taken(values: torch.Tensor | None) -> torch.Tensor | None:
            return None if values is None else values[part]

        return Changes(
            self.scale,
            taken(self.horizontal),
            taken(self.vertical),
            taken(self.quarter_turns),
            taken(self.affine),
            taken(self.brightness),
            taken(self.contrast),
            taken(self.colours),
            None if self.noise is None else replace(self.noise, seeds=self.noise.seeds[part]),
        )


def check(settings: Augment, pictures: ArrayDescription) -> None:
    """Raise UserError for a setting of the block `augment` that has no meaning for such pictures."""
    for name in ("saturation", "hue"):
        if getattr(settings, name) and pictures.channels != COLOURS:
            raise UserError(
                f"train.augment.{name}: the pictures have {pictures.channels} channel(s), no colours; set 0"
            )
    if settings.quarter_turns and pictures.height != pictures.width:
        raise UserError("train.augment.quarter_turns: the pictures are not square; set false")


def draw(
    settings: Augment,
    seed: int,
    epoch: int,
    keys: np.ndarray,
    device: torch.device,
    pictures: ArrayDescription,
) -> Changes:
    """The changes of one epoch for the samples named by `keys`; `settings` are those of the block `augment`."""

    def number(purpose: int) -> np.ndarray:
        return uniform(seed, epoch, keys, purpose)

    def factor(purpose: int, width: float) -> torch.Tensor | None:
        return _to(1 + width * (2 * number(purpose) - 1), device) if width else None

    def chance(purpose: int, share: float) -> torch.Tensor | None:
        return torch.from_numpy(number(purpose) < share).to(device) if share else None

    affine = None
    if settings.rotate or settings.zoom or settings.shift or settings.crop:
        affine = _to(_affine(settings, number, pictures.height / pictures.width), device)
    colours = _to(_colours(settings, number), device) if settings.saturation or settings.hue else None
    turns = torch.from_numpy((number(TURNS) * 4).astype("int64")).to(device) if settings.quarter_turns else None
    return Changes(
        pictures.scale,
        chance(HORIZONTAL, settings.horizontal_flip),
        chance(VERTICAL, settings.vertical_flip),
        turns,
        affine,
        factor(BRIGHTNESS, settings.brightness),
        factor(CONTRAST, settings.contrast),
        colours,
        _noise(settings.noise * pictures.scale, seed, epoch, keys),
    )


def noise_alone(share: float, seed: int, epoch: int, keys: np.ndarray, scale: float) -> Changes:
    """No change but noise, with the standard deviation `share` of the full range, which ends at `scale`."""
    return Changes(scale, noise=_noise(share * scale, seed, epoch, keys))


def apply(pixels: torch.Tensor, changes: Changes) -> torch.Tensor:
    """uint8 or float32 B×H×W×C → float32 B×C×H×W in [0, scale], changed as `changes` says of these B."""
    if changes.horizontal is not None:
        pixels = _where(changes.horizontal, pixels.flip(2), pixels)
    if changes.vertical is not None:
        pixels = _where(changes.vertical, pixels.flip(1), pixels)
    if changes.quarter_turns is not None:
        turns = changes.quarter_turns
        pixels = sum(
            (pixels.rot90(k, (1, 2)) * (turns == k).view(-1, 1, 1, 1) for k in range(4)), start=torch.zeros_like(pixels)
        )
    images = pixels.permute(0, 3, 1, 2).float()
    if changes.affine is not None:
        grid = F.affine_grid(changes.affine, list(images.shape), align_corners=False)
        # What comes from outside is the mirrored image: no edge that the network could learn.
        images = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    if changes.colours is not None:
        images = torch.einsum("nij,njhw->nihw", changes.colours, images)
    if changes.contrast is not None:
        middle = images.mean((1, 2, 3), keepdim=True)
        images = (images - middle) * changes.contrast.view(-1, 1, 1, 1) + middle
    if changes.brightness is not None:
        images = images * changes.brightness.view(-1, 1, 1, 1)
    if any(change is not None for change in (changes.colours, changes.contrast, changes.brightness)):
        images = images.clamp(0, changes.scale)
    if changes.noise is not None:
        images = (images + changes.noise.drawn(tuple(images.shape[1:]), images.device)).clamp(0, changes.scale)
    return images


def copied(pixels: torch.Tensor, variants: torch.Tensor) -> torch.Tensor:
    """B×H×W×C images as their variants (B): 0 as it is, 1 turned by 180°, 2 flipped left-right, 3 up-down."""
    pixels = _where((variants == 1) | (variants == 2), pixels.flip(2), pixels)
    return _where((variants == 1) | (variants == 3), pixels.flip(1), pixels)


def _affine(settings: Augment, number: Callable[[int], np.ndarray], ratio: float) -> np.ndarray:
    """N×2×3; `ratio`: height by width of the pictures, both of which are 2 long in these coordinates."""
    angle = math.radians(settings.rotate) * (2 * number(ANGLE) - 1)
    zoom = 1 + settings.zoom * (2 * number(ZOOM) - 1)
    shifts = [2 * settings.shift * (2 * number(purpose) - 1) for purpose in (SHIFT_X, SHIFT_Y)]
    cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
    matrix = np.stack(
        [np.stack([cosine, -sine * ratio, shifts[0]], 1), np.stack([sine / ratio, cosine, shifts[1]], 1)], 1
    )
    if settings.crop:
        # First from the output into its window, then on into the turned image.
        side = 1 - settings.crop * number(CROP)
        middle = np.stack([(1 - side) * (2 * number(purpose) - 1) for purpose in (CROP_X, CROP_Y)], 1)
        matrix[:, :, 2] += np.einsum("nij,nj->ni", matrix[:, :, :2], middle)
        matrix[:, :, :2] *= side[:, None, None]
    return matrix


def _colours(settings: Augment, number: Callable[[int], np.ndarray]) -> np.ndarray:
    """N×3×3: what differs from the luminance is turned and stretched."""
    angle = 2 * np.pi * settings.hue * (2 * number(HUE) - 1)
    factor = 1 + settings.saturation * (2 * number(SATURATION) - 1)
    parts = np.cos(angle)[:, None, None] * (np.eye(3) - LUMINANCE) + np.sin(angle)[:, None, None] * TURN
    return LUMINANCE + factor[:, None, None] * parts


def _noise(spread: float, seed: int, epoch: int, keys: np.ndarray) -> Noise | None:
    return Noise(bits(seed, epoch, keys, NOISE), spread) if spread else None


def _to(values: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values.astype("float32")).to(device)


def _where(chosen: torch.Tensor, changed: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    return torch.where(chosen.view(-1, 1, 1, 1), changed, pixels)
