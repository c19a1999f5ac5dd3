"""Synthetic colposcopy: a pink cervix with its os, whose visible transformation zone is wide, narrow or all but hidden.

The types follow the nomenclature of the International Federation for Cervical Pathology and Colposcopy (Bornstein et
al., Obstet. Gynecol. 120:166, 2012): type 1 lies wholly on the ectocervix and is seen as a whole; type 2 reaches into
the canal and can still be seen as a whole; of type 3 a part cannot be seen. Photographs of one field share lamp and
camera; in every REPEATED-th field the last one shows the cervix of the first again. In a picture's mask 1 is the
visible zone and 2 the os.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from workflow_scripts.data.adapters.interface import SyntheticPicture, SyntheticSample
from workflow_scripts.synthetic.pictures import Plan

# Width by height of most of the published photographs.
ASPECT = 3 / 4
REPEATED = 2
# Reflectance of red, green, blue: vaginal wall, squamous epithelium, columnar epithelium, os.
WALL, SQUAMOUS, COLUMNAR, OS = (np.array(colour, np.float32) for colour in (
    (0.45, 0.20, 0.20), (0.86, 0.60, 0.56), (0.72, 0.26, 0.24), (0.16, 0.05, 0.05)
))  # fmt: skip
GLARES = 6
GRAIN, SENSOR = 0.05, 0.012


@dataclass(frozen=True)
class Zone:
    """The visible zone: outer radius as a share of the cervix's, and the share of the circle that can be seen."""

    radius: float
    seen: float


ZONES = {"Type_1": Zone(0.68, 1.0), "Type_2": Zone(0.38, 1.0), "Type_3": Zone(0.30, 0.35)}
# The zone's radius scatters by this much, easy and hard.
SCATTER = (0.02, 0.10)


@dataclass(frozen=True)
class Look:
    """What the photographs of a field share: gain of each channel, direction and depth of the lamp's fall-off."""

    gain: np.ndarray
    direction: float
    depth: float


def field(plan: Plan, label: str, index: int, number: int) -> Iterator[SyntheticPicture]:
    """The photographs of one field."""
    rng = plan.random("field", label, number)
    look = Look(
        gain=np.exp(rng.normal(0, 0.06 * plan.synthetic.field_effect, 3)).astype(np.float32),
        direction=float(rng.uniform(0, 2 * np.pi)),
        depth=float(0.15 * plan.synthetic.field_effect * rng.uniform(0, 1)),
    )
    count = max(1, plan.samples_of_field(number))
    for photo in range(1, count + 1):
        pixels, mask = photograph(plan.synthetic.size, ZONES[label], plan.synthetic.difficulty, look, rng)
        picture = _picture(label, index, number, photo, pixels, mask)
        if photo == 1:
            first = picture
        elif photo == count and number % REPEATED == 0:
            picture = again(first, photo, rng)
        yield picture


