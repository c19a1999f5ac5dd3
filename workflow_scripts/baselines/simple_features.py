"""What a baseline without a network looks at: a few numbers of an image.

Where they should not tell a disease (border, colour, intensity, size, acquisition, stain, position), a baseline that
does well shows what a network may have learned instead of cells: the laboratory, the camera, the scanner, the way of
cropping. Where they should (stained), a network must do better to be worth anything.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import PIXELS, Arrays
from workflow_scripts.preprocessing.masks import mask
from workflow_scripts.preprocessing.stains import looked_at, optical_density, stains_of
from workflow_scripts.runtime.errors import UserError

# Images are reduced to squares of this side before their border is taken.
BORDER_SIDE = 32
PERCENTILES = (10, 50, 90)
# Columns of the manifest that say how a scanner was set; where a slice lies is no setting.
ACQUISITION = (
    "width",
    "height",
    "spacing_mm",
    "thickness_mm",
    "echo_time_ms",
    "repetition_time_ms",
    "field_strength_t",
)
ROWS_AT_A_TIME = 256
# Three of each stain's direction: how much of it there is, tissue decides and not the laboratory.
STAIN_NUMBERS = 6

# n×H×W×C pixels and the manifest rows of the same samples → n×F numbers
Feature = Callable[[np.ndarray, pd.DataFrame], np.ndarray]


def border(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """Pixels of the outermost two of 32 rows and columns: what surrounds a cell."""
    rows, columns = (_edges(side) for side in images.shape[1:3])
    small = np.add.reduceat(np.add.reduceat(images.astype(np.float64), rows[:-1], axis=1), columns[:-1], axis=2)
    small /= np.diff(rows)[None, :, None, None] * np.diff(columns)[None, None, :, None]
    outer = np.ones(small.shape[1:3], bool)
    outer[2:-2, 2:-2] = False
    return small[:, outer].reshape(len(images), -1)


def _edges(side: int) -> np.ndarray:
    """Where the stripes of a side begin and, last, end: BORDER_SIDE of them, or one a pixel of a smaller image."""
    return np.linspace(0, side, BORDER_SIDE + 1).round().astype(int) if side >= BORDER_SIDE else np.arange(side + 1)


def channel_statistics(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """Mean, standard deviation and three percentiles of each channel: colours, or the intensities of grey pictures."""
    flat = images.reshape(len(images), -1, images.shape[3]).astype(np.float32)
    ranks = np.percentile(flat, PERCENTILES, axis=1)
    return np.concatenate([flat.mean(1), flat.std(1), *ranks], axis=1)


def size(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """Width, height and their ratio, of the image as it was published."""
    width, height = (manifest[column].to_numpy(float) for column in ("width", "height"))
    return np.stack([width, height, width / height], axis=1)


def acquisition(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """How the scanner was set; NaN where the file does not say."""
    return manifest[list(ACQUISITION)].to_numpy(float)


def stained(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """One number: the share of the area of cell nuclei that is brown; 0 of an image without nuclei."""
    fractions = np.zeros((len(images), 1))
    for line, pixels in enumerate(images):
        brown, nuclei = mask(pixels, "dab"), mask(pixels, "stained")
        fractions[line] = brown.sum() / max(1, nuclei.sum())
    return fractions


def stain(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """The directions of the two stains of tissue in optical density.

    Six numbers, see preprocessing.stains; NaN of a picture with too little tissue, or with one stain alone.
    """
    numbers = np.full((len(images), STAIN_NUMBERS), np.nan)
    for line, pixels in enumerate(images):
        if (stains := stains_of(optical_density(looked_at(pixels)))) is not None:
            directions, _ = stains
            numbers[line] = directions.ravel()
    return numbers


def position(images: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """Column and row of a tile in the grid of its slide, and its corner as shares of the slide's width and height."""
    column, row, left, top, width, height = (
        manifest[name].to_numpy(float) for name in ("column", "row", "left", "top", "width", "height")
    )
    return np.stack([column, row, left / width, top / height], axis=1)


FEATURES: dict[str, Feature] = {
    "border": border,
    "colour": channel_statistics,
    "intensity": channel_statistics,
    "size": size,
    "acquisition": acquisition,
    "stained": stained,
    "stain": stain,
    "position": position,
}


def table(names: list[str], arrays: Arrays, rows: np.ndarray, manifest: pd.DataFrame) -> np.ndarray:
    """float64 N×F numbers of the features `names`, NaN where one is not known; `rows` are the samples' rows in the
    array, `manifest` their rows.

    UserError where the array holds no pictures, or none in which there is a stain to see.
    """
    described = arrays.description
    if described.kind != PIXELS:
        raise UserError(f"a baseline looks at pictures, and these are {described}; choose another kind of run")
    coloured = [name for name in names if name in ("stained", "stain")]
    if coloured and (described.dtype, described.channels) != ("uint8", 3):
        raise UserError(f"the feature {coloured[0]} needs pictures in colour of 8 bits, not {described}; take it out")
    parts = []
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        block = slice(start, start + ROWS_AT_A_TIME)
        pixels = arrays.data[rows[block]]
        columns = [FEATURES[name](pixels, manifest.iloc[block]) for name in names]
        parts.append(np.concatenate(columns, axis=1))
    return np.concatenate(parts)
