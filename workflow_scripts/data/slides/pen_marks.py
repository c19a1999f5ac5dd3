"""Marks of pens on a slide: saturated and of a hue that no stain has, or dark without colour.

Who marked a slide knew its diagnosis: a network that sees a mark may learn the pen. In H&E, hues lie between violet and
red; an immunohistochemical slide has light blue and brown. What is more saturated than these, or green, is ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np

# Sizes in µm, areas in µm². What is smaller is dust, or a clump of dark nuclei.
_LEAST_AREA = 1_000.0
# Ink fades towards the edge of its stroke: so far, what is like it is counted to it.
_FADING = 150.0
# And so far, whatever it is: light that the objective smears, and pixels of half a colour.
_MARGIN = 40.0
# Black ink is dark in all three channels; a fold or pigment is dark and violet or brown. Of 255.
_DARK, _VERY_DARK, _GREY_SATURATION = 90, 55, 100


@dataclass(frozen=True)
class Ink:
    """Hues of an ink in half degrees, as OpenCV has them, `last` may lie beyond 180; and saturations of 255.

    `seed`: what is so saturated is ink; `faded`: what is beside it and so saturated is, too.
    """

    first: int
    last: int
    seed: int
    faded: int


# Counterstain reaches saturation 115 in hues from 100 to 120, haematoxylin 180 beyond 126, eosin and blood 180 at 175.
INKS = (Ink(30, 94, 60, 30), Ink(94, 126, 140, 45), Ink(175, 187, 200, 45))
# Blue, also pale, where no more than this share of what has colour (a saturation of 25) is so: else it is the stain.
_PALE_BLUE, _COUNTERSTAIN_SHARE, _COLOURED = Ink(94, 118, 60, 30), 0.3, 25


def pen_marks(pixels: np.ndarray, microns: float) -> np.ndarray:
    """bool H×W of what is under a pen's mark, in a uint8 H×W×3 picture of so many µm per pixel."""
    hue, saturation, value = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))
    marked = np.zeros(hue.shape, bool)
    blue = _hues(hue, _PALE_BLUE)[saturation >= _COLOURED]
    is_stain = blue.size > 0 and blue.mean() > _COUNTERSTAIN_SHARE
    for ink in INKS if is_stain else (*INKS, _PALE_BLUE):
        # Hues of dark and of pale pixels are noise.
        coloured = _hues(hue, ink) & (value > _VERY_DARK)
        seeds = _large(coloured & (saturation >= ink.seed), microns)
        marked |= _grown(seeds, coloured & (saturation >= ink.faded), microns)
    dark = (value <= _VERY_DARK) | ((value <= _DARK) & (saturation <= _GREY_SATURATION))
    marked |= _large(dark, microns)
    return cv2.dilate(marked.astype(np.uint8), disc(_MARGIN, microns)).astype(bool) if marked.any() else marked


def disc(radius: float, microns: float) -> np.ndarray:
    """A round structuring element; radius in µm, at least a pixel."""
    size = 2 * max(round(radius / microns), 1) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def without_specks(mask: np.ndarray, least: float, microns: float) -> np.ndarray:
    """The mask without connected parts of a smaller area in µm²."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:count, cv2.CC_STAT_AREA] * microns**2 >= least
    kept[0] = False
    return kept[labels]


def _hues(hue: np.ndarray, ink: Ink) -> np.ndarray:
    return ((hue >= ink.first) & (hue < ink.last)) | (hue + 180.0 < ink.last)


def _large(mask: np.ndarray, microns: float) -> np.ndarray:
    return without_specks(mask, _LEAST_AREA, microns)


def _grown(seeds: np.ndarray, faded: np.ndarray, microns: float) -> np.ndarray:
    """The seeds, and what is faded and reached from them through what is faded, no further than ink fades."""
    if not seeds.any():
        return seeds
    grown, step = seeds.astype(np.uint8), np.ones((3, 3), np.uint8)
    allowed = (faded | seeds).astype(np.uint8)
    for _ in range(max(round(_FADING / microns), 1)):
        grown = cv2.dilate(grown, step) & allowed
    return grown.astype(bool)
