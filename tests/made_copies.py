"""Pictures like cells in a smear, and copies of pictures that were changed in known ways."""

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageFilter

Pixels = np.ndarray
# Absorption of haematoxylin, eosin and what is left in red, green and blue (Ruifrok and Johnston 2001).
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


def picture(number: int, side: int = 160, cells: int = 24) -> Pixels:
    """uint8 side×side×3: pale ground with cells, each with a nucleus and grains, another one for each number."""
    rng = np.random.default_rng(number)
    image = np.full((side, side, 3), (228, 214, 224), np.uint8)
    for _ in range(cells):
        centre = tuple(int(value) for value in rng.integers(0, side, 2))
        axes = tuple(int(value) for value in rng.integers(side // 16, side // 7, 2))
        turn, body = int(rng.integers(0, 180)), rng.integers(120, 210, 3)
        cv2.ellipse(image, centre, axes, turn, 0, 360, tuple(map(int, body)), -1, cv2.LINE_AA)
        nucleus = tuple(max(2, axis // 3) for axis in axes)
        cv2.ellipse(image, centre, nucleus, turn, 0, 360, tuple(map(int, body // 2)), -1, cv2.LINE_AA)
    grain = cv2.GaussianBlur(rng.normal(0, 40, (side, side, 1)).astype(np.float32), (0, 0), 1.2)
    return np.clip(image + grain[..., None], 0, 255).astype(np.uint8)


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """Anticlockwise on the same canvas; what comes from beyond the edge is the edge mirrored."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def flipped(pixels: Pixels) -> Pixels:
    """Left to right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def cropped(pixels: Pixels, share: float, rng: np.random.Generator) -> Pixels:
    """A part of that share of the area, anywhere, enlarged to the size of the whole."""
    height, width = pixels.shape[:2]
    part = [max(8, round(length * share**0.5)) for length in (height, width)]
    top, left = (int(rng.integers(0, length - size + 1)) for length, size in zip((height, width), part, strict=True))
    return cv2.resize(
        pixels[top : top + part[0], left : left + part[1]], (width, height), interpolation=cv2.INTER_CUBIC
    )


def brightened(pixels: Pixels, factor: float) -> Pixels:
    """All values times the factor."""
    return np.clip(pixels.astype(np.float64) * factor, 0, 255).astype(np.uint8)


def saved(pixels: Pixels, quality: int) -> Pixels:
    """As JPEG of that quality."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def blurred(pixels: Pixels, radius: float) -> Pixels:
    """By a Gaussian of that standard deviation in pixels."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def stained(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Each of three stains stronger or weaker by up to that part."""
    density = -np.log(np.maximum(pixels.astype(np.float64), 1) / 255)
    amounts = density @ np.linalg.inv(STAINS)
    amounts *= 1 + rng.uniform(-strength, strength, 3)
    return np.clip(255 * np.exp(-amounts @ STAINS), 0, 255).astype(np.uint8)


def all_together(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Every change, each of random strength."""
    pixels = flipped(pixels) if rng.random() < 0.5 else pixels
    pixels = turned(pixels, rng.uniform(1, 180))
    pixels = cropped(pixels, rng.uniform(0.6, 0.95), rng)
    pixels = stained(brightened(pixels, rng.uniform(0.6, 1.4)), rng.uniform(0, 0.3), rng)
    return saved(blurred(pixels, rng.uniform(0, 1)), int(rng.integers(30, 91)))


Change = Callable[[Pixels, np.random.Generator], Pixels]
# Kind and strength → what makes the copy.
CHANGES: dict[str, Change] = {
    **{f"turn {angle}°": lambda p, rng, angle=angle: turned(p, angle) for angle in (1, 10, 45, 90, 180)},
    "flip": lambda p, rng: flipped(p),
    **{f"crop {share} %": lambda p, rng, share=share: cropped(p, share / 100, rng) for share in (95, 80, 60)},
    **{f"brightness {part:+} %": lambda p, rng, part=part: brightened(p, 1 + part / 100) for part in (-40, 40)},
    **{f"JPEG {quality}": lambda p, rng, quality=quality: saved(p, quality) for quality in (90, 60, 30)},
    **{f"blur {radius} px": lambda p, rng, radius=radius: blurred(p, radius) for radius in (0.5, 1.0, 2.0)},
    **{f"stain {part} %": lambda p, rng, part=part: stained(p, part / 100, rng) for part in (15, 30)},
    "all together": all_together,
}
