"""A map of weights on top of the grey image that it belongs to."""

from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.drawing.style import SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

OPACITY = 0.55
EMPTY = "empty: nothing speaks\nfor this class"
WEIGHT = "weight of the place for the predicted class (maximum of each map = 1)"


def overlay(axis: "Axes", pixels: np.ndarray, values: np.ndarray) -> "AxesImage | None":
    """Draw a map, h×w in [0, 1], over an image uint8 H×W×3; returns what a colour bar can be made for, or None.

    An empty map leaves the image as it is and says so.
    """
    height, width = pixels.shape[:2]
    axis.imshow(pixels.mean(axis=2), cmap="gray", vmin=0, vmax=255)
    if values.any():
        extent = (-0.5, width - 0.5, height - 0.5, -0.5)
        return axis.imshow(values, alpha=OPACITY, extent=extent, vmin=0, vmax=1, cmap=SEQUENTIAL)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axis.text(0.5, 0.5, EMPTY, fontsize=6, ha="center", va="center", transform=axis.transAxes, bbox=box)
    return None
