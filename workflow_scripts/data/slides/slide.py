"""A whole slide: levels of pixels, and the few things that are read of what its file says.

Label, overview and thumbnail pictures are never read: names are written on them. Of the text in a file only numbers are
taken, see SlideFacts.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)

WHITE = 255
# Scanners round the size of a level: one whose downsample is larger by so little stands for what is asked for.
_ROUNDED = 1.01


@dataclass(frozen=True)
class Level:
    """Width and height in pixels; `downsample`: pixels of the full level along one of this level."""

    width: int
    height: int
    downsample: float


@dataclass(frozen=True)
class SlideFacts:
    """All that is passed on of what a file says beside its pixels.

    vendor: who makes such files, or the format; microns: µm per pixel of the full level, None where the file says none;
    microns_from: where it says so; objective: magnification; has_colour_profile: one is there, none is applied.
    """

    vendor: str
    microns: float | None = None
    microns_from: str = ""
    objective: float | None = None
    has_colour_profile: bool = False


class Slide(ABC):
    """An open slide. Open it in the process that reads it; each method may raise RefusedSampleError.

    `files`: all that its pixels are read from, the one that was opened first; `levels`: from the full one to the
    smallest; for the other attributes see SlideFacts.
    """

    def __init__(self, files: tuple[Path, ...], sizes: list[tuple[int, int]], facts: SlideFacts) -> None:
        """`sizes`: width and height of each level in pixels."""
        self.files = files
        self.levels = levels_of(sizes)
        self.vendor = facts.vendor
        self.microns = facts.microns
        self.microns_from = facts.microns_from
        self.objective = facts.objective
        self.has_colour_profile = facts.has_colour_profile

    @abstractmethod
    def close(self) -> None:
        """Close its files."""

    @abstractmethod
    def _pixels(self, level: int, left: int, top: int, width: int, height: int) -> np.ndarray:
        """The same as `region`, of a window that lies in the level."""

    def region(self, level: int, left: int, top: int, width: int, height: int) -> np.ndarray:
        """uint8 height×width×3 RGB of a window in pixels of that level; white where nothing was scanned.

        left and top may lie before the slide, right and bottom beyond it.
        """
        size = self.levels[level]
        right, bottom = min(left + width, size.width), min(top + height, size.height)
        inner_left, inner_top = max(left, 0), max(top, 0)
        if right <= inner_left or bottom <= inner_top:
            return np.full((height, width, 3), WHITE, np.uint8)
        inside = self._pixels(level, inner_left, inner_top, right - inner_left, bottom - inner_top)
        if inside.shape == (height, width, 3):
            return inside
        window = np.full((height, width, 3), WHITE, np.uint8)
        window[inner_top - top : bottom - top, inner_left - left : right - left] = inside
        return window

    def level_for(self, downsample: float) -> int:
        """The smallest level that is at least as fine as that; the full one where none is."""
        fine = [index for index, level in enumerate(self.levels) if level.downsample <= downsample * _ROUNDED]
        return fine[-1] if fine else 0

    def tile(self, left: int, top: int, side: int, size: int) -> np.ndarray:
        """uint8 size×size×3 RGB of a square with that corner and side in pixels of the full level.

        It is read from the smallest level that is fine enough and brought to its size by area, where it is too small
        bilinearly; where side == size, the pixels are the file's own.
        """
        level = self.level_for(side / size)
        downsample = self.levels[level].downsample
        across = max(round(side / downsample), 1)
        pixels = self.region(level, round(left / downsample), round(top / downsample), across, across)
        if across == size:
            return pixels
        way = cv2.INTER_AREA if across > size else cv2.INTER_LINEAR
        return cv2.resize(pixels, (size, size), interpolation=way)

    def __enter__(self) -> "Slide":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def levels_of(sizes: list[tuple[int, int]]) -> tuple[Level, ...]:
    """Levels of these widths and heights, the largest first; a level's downsample is the mean along both sides."""
    width, height = sizes[0]
    return tuple(Level(across, down, (width / across + height / down) / 2) for across, down in sizes)


def on_white(pixels: np.ndarray, premultiplied: bool = False) -> np.ndarray:
    """H×W×3 of uint8 RGBA H×W×4 over white; `premultiplied`: its colours are multiplied by alpha already."""
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    if alpha.size and alpha.min() == WHITE:
        return np.ascontiguousarray(colours)
    clear = WHITE - alpha.astype(np.uint16)
    if premultiplied:
        return np.minimum(colours + clear, WHITE).astype(np.uint8)
    return ((colours.astype(np.uint16) * alpha + clear * WHITE + WHITE // 2) // WHITE).astype(np.uint8)
