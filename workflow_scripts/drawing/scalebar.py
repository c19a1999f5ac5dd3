"""A bar of known length in a picture whose pixels have a known size."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of the picture's width, about; a bar is never longer than 1.5 times that.
SHARE = 0.25
ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Micrometres per pixel of a packed image from left to right; `even`: the same from top to bottom."""

    micrometres: float
    even: bool = True


class Packed(Protocol):
    """How images were packed: see the block `preprocess` of the settings; pixel_size is that of the raw image."""

    @property
    def size(self) -> int: ...
    @property
    def fit(self) -> str: ...
    @property
    def pixel_size(self) -> float | None: ...


def scales_of(sides: pd.DataFrame, preprocess: Packed) -> list[Scale] | None:
    """Scale of each packed image from the `width` and `height` of its raw one; None where no pixel size is known."""
    if preprocess.pixel_size is None:
        return None
    scales = []
    for width, height in zip(sides["width"], sides["height"], strict=True):
        across, down = {
            "squash": (width, height),
            "pad": (max(width, height),) * 2,
            "crop": (min(width, height),) * 2,
        }[preprocess.fit]
        scales.append(Scale(preprocess.pixel_size * across / preprocess.size, across == down))
    return scales


def round_length(scale: Scale, width: int) -> float:
    """The round number of micrometres (1, 2 or 5 times a power of ten) nearest to SHARE of `width` pixels."""
    wanted = SHARE * width * scale.micrometres
    power = 10.0 ** int(f"{wanted:e}".partition("e")[2])
    return min((number * power for number in ROUND), key=lambda length: (abs(length - wanted), length))


def length_words(micrometres: float) -> str:
    """The length with its unit: of a millimetre and more in millimetres."""
    return f"{micrometres / 1000:g} mm" if micrometres >= 1000 else f"{micrometres:g} µm"


def draw(axis: "Axes", scale: Scale, width: int, height: int) -> None:
    """Draw the bar with its length into the lower right corner of an image of these pixels."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    length = round_length(scale, width)
    pixels, margin, thick = length / scale.micrometres, 0.04 * width, 0.025 * height
    left, top = width - 0.5 - margin - pixels, height - 0.5 - margin - thick
    axis.add_patch(Rectangle((left, top), pixels, thick, facecolor="white", edgecolor="black", linewidth=0.5))
    text = length_words(length) + ("" if scale.even else "\nhorizontal")
    corner = (width - 0.5 - margin, top - 0.01 * height)
    outline = [withStroke(linewidth=1.5, foreground="black")]
    axis.text(*corner, text, ha="right", va="bottom", fontsize=6, color="white", path_effects=outline, linespacing=0.9)
