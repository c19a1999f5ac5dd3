"""Random changes of training images, a function of (seed, epoch, sample): the batch a sample is in does not matter."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from workflow_scripts.training.randomness import bits, uniform

# Purposes of random numbers; 0 is the order of the samples. New ones go to the end: a number belongs to its purpose.
ORDER, HORIZONTAL, VERTICAL, TURNS, ANGLE, ZOOM, SHIFT_X, SHIFT_Y, BRIGHTNESS, CONTRAST = range(10)
SATURATION, HUE, CROP, CROP_X, CROP_Y = range(10, 15)
CLASS, MEMBER, NOISE = range(15, 18)

# Variants of an image in a fourfold set, see copied.
COPIES = 4

# Luminance, and turning the colours around grey, of linear RGB: W3C Filter Effects, feColorMatrix, saturate, hueRotate.
LUMINANCE = np.array([[0.213, 0.715, 0.072]] * 3)
TURN = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])


@dataclass(frozen=True)
class Noise:
    """Gaussian noise of each sample: `seeds` uint64 N, `spread` in grey levels of 255."""

    seeds: np.ndarray
    spread: float

    def of(self, places: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """float32 B×3×height×width of the samples at `places`; made on the processor, so the same for any device."""
        drawn = [
            np.random.Generator(np.random.Philox(int(seed))).standard_normal((3, height, width), dtype="float32")
            for seed in self.seeds[places.cpu().numpy()]
        ]
        return self.spread * torch.from_numpy(np.stack(drawn)).to(places.device)


@dataclass(frozen=True)
class Changes:
    """What is done to each sample of a subset in one epoch; None: nobody is changed in this way.

    `horizontal`, `vertical` bool N; `turns` int N of 90°; `affine` N×2×3, from output to input in [-1, 1];
    `brightness`, `contrast` factors N; `colours` N×3×3, from RGB to RGB; `noise` comes last.
    """

    horizontal: torch.Tensor | None = None
    vertical: torch.Tensor | None = None
    turns: torch.Tensor | None = None
    affine: torch.Tensor | None = None
    brightness: torch.Tensor | None = None
    contrast: torch.Tensor | None = None
    colours: torch.Tensor | None = None
    noise: Noise | None = None


def draw(settings: SimpleNamespace, seed: int, epoch: int, keys: np.ndarray, device: torch.device) -> Changes:
    """The changes of one epoch for the samples named by `keys`; `settings` are those of the block `augment`."""

    def number(purpose: int) -> np.ndarray:
        return uniform(seed, epoch, keys, purpose)

    def factor(purpose: int, width: float) -> torch.Tensor | None:
        return _to(1 + width * (2 * number(purpose) - 1), device) if width else None

    def chance(purpose: int, share: float) -> torch.Tensor | None:
        return torch.from_numpy(number(purpose) < share).to(device) if share else None

    affine = None
    if settings.rotate or settings.zoom or settings.shift or settings.crop:
        affine = _to(_affine(settings, number), device)
    colours = _to(_colours(settings, number), device) if settings.saturation or settings.hue else None
    turns = torch.from_numpy((number(TURNS) * 4).astype("int64")).to(device) if settings.quarter_turns else None
    return Changes(
        chance(HORIZONTAL, settings.horizontal_flip),
        chance(VERTICAL, settings.vertical_flip),
        turns,
        affine,
        factor(BRIGHTNESS, settings.brightness),
        factor(CONTRAST, settings.contrast),
        colours,
        _noise(settings.noise, seed, epoch, keys),
    )


def noise_alone(share: float, seed: int, epoch: int, keys: np.ndarray) -> Changes:
    """No change but noise, with the standard deviation `share` of the full range."""
    return Changes(noise=_noise(share, seed, epoch, keys))


def apply(pixels: torch.Tensor, changes: Changes, places: torch.Tensor) -> torch.Tensor:
    """uint8 B×H×W×3 → float32 B×3×H×W in [0, 255], changed; `places` are the samples' positions in `changes`."""
    if changes.horizontal is not None:
        pixels = _where(changes.horizontal[places], pixels.flip(2), pixels)
    if changes.vertical is not None:
        pixels = _where(changes.vertical[places], pixels.flip(1), pixels)
    if changes.turns is not None:
        turns = changes.turns[places]
        pixels = sum((pixels.rot90(k, (1, 2)) * (turns == k).view(-1, 1, 1, 1) for k in range(4)), start=0)
    images = pixels.permute(0, 3, 1, 2).float()
    if changes.affine is not None:
        grid = F.affine_grid(changes.affine[places], list(images.shape), align_corners=False)
        # What comes from outside is the mirrored image: no edge that the network could learn.
        images = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    if changes.colours is not None:
        images = torch.einsum("nij,njhw->nihw", changes.colours[places], images)
    if changes.contrast is not None:
        middle = images.mean((1, 2, 3), keepdim=True)
        images = (images - middle) * changes.contrast[places].view(-1, 1, 1, 1) + middle
    if changes.brightness is not None:
        images = images * changes.brightness[places].view(-1, 1, 1, 1)
    if any(change is not None for change in (changes.colours, changes.contrast, changes.brightness)):
        images = images.clamp(0, 255)
    if changes.noise is not None:
        images = (images + changes.noise.of(places, *images.shape[2:])).clamp(0, 255)
    return images


