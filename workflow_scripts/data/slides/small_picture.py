"""A slide as one small picture, read from the level that is near enough, in strips where no level is."""

from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.data.slides.slide import Slide

# A level whose downsample is within this factor of what is asked for is taken as it is.
_NEAR = 1.5
# Pixels of a strip: 48 MB as RGB.
_STRIP = 16_000_000

cv2.setNumThreads(1)


@dataclass(frozen=True)
class SmallPicture:
    """uint8 H×W×3 `pixels` of a whole slide; `across`, `down`: pixels of its full level along a pixel.

    `level`: where it was read.
    """

    pixels: np.ndarray
    level: int
    across: float
    down: float


def small_picture(slide: Slide, downsample: float) -> SmallPicture:
    """The slide with about so many pixels of its full level along each of its pixels; at least 1.

    Of the levels that are fine enough the smallest one is read, a strip after the other, each brought to its size by
    area.
    """
    level = _level(slide, max(downsample, 1.0))
    full, size = slide.levels[0], slide.levels[level]
    factor = max(round(downsample / size.downsample), 1)
    height = -(-size.height // factor)
    width = -(-size.width // factor)
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(_STRIP // (size.width * factor), 1)
    for first in range(0, height, rows):
        last = min(first + rows, height)
        pixels[first:last] = _strip(slide, level, factor, first, last, width)
    return SmallPicture(pixels, level, factor * full.width / size.width, factor * full.height / size.height)


def _level(slide: Slide, downsample: float) -> int:
    """The level that is as near as a factor allows, else the smallest that is finer."""
    near = [index for index, level in enumerate(slide.levels) if level.downsample <= downsample * _NEAR]
    fine = [index for index in near if slide.levels[index].downsample >= downsample / _NEAR]
    if fine:
        return min(fine, key=lambda index: abs(np.log(slide.levels[index].downsample / downsample)))
    return near[-1] if near else 0


def _strip(slide: Slide, level: int, factor: int, first: int, last: int, width: int) -> np.ndarray:
    """Rows of the small picture; what hangs over the slide's edges is the mean of what lies on it."""
    size = slide.levels[level]
    top, bottom = first * factor, min(last * factor, size.height)
    pixels = slide.region(level, 0, top, size.width, bottom - top)
    if factor == 1:
        return pixels
    missing = ((last - first) * factor - (bottom - top), width * factor - size.width)
    pixels = cv2.copyMakeBorder(pixels, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    return cv2.resize(pixels, (width, last - first), interpolation=cv2.INTER_AREA)
