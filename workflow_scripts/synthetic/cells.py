"""Synthetic Pap-smear cells: nucleus in cytoplasm, stained, lit and blurred, whose traits tell the classes apart.

Light passes through layers of stain (Beer-Lambert): a cell is a map of optical density, a field turns densities into
colours with its own stain, lamp and focus. Classes differ in the size of the nucleus, its irregular outline, its
chromatin, the clear halo around it (koilocytosis), the cytoplasm's area and colour and the number of neighbours; cells
of one field share stain, background, illumination and blur.
"""

from dataclasses import asdict, astuple, dataclass, fields
from functools import cache

import numpy as np
from PIL import Image
from scipy import ndimage

# Optical density of red, green, blue per unit of stain: haematoxylin (Ruifrok & Johnston, 2001), and the two
# cytoplasm stains of Papanicolaou, orange G / eosin (pink) and light green (blue-green).
HAEMATOXYLIN = np.array([0.65, 0.70, 0.29], dtype=np.float32)
PINK = np.array([0.10, 0.55, 0.35], dtype=np.float32)
GREEN = np.array([0.60, 0.25, 0.20], dtype=np.float32)
# A cell's own trait scatters by this much around its class, in units of the whole range, easy and hard.
SCATTER = (0.05, 0.18)


@dataclass(frozen=True)
class Traits:
    """What makes a cell look as it does, each in [0, 1]; a class has a centre, a cell scatters around it."""

    nucleus: float
    irregularity: float
    chromatin: float
    halo: float
    cytoplasm: float
    greenness: float


@dataclass(frozen=True)
class Field:
    """What the cells of one field share."""

    stain: np.ndarray
    pinkness: float
    light: np.ndarray
    slope: np.ndarray
    blur: float
    noise: float


@dataclass(frozen=True)
class Cell:
    """A drawn cell: float32 3×size×size optical density, uint8 mask (0, 1 cytoplasm, 2 nucleus), its traits."""

    density: np.ndarray
    mask: np.ndarray
    traits: Traits

    def ground_truth(self) -> dict[str, float]:
        """What was varied, for truth.csv; nc_ratio is nucleus area / cell area, as drawn."""
        nucleus = int((self.mask == 2).sum())
        return {**asdict(self.traits), "nc_ratio": nucleus / max(1, int((self.mask > 0).sum()))}


@cache
def class_traits(index: int, difficulty: float) -> Traits:
    """Centre of the class `index`: a point of a low-discrepancy sequence, so that all lie far apart.

    `difficulty` in [0, 1] draws the centres together.
    """
    names = fields(Traits)
    # The R-sequence (Roberts, 2018): multiples of powers of the generalised golden ratio.
    ratio = 2.0
    for _ in range(40):
        ratio = (1 + ratio) ** (1 / (len(names) + 1))
    steps = (1 / ratio) ** np.arange(1, len(names) + 1)
    point = (0.5 + steps * (index + 1)) % 1.0
    reach = 1.0 - 0.4 * difficulty
    return Traits(*(0.5 + (point - 0.5) * reach).tolist())


def cell_traits(centre: Traits, difficulty: float, rng: np.random.Generator) -> Traits:
    """Traits of one cell of a class."""
    scatter = SCATTER[0] + (SCATTER[1] - SCATTER[0]) * difficulty
    return Traits(*np.clip(np.array(astuple(centre)) + rng.normal(0, scatter, len(fields(centre))), 0, 1).tolist())


def make_field(effect: float, rng: np.random.Generator) -> Field:
    """A field's look; `effect` scales how far it lies from the ordinary one (0: all fields are alike)."""
    draw = rng.normal(size=11) * effect
    return Field(
        stain=np.exp(np.clip(0.035 * draw[0:3], -0.9, 0.9)).astype(np.float32),
        pinkness=float(np.clip(0.03 * draw[3], -0.6, 0.6)),
        light=(np.array([0.90, 0.90, 0.93]) * np.exp(np.clip(0.015 * draw[4:7], -0.5, 0.07))).astype(np.float32),
        slope=np.clip(0.02 * draw[7:9], -0.35, 0.35).astype(np.float32),
        blur=float(0.6 + np.clip(0.06 * abs(draw[9]), 0, 1.6)),
        noise=float(0.012 + np.clip(0.001 * abs(draw[10]), 0, 0.02)),
    )