def copied(pixels: torch.Tensor, variants: torch.Tensor) -> torch.Tensor:
    """B×H×W×3 images as their variants (B): 0 as it is, 1 turned by 180°, 2 flipped left-right, 3 up-down."""
    pixels = _where((variants == 1) | (variants == 2), pixels.flip(2), pixels)
    return _where((variants == 1) | (variants == 3), pixels.flip(1), pixels)


def _affine(settings: SimpleNamespace, number: Callable[[int], np.ndarray]) -> np.ndarray:
    angle = math.radians(settings.rotate) * (2 * number(ANGLE) - 1)
    zoom = 1 + settings.zoom * (2 * number(ZOOM) - 1)
    # A side is 2 long in the sampler's coordinates.
    shifts = [2 * settings.shift * (2 * number(purpose) - 1) for purpose in (SHIFT_X, SHIFT_Y)]
    cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
    matrix = np.stack([np.stack([cosine, -sine, shifts[0]], 1), np.stack([sine, cosine, shifts[1]], 1)], 1)
    if settings.crop:
        # First from the output into its window, then on into the turned image.
        side = 1 - settings.crop * number(CROP)
        middle = np.stack([(1 - side) * (2 * number(purpose) - 1) for purpose in (CROP_X, CROP_Y)], 1)
        matrix[:, :, 2] += np.einsum("nij,nj->ni", matrix[:, :, :2], middle)
        matrix[:, :, :2] *= side[:, None, None]
    return matrix


def _colours(settings: SimpleNamespace, number: Callable[[int], np.ndarray]) -> np.ndarray:
    """N×3×3: what differs from the luminance is turned and stretched."""
    angle = 2 * np.pi * settings.hue * (2 * number(HUE) - 1)
    factor = 1 + settings.saturation * (2 * number(SATURATION) - 1)
    parts = np.cos(angle)[:, None, None] * (np.eye(3) - LUMINANCE) + np.sin(angle)[:, None, None] * TURN
    return LUMINANCE + factor[:, None, None] * parts


def _noise(share: float, seed: int, epoch: int, keys: np.ndarray) -> Noise | None:
    return Noise(bits(seed, epoch, keys, NOISE), 255 * share) if share else None


def _to(values: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values.astype("float32")).to(device)


def _where(chosen: torch.Tensor, changed: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    return torch.where(chosen.view(-1, 1, 1, 1), changed, pixels)
