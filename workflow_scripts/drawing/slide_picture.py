"""Small pictures of whole slides: where tissue was seen, which tiles were taken, and numbers of tiles as colours."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.slide_overviews import PEN, TISSUE, Overview
from workflow_scripts.drawing.scalebar import Scale, length_words, round_length
from workflow_scripts.drawing.style import COLOURS, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

# Tissue and tiles are stained pink and violet: black and a colour far from both, each on a white casing.
TISSUE_COLOUR, TILE_COLOUR, PEN_COLOUR = "black", COLOURS[2], COLOURS[1]
# How much of the picture is left below a map, and how wide a square's line is at most, in points.
PALE, LINE = 0.35, 0.8
# Pixels of the overview from which a tile is large enough for a casing.
CASED = 14
# How far below a picture its bar lies, in points.
BAR_BELOW = 7


@dataclass(frozen=True)
class TileSquares:
    """Tiles of a slide: left and top edges N and side, and width and height of the slide, in pixels of its full level.

    microns: µm per such pixel.
    """

    left: np.ndarray
    top: np.ndarray
    side: int
    width: int
    height: int
    microns: float

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "TileSquares":
        """The tiles of a slide (N > 0), of their rows of the manifest."""
        side, width, height, microns = (rows[name].iloc[0] for name in ("side", "width", "height", "microns"))
        left, top = rows["left"].to_numpy(), rows["top"].to_numpy()
        return cls(left, top, int(side), int(width), int(height), float(microns))

    def corners(self, overview: Overview) -> np.ndarray:
        """float N×4×2: the corners of each (x, y) in pixels of the overview."""
        height, width = overview.mask.shape
        scale = np.array([width / self.width, height / self.height])
        first = np.stack([self.left, self.top], axis=1)
        steps = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * self.side
        return (first[:, None] + steps) * scale - 0.5


def show(axis: "Axes", picture: np.ndarray) -> None:
    """Draw a picture uint8 H×W×3 without ticks, with a hairline around it: white slides end somewhere, too."""
    axis.imshow(picture, interpolation="antialiased")
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set(visible=True, linewidth=0.4, color="0.6")


def pale(picture: np.ndarray) -> np.ndarray:
    """The picture uint8 H×W×3 in light grey, for a map above it."""
    grey = 255 - PALE * (255 - picture.mean(axis=2, keepdims=True))
    return np.repeat(grey.round().astype(np.uint8), 3, axis=2)


def outline(axis: "Axes", overview: Overview) -> None:
    """Draw the edges of tissue and of pen marks."""
    from matplotlib.patheffects import withStroke

    for value, colour in ((TISSUE, TISSUE_COLOUR), (PEN, PEN_COLOUR)):
        inside = np.pad(overview.mask == value, 1)
        if inside.any():
            columns, rows = np.arange(inside.shape[1]) - 1, np.arange(inside.shape[0]) - 1
            edges = axis.contour(columns, rows, inside, [0.5], colors=[colour], linewidths=LINE)
            edges.set_path_effects([withStroke(linewidth=2 * LINE, foreground="white")])


def draw_tiles(axis: "Axes", tiles: TileSquares, overview: Overview, colour: str = TILE_COLOUR) -> None:
    """Draw the edges of tiles, thinner where they are many."""
    from matplotlib.collections import PolyCollection

    corners = tiles.corners(overview)
    across = corners[0, 1, 0] - corners[0, 0, 0]
    line = float(np.clip(across / 25, 0.35, LINE))
    # All casings first: neighbours share their edges. Of small tiles nothing else would be left of the picture.
    casing = [(2.2 * line, "white")] if across >= CASED else []
    for width, drawn in (*casing, (line, colour)):
        squares = PolyCollection(list(corners), facecolors="none", edgecolors=drawn, linewidths=width)
        axis.add_collection(squares, autolim=False)


def draw_values(axis: "Axes", tiles: TileSquares, overview: Overview, values: np.ndarray) -> "PolyCollection":
    """Fill tiles by numbers N in [0, 1]; returns what a colour bar is made for."""
    from matplotlib.collections import PolyCollection

    squares = PolyCollection(
        list(tiles.corners(overview)), array=values, cmap=SEQUENTIAL, linewidths=0, antialiaseds=False
    )
    squares.set_clim(0, 1)
    axis.add_collection(squares, autolim=False)
    return squares


def scale_below(axis: "Axes", tiles: TileSquares, overview: Overview) -> None:
    """Draw a bar with its length below a picture, where no colour of it can hide the bar."""
    from matplotlib.transforms import ScaledTranslation

    width = overview.mask.shape[1]
    scale = Scale(tiles.microns * tiles.width / width)
    length = round_length(scale, width)
    end = length / scale.micrometres - 0.5
    points = axis.get_figure().dpi_scale_trans  # type: ignore[union-attr]
    below = axis.get_xaxis_transform() + ScaledTranslation(0, -BAR_BELOW / 72, points)
    axis.plot([-0.5, end], [0, 0], color="black", lw=2.5, solid_capstyle="butt", transform=below, clip_on=False,
              scalex=False, scaley=False)  # fmt: skip
    where: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 7, "annotation_clip": False}
    axis.annotate(length_words(length), (end, 0), xycoords=axis.get_xaxis_transform(), xytext=(4, -BAR_BELOW), **where)