def photograph(
    size: int, zone: Zone, difficulty: float, look: Look, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """uint8 H×W×3 pixels and uint8 H×W mask of one cervix, `size` pixels high."""
    height, width = size, round(size * ASPECT)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    y, x = height * rng.uniform(0.36, 0.64), width * rng.uniform(0.34, 0.66)
    radius = width * rng.uniform(0.30, 0.46)
    stretch, turn = rng.uniform(0.8, 1.25), rng.uniform(0, np.pi)
    along = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
    across = ((rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)) * stretch
    distance, angle = np.hypot(along, across) / radius, np.arctan2(across, along)
    mask = _zone(zone, difficulty, distance, angle, rng)
    mask[_os(distance, angle, rng)] = 2
    edge = _soft(1.0 + _wobble(angle, 0.05, rng) - distance, 10)[..., None]
    image = WALL + (SQUAMOUS - WALL) * edge
    image = image + (COLUMNAR - image) * _blurred(mask == 1)[..., None] * rng.uniform(0.8, 1.0)
    image = image + (OS - image) * _blurred(mask == 2)[..., None]
    image = image * (1 + _clouds(height, width, 7, GRAIN, rng) + _clouds(height, width, 24, GRAIN, rng))[..., None]
    image = _lit(image, distance, look, rng)
    image = image + rng.normal(0, SENSOR, image.shape)
    return (255 * np.clip(image, 0, 1)).round().astype(np.uint8), mask


def again(picture: SyntheticPicture, photo: int, rng: np.random.Generator) -> SyntheticPicture:
    """The same cervix a moment later: a pixel or so aside, a little brighter or darker, with fresh sensor noise."""
    down, right = (int(step) for step in rng.integers(-1, 2, 2))
    pixels = np.roll(picture.pixels, (down, right), (0, 1)).astype(np.float32) * rng.uniform(0.92, 1.08)
    pixels = np.clip(pixels + rng.normal(0, 255 * SENSOR, pixels.shape), 0, 255).round().astype(np.uint8)
    mask = np.roll(picture.mask, (down, right), (0, 1))
    variant = _picture(picture.label, picture.class_index, picture.field, photo, pixels, mask)
    of = (picture.label, picture.field, picture.number)
    return replace(variant, copy="near_equal", copy_of=of)


def _picture(label: str, index: int, number: int, photo: int, pixels: np.ndarray, mask: np.ndarray) -> SyntheticPicture:
    height, width = mask.shape
    fractions = {"zone_share": float((mask == 1).mean()), "os_share": float((mask == 2).mean())}
    rows, columns = np.nonzero(mask) if mask.any() else (np.array([height // 2]), np.array([width // 2]))
    box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    sample = SyntheticSample(label, int(columns.mean()), int(rows.mean()), box, fractions)
    return SyntheticPicture(label, index, number, photo, pixels, mask, [sample])


def _zone(
    zone: Zone, difficulty: float, distance: np.ndarray, angle: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """uint8 H×W, 1 inside the visible zone; its border is uneven, and of a hidden zone only a sector is seen."""
    middle = np.mean([any_zone.radius for any_zone in ZONES.values()])
    radius = middle + (zone.radius - middle) * (1 - 0.4 * difficulty)
    radius = np.clip(radius + rng.normal(0, SCATTER[0] + (SCATTER[1] - SCATTER[0]) * difficulty), 0.15, 0.9)
    inside = distance < radius * (1 + _wobble(angle, 0.15, rng))
    if zone.seen < 1:
        from_middle = np.abs(np.angle(np.exp(1j * (angle - rng.uniform(-np.pi, np.pi)))))
        inside &= from_middle < np.pi * zone.seen * rng.uniform(0.6, 1.4)
    return inside.astype(np.uint8)


def _os(distance: np.ndarray, angle: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """bool H×W: a round or slit-like opening in the middle."""
    slit = rng.uniform(0.25, 1.0)
    turned = angle - rng.uniform(0, np.pi)
    across = np.hypot(distance * np.cos(turned), distance * np.sin(turned) / slit)
    return across < rng.uniform(0.08, 0.15)


def _wobble(angle: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    two, three, five = (np.cos(count * angle + rng.uniform(0, 2 * np.pi)) / count for count in (2, 3, 5))
    return strength * (two + three + five) * rng.uniform(0.5, 1.5)


def _soft(values: np.ndarray, steepness: float) -> np.ndarray:
    return 1 / (1 + np.exp(-steepness * np.clip(values, -4, 4)))


def _blurred(region: np.ndarray) -> np.ndarray:
    """The region with soft borders, in [0, 1]."""
    height, width = region.shape
    small = Image.fromarray((255 * region).astype(np.uint8)).reduce(2)
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255


def _clouds(height: int, width: int, count: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise with about `count` lumps along the height."""
    coarse = rng.normal(0, strength, (count, max(2, round(count * width / height)))).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def _lit(image: np.ndarray, distance: np.ndarray, look: Look, rng: np.random.Generator) -> np.ndarray:
    """The scene as it is photographed: uneven light, glare on the wet surface, and the border of the colposcope."""
    height, width = distance.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    slope = (columns / width - 0.5) * np.cos(look.direction) + (rows / height - 0.5) * np.sin(look.direction)
    image = image * (1 + look.depth * 2 * slope)[..., None] * look.gain * rng.uniform(0.85, 1.15)
    for _ in range(int(rng.integers(1, GLARES))):
        y, x = height * rng.uniform(0.2, 0.8), width * rng.uniform(0.2, 0.8)
        spot = np.hypot((rows - y) / rng.uniform(0.01, 0.035), (columns - x) / rng.uniform(0.01, 0.035)) / height
        image = image + (1 - image) * _soft(1 - spot, 3)[..., None]
    y, x = height * rng.uniform(0.42, 0.58), width * rng.uniform(0.42, 0.58)
    radius = np.hypot(rows - y, columns - x) / height
    return image * _soft(rng.uniform(0.42, 0.62) - radius, 60)[..., None]
