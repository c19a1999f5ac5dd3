"""Synthetic lesions of the cervix: outline and texture tell the type."""

from dataclasses import astuple, dataclass

import numpy as np
from PIL import Image
from scipy.special import ndtri

from workflow_scripts.synthetic.pelvis import BORDER, CERVIX, Grid, Organ, Vector

# Half the side of the window that a lesion fits into, and the grain of its texture, in mm.
REACH, GRAIN = 40.0, 4.0
# Strength of what no trait explains.
FINE = 0.4
# A lesion's own trait scatters by this much around its type's, easy and hard.
SCATTER = (0.05, 0.28)


@dataclass(frozen=True)
class Traits:
    """How lobed the outline is, how many bright glands there are, how much of the core is dark; each in [0, 1]."""

    lobes: float
    glands: float
    core: float


TYPES = {"SCC": Traits(0.15, 0.1, 0.05), "AC": Traits(0.4, 0.9, 0.1), "ASC": Traits(0.85, 0.25, 0.9)}


@dataclass(frozen=True)
class Lesion:
    """A patient's lesion: in the sagittal plane a lobed disc of `radius` mm, `half_width` mm from left to right.

    `brightness`: its mean as a share of the usual; `contrast`: the standard deviation as a share of the mean;
    `outline`: complex weights of the harmonics 2, 3, … of the outline; `texture`: float32 k×k of mean 0, deviation 1.
    """

    traits: Traits
    centre: Vector
    radius: float
    brightness: float
    contrast: float
    half_width: float
    outline: np.ndarray
    texture: np.ndarray

    def as_organ(self) -> Organ:
        """The lesion as series show it that are not looked at: without texture."""
        return Organ("tumour", self.centre, (self.half_width, self.radius, self.radius))


def lesion_of(label: str, half_width: float, difficulty: float, rng: np.random.Generator) -> Lesion:
    """A lesion of a type; `difficulty` in [0, 1] draws the types together and widens their scatter."""
    middle = np.mean([astuple(traits) for traits in TYPES.values()], axis=0)
    centre = middle + (np.array(astuple(TYPES[label])) - middle) * (1 - 0.4 * difficulty)
    scatter = SCATTER[0] + (SCATTER[1] - SCATTER[0]) * difficulty
    traits = Traits(*np.clip(centre + rng.normal(0, scatter, 3), 0, 1).tolist())
    x, y, z = (np.array(CERVIX) + rng.uniform(-1, 1, 3) * (1.0, 4.0, 5.0)).tolist()
    orders = np.arange(2, 8)
    weights = rng.normal(size=len(orders)) * np.exp(2j * np.pi * rng.uniform(size=len(orders))) / np.sqrt(orders)
    side = round(2 * REACH / GRAIN)
    texture = rng.standard_normal((side, side), dtype=np.float32)
    return Lesion(
        traits=traits,
        centre=(x, y, z),
        radius=float(rng.uniform(17, 24)),
        brightness=float(np.exp(rng.normal(0, 0.1))),
        contrast=float(0.28 * np.exp(rng.normal(0, 0.15))),
        half_width=half_width,
        outline=weights,
        texture=texture,
    )


def add_lesion(
    signal: np.ndarray, lesion: Lesion, grid: Grid, along: float, signals: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    """Draw a slice of the lesion into a sagittal `signal`; the uint8 mask, 1 inside.

    `along` in [-1, 1]: where the slice cuts the lesion, as a share of its half width.
    """
    offset = np.array(lesion.centre) - grid.origin
    column, row = (float(offset @ np.array(direction)) / grid.spacing for direction in (grid.row, grid.column))
    half = int(REACH / grid.spacing)
    left, top = round(column) - half, round(row) - half
    area = (slice(top, top + 2 * half), slice(left, left + 2 * half))
    rows, columns = np.mgrid[area].astype(np.float32)
    spot = ((columns - column) + 1j * (rows - row)) * np.complex64(grid.spacing)
    distance = np.abs(spot)
    edge = lesion.radius * np.sqrt(max(0.2, 1 - along**2)) * _outline(lesion, np.angle(spot), rng)
    inside = np.clip((edge - distance) / max(BORDER, grid.spacing) + 0.5, 0, 1).astype(np.float32)
    tumour = signals["tumour"] * _texture(lesion, distance / edge, inside > 0.5, rng)
    signal[area] += inside * (tumour - signal[area])
    mask = np.zeros(signal.shape, np.uint8)
    mask[area] = inside > 0.5
    mask[round(row), round(column)] = 1
    return mask


def _texture(lesion: Lesion, depth: np.ndarray, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32 brightness of each pixel as a share of a usual tumour's; `depth`: 0 in the middle, 1 at the edge.

    Glands are bright spots, a core is dark, and what is neither is as fine as the pixels. Ranks of the values become
    those of one bell curve: how bright and how varied a lesion is says nothing of its type, only where it is bright.
    """
    traits, side = lesion.traits, len(depth)
    fresh = rng.standard_normal(lesion.texture.shape, dtype=np.float32)
    spots = np.tanh(2 * _resized(0.9 * lesion.texture + 0.44 * fresh, side))
    core = 1 / (1 + np.exp(-np.clip(9 * (0.6 - depth), -30, 30)))
    values = (
        FINE * rng.standard_normal((side, side), dtype=np.float32)
        + 1.6 * traits.glands * spots
        - 3 * traits.core * core
    )
    texture = np.ones_like(values)
    shares = (np.argsort(np.argsort(values[inside])) + 0.5) / max(1, inside.sum())
    texture[inside] = 1 + lesion.contrast * ndtri(shares)
    return lesion.brightness * np.clip(texture, 0.1, None)


def _outline(lesion: Lesion, angle: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The edge's distance from the centre as a share of the radius, for each angle; a little other in each slice."""
    waves = np.ones_like(angle)
    for order, weight in enumerate(lesion.outline * np.exp(0.25j * rng.normal(size=len(lesion.outline))), start=2):
        waves += (0.04 + 0.22 * lesion.traits.lobes) * (weight * np.exp(1j * order * angle)).real
    return np.clip(waves, 0.45, 1.6)


def _resized(coarse: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))