def draw_cell(traits: Traits, size: int, rng: np.random.Generator) -> Cell:
    """One cell in the middle of a size×size window (nucleus within 8 % of the side from the centre)."""
    centre = complex(*(size / 2 + rng.uniform(-0.08, 0.08, 2) * size))
    body = size * (0.27 + 0.17 * traits.cytoplasm)
    core = size * (0.06 + 0.15 * traits.nucleus)
    # The nucleus lies off the cell's centre, but inside.
    off = (body - core) * 0.25 * rng.uniform() * np.exp(2j * np.pi * rng.uniform())
    cytoplasm = _inside(size, centre - off, body, 0.05, 0.4, 1.5, rng)
    nucleus = _inside(size, centre, core, 0.02 + 0.16 * traits.irregularity, 0.35, 0.8, rng) * (cytoplasm > 0.05)
    fine, coarse = _smooth(size, size, size / 30, rng), _smooth(size, size, size / 12, rng)
    y, x = np.ogrid[:size, :size]
    apart = ((x - centre.real) ** 2 + (y - centre.imag) ** 2).astype(np.float32) / (core * 1.55) ** 2
    clearing = np.exp(-apart * apart) * np.float32(traits.halo)
    amount = cytoplasm * (0.42 + 0.06 * coarse) * (1 - 0.85 * clearing) * (1 - nucleus)
    clumps = 0.10 + 0.38 * traits.chromatin
    dark = nucleus * np.clip(1.05 + 0.35 * traits.chromatin + clumps * (0.7 * fine + 0.5 * coarse), 0.2, 2.4)
    colour = PINK + np.float32(traits.greenness) * (GREEN - PINK)
    density = amount * colour[:, None, None] + dark * HAEMATOXYLIN[:, None, None]
    mask = np.where(nucleus > 0.5, 2, cytoplasm > 0.5).astype(np.uint8)
    return Cell(density, mask, traits)


def develop(density: np.ndarray, field: Field, rng: np.random.Generator) -> np.ndarray:
    """uint8 H×W×3 picture (0-255) of 3×H×W optical densities, seen through the field's stain, lamp, lens and sensor."""
    height, width = density.shape[1:]
    # Every stain darkens in proportion; a pinkish field turns some of each stain from green to pink.
    mixing = np.diag(field.stain) + np.float32(field.pinkness) * (PINK - GREEN)[:, None]
    stained = np.maximum(np.tensordot(mixing, density, 1), 0)
    light = np.exp(-ndimage.gaussian_filter(stained, (0, field.blur, field.blur), truncate=3))
    y, x = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
    light *= field.light[:, None, None] * (1 + field.slope[1] * y[:, None] + field.slope[0] * x)
    light += np.float32(field.noise) * rng.standard_normal(light.shape, dtype=np.float32)
    return np.ascontiguousarray((np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))


def mucus(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """float32 3×H×W optical density of the smear between the cells: thin, uneven."""
    return np.clip(0.05 + 0.035 * _smooth(height, width, 16, rng), 0, None) * (PINK + GREEN)[:, None, None]


def neighbours(size: int, rng: np.random.Generator) -> np.ndarray:
    """float32 3×size×size optical density of up to two other cells that reach into the window."""
    density = np.zeros((3, size, size), dtype=np.float32)
    for _ in range(rng.integers(0, 3)):
        centre = size * (0.5 + 0.5j + 0.62 * np.exp(2j * np.pi * rng.uniform()))
        layer = _inside(size, centre, size * rng.uniform(0.1, 0.3), 0.08, 0.3, 2.0, rng)
        density += 0.3 * layer * (PINK + np.float32(rng.uniform()) * (GREEN - PINK))[:, None, None]
    return density


def _inside(
    size: int, centre: complex, radius: float, bumps: float, stretch: float, edge: float, rng: np.random.Generator
) -> np.ndarray:
    """float32 size×size soft mask in [0, 1] of a bumpy ellipse around x + iy; `edge` is its width in pixels."""
    long = np.sqrt(1 + stretch * rng.uniform())
    turn = np.exp(2j * np.pi * rng.uniform())
    weights = [bumps * rng.normal() / np.sqrt(order - 1) * np.exp(2j * np.pi * rng.uniform()) for order in range(2, 7)]
    # Nothing lies further out than the outline can reach: the rest is not computed.
    reach = 1.6 * radius * long + edge
    left, top = (int(np.clip(side - reach, 0, size)) for side in (centre.real, centre.imag))
    right, bottom = (int(np.clip(side + reach + 1, 0, size)) for side in (centre.real, centre.imag))
    y, x = np.ogrid[top:bottom, left:right]
    turned = (((x - centre.real) + 1j * (y - centre.imag)) * turn).astype(np.complex64)
    turned = turned.real / np.float32(long) + 1j * (turned.imag * np.float32(long))
    distance = np.abs(turned)
    unit = turned / np.maximum(distance, np.float32(1e-3))
    outline, power = np.ones_like(distance), unit
    for weight in weights:
        power = power * unit
        outline += (power * np.complex64(weight)).real
    mask = np.zeros((size, size), dtype=np.float32)
    soft = (np.clip(outline, 0.5, 1.6) * np.float32(radius) - distance) / np.float32(edge) + np.float32(0.5)
    mask[top:bottom, left:right] = np.clip(soft, 0, 1)
    return mask


def _smooth(height: int, width: int, grain: float, rng: np.random.Generator) -> np.ndarray:
    """float32 H×W random texture, smooth over `grain` pixels, of mean about 0 and standard deviation about 1."""
    rough = rng.standard_normal((round(height / grain) + 1, round(width / grain) + 1), dtype=np.float32)
    return np.asarray(Image.fromarray(1.5 * rough).resize((width, height), Image.Resampling.BICUBIC))
