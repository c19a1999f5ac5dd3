"""What lies on real slides beside tissue: folds, ink, and the black of a scanner that saw nothing."""

import cv2
import numpy as np

from workflow_scripts.contracts.ground_truth_table import FOLD, PADDING, PEN
from workflow_scripts.synthetic.section import Section, smooth_noise

# Red, green, blue of the light that passes each ink, 0 to 1.
INKS = ((0.10, 0.22, 0.62), (0.08, 0.45, 0.28))
# Width of a pen's line and of a fold in micrometres. A pen is three times as wide; so is a slide.
PEN_WIDTH, FOLD_WIDTH = (80.0, 120.0), (14.0, 26.0)


def fold(section: Section, mask: np.ndarray, rng: np.random.Generator) -> None:
    """Double the tissue along a bent line through the section; marks it in `mask`, uint8 H×W."""
    height, width = section.shape
    line = np.zeros(section.shape, np.uint8)
    across = np.linspace(0, 1, 24)
    middle = rng.uniform(0.35, 0.65) + 0.06 * np.sin(across * rng.uniform(3, 7) + rng.uniform(0, 6))
    points = np.stack([across * width, middle * height], axis=1)
    if rng.uniform() < 0.5:
        points = np.stack([middle * width, across * height], axis=1)
    _stroke(line, points, rng.uniform(*FOLD_WIDTH) * section.scale)
    folded = (line > 0) & section.tissue
    for stain in (section.haematoxylin, section.eosin):
        above = np.roll(stain, (int(30 * section.scale), int(22 * section.scale)), axis=(0, 1))
        stain[folded] += 0.9 * above[folded] + 0.12
    mask[folded] = FOLD


def pen_marks(pixels: np.ndarray, mask: np.ndarray, scale: float, rng: np.random.Generator) -> None:
    """Draw strokes of ink on the glass beside and across the tissue; both arrays are changed."""
    height, width = mask.shape
    ink = np.array(INKS[int(rng.integers(len(INKS)))], np.float32)
    strokes = np.zeros(mask.shape, np.uint8)
    for _ in range(int(rng.integers(1, 3))):
        # From a corner along a border, where there is little tissue.
        corner = rng.integers(0, 2, 2)
        along = np.eye(2)[int(rng.integers(2))] * (1 - 2 * corner) * rng.uniform(35, 60)
        way = np.cumsum(along + rng.normal(0, 12, (7, 2)), axis=0) * scale
        start = np.abs(corner - rng.uniform(0.07, 0.14, 2)) * (width, height)
        _stroke(strokes, start + way, rng.uniform(*PEN_WIDTH) * scale)
    drawn = strokes > 0
    cover = np.clip(0.86 + 0.06 * smooth_noise(mask.shape, 12 * scale, rng), 0.7, 0.97)[drawn, None]
    pixels[drawn] = np.clip(pixels[drawn] * (1 - cover + cover * ink) + 0.5, 0, 255)
    mask[drawn] = PEN


def padding(pixels: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> None:
    """Blacken a strip along one border; both arrays are changed."""
    share, turn = rng.uniform(0.05, 0.1), int(rng.integers(4))
    strip = np.rot90(np.zeros(mask.shape, bool), turn).copy()
    strip[: round(share * len(strip))] = True
    black = np.rot90(strip, -turn)
    pixels[black], mask[black] = 0, PADDING


def _stroke(canvas: np.ndarray, points: np.ndarray, width: float) -> None:
    """A line of a width in pixels through points (x, y), into a uint8 picture."""
    whole = np.round(points).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(canvas, [whole], isClosed=False, color=1, thickness=max(1, round(width)))
