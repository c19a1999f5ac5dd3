"""Haematoxylin and eosin as a laboratory stains and scans them: amounts of two stains → colours (Beer-Lambert)."""

from dataclasses import dataclass

import cv2
import numpy as np

# Optical density of red, green, blue per unit of haematoxylin and of eosin (Macenko et al., 2009).
REFERENCE = np.array([[0.56, 0.72, 0.41], [0.22, 0.80, 0.56]], dtype=np.float32)
# Of another eosin, more violet (Ruifrok & Johnston, 2001), and of a bluer haematoxylin.
OTHER = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]], dtype=np.float32)
WHITE = 255.0


@dataclass(frozen=True)
class Stain:
    """Colours of both stains, their strengths, and what the scanner sees through clear glass (red, green, blue).

    `vectors`: float32 2×3 optical densities of unit length; `blur` in pixels and `noise` are those of the scanner.
    """

    vectors: np.ndarray
    strengths: tuple[float, float]
    glass: np.ndarray
    blur: float
    noise: float

    def develop(self, haematoxylin: np.ndarray, eosin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """uint8 H×W×3 of float32 H×W amounts."""
        if self.blur:
            haematoxylin, eosin = (cv2.GaussianBlur(stain, (0, 0), self.blur) for stain in (haematoxylin, eosin))
        height, width = haematoxylin.shape
        picture = np.empty((height, width, 3), np.uint8)
        grain = rng.standard_normal((height, width), dtype=np.float32)
        blue, pink = (self.vectors * np.array(self.strengths, np.float32)[:, None]).astype(np.float32)
        for channel in range(3):
            light = np.exp(-(haematoxylin * blue[channel] + eosin * pink[channel]))
            light *= np.float32(self.glass[channel])
            # One draw for all channels, shifted: neighbouring channels of a sensor share little.
            light += np.float32(self.noise) * np.roll(grain, 7 * channel, axis=1)
            picture[..., channel] = np.clip(light + 0.5, 0, WHITE)
        return picture


def stain_of(rng: np.random.Generator, effect: float) -> Stain:
    """A laboratory's stain; `effect` scales how far it lies from the ordinary one."""
    draw = np.clip(rng.normal(size=9), -2, 2) * effect
    share = np.clip(np.array([[0.3], [0.3]]) + 0.3 * draw[:2, None], 0, 1)
    vectors = (REFERENCE + share * (OTHER - REFERENCE)).astype(np.float32)
    return Stain(
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        strengths=(float(1.25 * np.exp(0.14 * draw[2])), float(1.05 * np.exp(0.16 * draw[3]))),
        glass=np.clip(np.array([243.0, 242.0, 245.0]) + 3.0 * draw[4:7], 228, 252),
        blur=float(np.clip(0.6 + 0.12 * draw[7], 0.3, 1.2)),
        noise=float(np.clip(1.6 + 0.4 * draw[8], 0.6, 3.0)),
    )


def scattered_stain(stain: Stain, effect: float, rng: np.random.Generator) -> Stain:
    """The stain of one slide of a laboratory: a little stronger or weaker in each colour."""
    draw = np.clip(rng.normal(size=5), -2, 2) * effect
    strengths = stain.strengths[0] * np.exp(0.07 * draw[0]), stain.strengths[1] * np.exp(0.09 * draw[1])
    return Stain(
        stain.vectors,
        (float(strengths[0]), float(strengths[1])),
        np.clip(stain.glass + draw[2:5], 228, 252),
        stain.blur,
        stain.noise,
    )
