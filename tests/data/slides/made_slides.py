"""Small slides for tests: glass, stained tissue, pen marks and padding at places that the test knows."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import tifffile

from workflow_scripts.data.slides.slide import Slide, SlideFacts

GLASS, NOISE = 243, 2.0
# RGB of inks as scanners see them, and of two stains.
INKS = {"blue": (35, 80, 190), "green": (25, 150, 110), "black": (28, 28, 32), "red": (205, 20, 25)}
PINK, VIOLET = (222, 150, 190), (140, 90, 165)


@dataclass
class Drawn:
    """A picture uint8 H×W×3 of a slide, and bool H×W of what was drawn in it: tissue, pen, padding."""

    pixels: np.ndarray
    truth: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def glass(cls, width: int = 2048, height: int = 1536, seed: int = 0, noise: float = NOISE) -> "Drawn":
        """Empty glass with the noise of a scanner."""
        values = np.random.default_rng(seed).normal(GLASS, noise, (height, width, 3))
        drawn = cls(values.clip(0, 255).astype(np.uint8))
        drawn.truth = {name: np.zeros((height, width), bool) for name in ("tissue", "pen", "padding")}
        return drawn

    def tissue(self, x: int, y: int, across: int, down: int, seed: int = 1) -> "Drawn":
        """An ellipse of stroma with nuclei."""
        region = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.ellipse(region, (x, y), (across, down), 0, 0, 360, 1, -1)
        rng = np.random.default_rng(seed)
        coarse = rng.random((region.shape[0] // 8 + 1, region.shape[1] // 8 + 1)).astype(np.float32)
        nuclei = cv2.resize(coarse, region.shape[::-1], interpolation=cv2.INTER_CUBIC)[..., None] > 0.75
        stained = np.where(nuclei, VIOLET, PINK) + rng.normal(0, 6, self.pixels.shape)
        inside = region > 0
        self.pixels[inside] = stained[inside].clip(0, 255).astype(np.uint8)
        self.truth["tissue"] |= inside
        return self

    def stroke(self, ink: str, start: tuple[int, int], end: tuple[int, int], width: int = 90) -> "Drawn":
        """A stroke of a pen, soft at its edge."""
        drawn = np.zeros(self.pixels.shape[:2], np.float32)
        cv2.line(drawn, start, end, 1.0, width)
        cover = cv2.GaussianBlur(drawn, (0, 0), 5)[..., None]
        self.pixels = (self.pixels * (1 - cover) + np.array(INKS[ink]) * cover).astype(np.uint8)
        self.truth["pen"] |= drawn > 0
        return self

    def black(self, left: int, top: int, right: int, bottom: int) -> "Drawn":
        """A block that nobody scanned."""
        self.pixels[top:bottom, left:right] = 0
        self.truth["padding"][top:bottom, left:right] = True
        return self


def write_slide(
    path: Path, pixels: np.ndarray, microns: float | None = 0.5, levels: int = 2, description: str = ""
) -> Path:
    """Write a tiled TIFF file whose levels are four times smaller each; its resolution says µm per pixel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tifffile.TiffWriter(path) as writer:
        for level in range(levels):
            shown = pixels if not level else cv2.resize(pixels, None, fx=0.25**level, fy=0.25**level, interpolation=3)
            writer.write(
                shown,
                tile=(256, 256),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 95},
                subfiletype=int(level > 0),
                resolution=(10_000 / microns * 0.25**level,) * 2 if microns else None,
                resolutionunit="CENTIMETER" if microns else "NONE",
                description=description or None,
                metadata=None,
            )
    return path


class MadeSlide(Slide):
    """A slide in memory, `steps` times smaller in each level; it keeps the largest window that was asked for."""

    def __init__(self, pixels: np.ndarray, steps: tuple[int, ...] = (), microns: float | None = 0.5) -> None:
        self.pixels = [pixels, *(pixels[::step, ::step] for step in steps)]
        sizes = [(level.shape[1], level.shape[0]) for level in self.pixels]
        super().__init__((), sizes, SlideFacts("made", microns, "test"))
        self.largest = 0

    def close(self) -> None:
        """Nothing is open."""

    def _pixels(self, level: int, left: int, top: int, width: int, height: int) -> np.ndarray:
        self.largest = max(self.largest, width * height)
        return self.pixels[level][top : top + height, left : left + width]
