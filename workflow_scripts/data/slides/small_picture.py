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

    def reduced(self, factor: int) -> "SmallPicture":
        """The same with factor×factor of its pixels in each."""
        return SmallPicture(_reduced(self.pixels, factor), self.level, self.across * factor, self.down * factor)


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
        pixels[first:last] = _strip(slide, level, factor, first, last)
    return SmallPicture(pixels, level, factor * full.width / size.width, factor * full.height / size.height)


def _level(slide: Slide, downsample: float) -> int:
    """The level that is as near as a factor allows, else the smallest that is finer."""
    near = [index for index, level in enumerate(slide.levels) if level.downsample <= downsample * _NEAR]
    fine = [index for index in near if slide.levels[index].downsample >= downsample / _NEAR]
    if fine:
        return min(fine, key=lambda index: abs(np.log(slide.levels[index].downsample / downsample)))
    return near[-1] if near else 0


def _strip(slide: Slide, level: int, factor: int, first: int, last: int) -> np.ndarray:
    """Rows of the small picture."""
    size = slide.levels[level]
    top, bottom = first * factor, min(last * factor, size.height)
    return _reduced(slide.region(level, 0, top, size.width, bottom - top), factor)


def _reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Every pixel the mean of factor×factor; at the right and lower edge the last pixels are repeated."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[:2]
    filled = cv2.copyMakeBorder(pixels, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)
    return cv2.resize(filled, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA)
