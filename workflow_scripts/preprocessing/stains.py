"""Colours of haematoxylin and eosin: what they are in a picture, and pictures with the colours of others.

- reinhard: mean and standard deviation of tissue in L*a*b* become those of a reference (Reinhard et al., IEEE Computer
  Graphics and Applications 21(5):34, 2001, whose own space of colours is another).
- macenko: optical densities are taken apart into two stains, found as the extreme directions in the plane of most
  variance, and put together again with a reference's (Macenko et al., ISBI 2009, p. 1107).

What is no tissue keeps its colour: white stays white, black padding black. So does a picture without enough tissue.
"""

from collections.abc import Sequence

import numpy as np

from workflow_scripts.contracts.stain_reference import Method, StainReference

# Optical density of tissue in green light, which both stains take most of; glass in bluish light takes red and little
# green. Macenko et al. ask for 0.15 in every channel, which leaves the nuclei alone of tiles that are stained violet.
# Below FAINT nothing is changed, between both a part.
TISSUE, FAINT = 0.28, 0.18
GREEN = 1
# All channels above it: black, where nothing was scanned.
BLACK = 3.2
# Pixels with tissue that colours are taken from at least, and about how many of a picture are looked at.
FEWEST, LOOKED_AT = 100, 12_000
# Percentiles of the angles that are the two stains, and of their amounts.
EXTREMES, MOST = (1, 99), 99
# Radians between two stains: with less there is but one.
SMALLEST_ANGLE = 0.1
# Of sRGB and L*a*b* with the white point D65 (IEC 61966-2-1, CIE 15).
_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]], np.float32
) / np.array([[0.95047], [1.0], [1.08883]], np.float32)
_TO_RGB = np.linalg.inv(_TO_XYZ.astype(np.float64)).astype(np.float32)
_EPSILON, _KAPPA = 0.008856, 7.787
_DENSITIES = -np.log((np.arange(256, dtype=np.float32) + 1) / 256)
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92).astype(np.float32)


def optical_density(pixels: np.ndarray) -> np.ndarray:
    """float32 of uint8 pixels …×3: 0 of white, 5.5 of black."""
    return _DENSITIES[pixels]


def is_tissue(density: np.ndarray) -> np.ndarray:
    """bool … of optical densities …×3: neither background nor black."""
    return (density[..., GREEN] >= TISSUE) & (density.min(axis=-1) < BLACK)


def reference_of(method: Method, pictures_by_unit: Sequence[Sequence[np.ndarray]]) -> StainReference | None:
    """The colours of some units, each with pictures uint8 H×W×3: the median over those that have enough tissue.

    None where no unit has.
    """
    describe = {"reinhard": _lab_statistics, "macenko": _stain_numbers}[method]
    units = [np.concatenate([looked_at(picture) for picture in pictures]) for pictures in pictures_by_unit if pictures]
    described = [values for pixels in units if (values := describe(pixels)) is not None]
    if not described:
        return None
    values = np.median(described, axis=0)
    if method == "macenko":
        values[:6] = (values[:6].reshape(2, 3) / np.linalg.norm(values[:6].reshape(2, 3), axis=1)[:, None]).ravel()
    return StainReference(method, len(described), tuple(float(value) for value in values))


def with_stain_of(reference: StainReference, picture: np.ndarray) -> np.ndarray:
    """The picture uint8 H×W×3 with the colours of a reference; as it is where it has too little tissue to tell."""
    changed = {"reinhard": _reinhard, "macenko": _macenko}[reference.method](picture, np.array(reference.values))
    if changed is None:
        return picture
    density = optical_density(picture)
    share = np.clip((density[..., GREEN] - FAINT) / (TISSUE - FAINT), 0, 1)
    share[density.min(axis=-1) >= BLACK] = 0
    return np.rint(picture + share[..., None] * (changed - picture)).astype(np.uint8)


def stains_of(density: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Two stains of optical densities N×3: their directions 2×3 of length 1, haematoxylin first, and amounts 2.

    None where there is too little tissue, or one stain alone.
    """
    dense = density[is_tissue(density)].astype(np.float64)
    if len(dense) < FEWEST:
        return None
    plane = np.linalg.eigh(np.cov(dense.T))[1][:, [2, 1]]
    plane *= np.where(plane.sum(axis=0) < 0, -1, 1)
    angles = np.arctan2(dense @ plane[:, 1], dense @ plane[:, 0])
    low, high = np.percentile(angles, EXTREMES)
    if high - low < SMALLEST_ANGLE:
        return None
    directions = np.array([[np.cos(angle), np.sin(angle)] for angle in (low, high)]) @ plane.T
    # Of the two, haematoxylin takes more of the red light.
    directions = directions[np.argsort(-directions[:, 0])]
    amounts = np.percentile(dense @ np.linalg.pinv(directions), MOST, axis=0)
    return (directions, amounts) if (amounts > 0).all() and (directions > -TISSUE).all() else None


def looked_at(picture: np.ndarray) -> np.ndarray:
    """Pixels n×3 of a picture, evenly spaced."""
    pixels = picture.reshape(-1, 3)
    return pixels[:: max(1, len(pixels) // LOOKED_AT)]


def _stain_numbers(pixels: np.ndarray) -> np.ndarray | None:
    stains = stains_of(optical_density(pixels))
    return None if stains is None else np.concatenate([stains[0].ravel(), stains[1]])


def _lab_statistics(pixels: np.ndarray) -> np.ndarray | None:
    """Mean and standard deviation of L*, a*, b* of the tissue among pixels n×3."""
    inside = pixels[is_tissue(optical_density(pixels))]
    if len(inside) < FEWEST:
        return None
    lab = lab_of(inside).astype(np.float64)
    return np.concatenate([lab.mean(axis=0), lab.std(axis=0)])


def _reinhard(picture: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    own = _lab_statistics(looked_at(picture))
    if own is None:
        return None
    scale = wanted[3:] / np.maximum(own[3:], 1e-3)
    offset = wanted[:3] - own[:3] * scale
    return rgb_of(lab_of(picture) * scale.astype(np.float32) + offset.astype(np.float32))


def _macenko(picture: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    stains = stains_of(optical_density(looked_at(picture)))
    if stains is None:
        return None
    directions, amounts = stains
    # Densities are linear in the amounts: apart and together again is one matrix.
    change = np.linalg.pinv(directions) * (wanted[6:] / amounts) @ wanted[:6].reshape(2, 3)
    density = optical_density(picture) @ change.astype(np.float32)
    return np.clip(256 * np.exp(-density) - 1, 0, 255)


def lab_of(pixels: np.ndarray) -> np.ndarray:
    """float32 …×3 L*, a*, b* of uint8 sRGB pixels."""
    x, y, z = np.moveaxis(_LINEAR[pixels] @ _TO_XYZ.T, -1, 0)
    x, y, z = (np.where(value > _EPSILON, np.cbrt(value), _KAPPA * value + 16 / 116) for value in (x, y, z))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb_of(lab: np.ndarray) -> np.ndarray:
    """float32 …×3 sRGB in [0, 255] of L*, a*, b*; colours that no screen has are cut."""
    y = (lab[..., 0] + 16) / 116
    roots = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(roots > _EPSILON ** (1 / 3), roots**3, (roots - 16 / 116) / _KAPPA)
    linear = np.clip(xyz @ _TO_RGB.T, 0, 1)
    return 255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
