"""What of a slide is tissue: Otsu's threshold of saturation, guarded, for it finds two classes wherever one looks.

Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9:62 (1979). Padding and pen marks are taken out first: they
would be classes of their own.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from workflow_scripts.contracts.slide_overviews import BACKGROUND, LONGEST, PADDING, PEN, TISSUE, Overview
from workflow_scripts.data.slides.pen_marks import disc, pen_marks, without_specks
from workflow_scripts.data.slides.slide import Slide
from workflow_scripts.data.slides.small_picture import SmallPicture, small_picture

Status = Literal["ok", "blank", "only_pen", "fluorescence"]

# µm per pixel of the mask: a tile has a hundred of its pixels and more, and the slide some megapixels.
MASK_MICRONS = 8.0
# Black that a program filled in: all channels are at most this, of 255; ink and folds are lighter.
_BLACK = 8
# Where nothing was scanned: pure white. Glass rarely is.
_WHITE = 255
# Otsu's threshold counts no lower: scanner noise of grey glass reaches saturation 15 of 255, pale eosin begins at 25.
_LEAST_SATURATION = 20
# A class with a mean this pale, or this bright, is glass; otherwise tissue fills the picture and both classes are.
_GLASS_SATURATION, _GLASS_BRIGHTNESS = 15, 225
# Light that a stained section lets through, of 255, and the least share of a slide's scanned pixels that is so bright.
# On a fluorescence or dark-field slide next to none is.
_BRIGHT, _LEAST_BRIGHT = 100, 0.1
# A slide with less is empty: dust, a scratch, a bubble's edge.
_LEAST_TISSUE = 0.001
# In µm: noise is smoothed over this radius, gaps up to twice this are closed, and smaller parts than this area, in µm²,
# are dust.
_SMOOTH, _CLOSE, _LEAST_AREA = 8.0, 24.0, 10_000.0


@dataclass(frozen=True)
class TissueMask:
    """What of a slide is what: uint8 H×W `codes`, the values of contracts.slide_overviews.

    status: "ok" where tiles can be taken; across, down: pixels of the full level along a pixel; microns: µm per pixel;
    level: where it was read; otsu: Otsu's threshold of saturation, NaN where there was nothing to divide; limit: the
    one that counts.
    """

    status: Status
    codes: np.ndarray
    across: float
    down: float
    microns: float
    level: int
    otsu: float
    limit: float

    def share(self, code: int) -> float:
        """Part of the slide that is of this code."""
        return float((self.codes == code).mean())


def tissue_mask(slide: Slide, microns: float) -> tuple[TissueMask, Overview]:
    """The mask of a slide whose full level has so many µm per pixel, and what is drawn of it later.

    The slide is read once, as fine as the one needs it that needs it finer.
    """
    full = slide.levels[0]
    wanted = MASK_MICRONS / microns
    picture = small_picture(slide, min(wanted, max(full.width, full.height) / LONGEST))
    factor = max(round(wanted / picture.across), 1)
    small = picture.reduced(factor)
    mask = mask_of(small, microns * (small.across + small.down) / 2)
    return mask, _overview(picture.pixels, mask.codes, factor)


def _overview(picture: np.ndarray, codes: np.ndarray, factor: int) -> Overview:
    """The picture and the mask, of which a pixel is factor×factor ones of the picture, no side longer than LONGEST."""
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    mask = codes.repeat(factor, axis=0)[:height].repeat(factor, axis=1)[:, :width]
    return Overview(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    )


def mask_of(small: SmallPicture, microns: float) -> TissueMask:
    """The mask of a small picture of so many µm per pixel."""
    pixels = small.pixels
    padding = _padding(pixels)
    dark_field = _is_dark_field(pixels)
    pen = np.zeros_like(padding) if dark_field else _pen(pixels, padding, microns)
    scanned = ~padding & (pixels.min(axis=2) < _WHITE)
    otsu = limit = float("nan")
    tissue = np.zeros_like(padding)
    if not dark_field and (scanned & ~pen).any():
        tissue, otsu, limit = _stained(pixels, scanned & ~pen, microns)
    codes = np.full(padding.shape, BACKGROUND, np.uint8)
    codes[tissue] = TISSUE
    codes[pen] = PEN
    codes[padding] = PADDING
    status: Status = "ok"
    if dark_field:
        status = "fluorescence"
    elif (codes == TISSUE).mean() < _LEAST_TISSUE:
        status = "only_pen" if pen.any() else "blank"
    return TissueMask(status, codes, small.across, small.down, microns, small.level, otsu, limit)


def _padding(pixels: np.ndarray) -> np.ndarray:
    """bool H×W: black that a program filled in, and the pixels at its edge, which are half black."""
    black = (pixels.max(axis=2) <= _BLACK).astype(np.uint8)
    block = cv2.morphologyEx(black, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return cv2.dilate(block, np.ones((5, 5), np.uint8)).astype(bool)


def _pen(pixels: np.ndarray, padding: np.ndarray, microns: float) -> np.ndarray:
    """bool H×W of what is under a pen's mark; padding is as black as ink, and none."""
    white = np.where(padding[..., None], np.uint8(_WHITE), pixels)
    return pen_marks(white, microns) & ~padding


def _is_dark_field(pixels: np.ndarray) -> bool:
    """Whether light shows what is there, and not what absorbs it."""
    unlit = (pixels == 0).all(axis=2)
    bright = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) >= _BRIGHT
    return not unlit.all() and bool(bright.sum() < _LEAST_BRIGHT * (~unlit).sum())


def _stained(pixels: np.ndarray, among: np.ndarray, microns: float) -> tuple[np.ndarray, float, float]:
    """Tissue, bool H×W, Otsu's threshold of saturation, and the one that counts."""
    size = 2 * max(round(_SMOOTH / microns), 1) + 1
    smooth = cv2.medianBlur(pixels, min(size, 7))
    saturation = cv2.cvtColor(smooth, cv2.COLOR_RGB2HSV)[..., 1]
    brightness = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY)
    otsu, _ = cv2.threshold(saturation[among], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    paler = among & (saturation <= otsu)
    limit = max(otsu, _LEAST_SATURATION)
    if paler.any() and not (
        saturation[paler].mean() < _GLASS_SATURATION or brightness[paler].mean() >= _GLASS_BRIGHTNESS
    ):
        limit = _LEAST_SATURATION
    tissue = among & (saturation > limit)
    rest = among & ~tissue
    # Tissue takes light away; what is brighter than the rest is colour of the glass.
    if tissue.any() and rest.any() and brightness[tissue].mean() >= brightness[rest].mean():
        tissue[:] = False
    return without_specks(_closed(tissue, microns) & among, _LEAST_AREA, microns), float(otsu), float(limit)


def _closed(mask: np.ndarray, microns: float) -> np.ndarray:
    """The mask without its gaps; a frame around it keeps its edges from being gaps."""
    element = disc(_CLOSE, microns)
    frame = len(element)
    framed = np.pad(mask.astype(np.uint8), frame)
    return cv2.morphologyEx(framed, cv2.MORPH_CLOSE, element)[frame:-frame, frame:-frame].astype(bool)
