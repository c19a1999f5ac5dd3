"""Images in lines, and beside each, in columns, what a network made of its places."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.drawing import scalebar, style
from workflow_scripts.drawing.label_text import Labels, readable
from workflow_scripts.drawing.overlay import WEIGHT, overlay
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.drawing.scalebar import Scale
from workflow_scripts.explanation.gradcam import Maps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

CELL = 1.35
LETTERS_AN_INCH = 15
LETTERS_OF_TEXT = 22
CAPTION = (
    "Grad-CAM of {run}, {n} {of}: where the network looked for the class it predicted. "
    "Where the map with random weights looks the same, it shows the architecture and the image, not what was learned."
)
CAPTION_NEW = (
    "{run} on {n} of {total} new images, of each predicted class the surest, then those in most doubt: Grad-CAM shows "
    "where the network looked for the class it predicted, features how strongly the same layer responds at all."
)
CAPTION_BARE = "{run} on {n} of {total} new images; its network has no layer whose map Grad-CAM could show."
WEIGHT_AND_FEATURES = (
    "Grad-CAM: weight of the place for the predicted class (maximum of each map = 1); "
    "features: mean |activation| (smallest of each map = 0, largest = 1)"
)


@dataclass(frozen=True)
class Picture:
    """An image, uint8 H×W×3, what is written beside it, whether that is marked, and its scale where it is known."""

    pixels: np.ndarray
    text: str
    marked: bool = False
    scale: Scale | None = None


@dataclass(frozen=True)
class Column:
    """A column of maps N×h×w in [0, 1] and its title; `overlaid`: shown on top of the grey image, else alone."""

    title: str
    values: np.ndarray
    overlaid: bool = True


def pictures_of(
    images: np.ndarray,
    rows: pd.DataFrame,
    classes: list[str],
    names: bool = False,
    scales: dict[str, Scale] | None = None,
) -> list[Picture]:
    """Images with their true and predicted class and its probability.

    `classes`: all of them in their order. `images` uint8 N×H×W×3; `rows` N with id, label, predicted, probability; with
    `names` also probability_true, and the id is written, too. `scales`: of each id, where they are known.
    """
    pictures, labels = [], Labels(classes)
    for image, (_, row) in zip(images, rows.iterrows(), strict=True):
        named = [f"true: {labels[row['label']]}", f"predicted: {labels[row['predicted']]}"]
        lines = [*named, f"probability {row['probability']:.2f}"]
        if names:
            both = zip(lines, ("probability_true", "probability"), strict=False)
            # No break inside: a probability stays on one line.
            lines = [f"{line} (probability\N{NO-BREAK SPACE}{row[key]:.2f})" for line, key in both]
            lines.append(readable(str(row["id"])))
        scale = scales[row["id"]] if scales else None
        pictures.append(Picture(image, wrapped(lines), row["label"] != row["predicted"], scale))
    return pictures


def wrapped(lines: list[str]) -> str:
    """Lines as they fit beside an image."""
    return "\n".join(textwrap.fill(line, LETTERS_OF_TEXT) for line in lines)


def columns_of(trained: dict[str, Maps], untrained: dict[str, Maps] | None = None) -> list[Column]:
    """For each branch the trained network's maps, then the untrained network's, or without one the feature maps."""
    columns = []
    for branch, maps in trained.items():
        # On a line of its own: a column is no wider than an image, and a vote's members have long names.
        name = "" if branch == "model" else f"{branch}\n"
        height, width = maps.target.shape
        layer = f"{maps.target.name}, {height}×{width}" if maps.target.layer is not None else maps.target.name
        if untrained is None:
            columns.append(Column(f"{name}Grad-CAM\n{layer}", maps.values))
            if maps.activation is not None:
                columns.append(Column(f"{name}features\n{layer}", maps.activation, overlaid=False))
        else:
            columns.append(Column(f"{name}trained\n{layer}", maps.values))
            columns.append(Column(f"{name}random weights\n(for comparison)", untrained[branch].values))
    return columns


def draw(path: Path, caption: str, pictures: list[Picture], columns: list[Column], synthetic: bool) -> list[Path]:
    """Write the figure, a line for each picture; the maps of the columns are in the pictures' order.

    Returns the paths of its files.
    """
    width, height = CELL * (max(len(columns), 1) + 2.3), CELL * len(pictures) + 0.9
    figure, axes = style.new_figure(width, height, len(pictures), len(columns) + 1, squeeze=False)
    shown = None
    for line, picture in enumerate(pictures):
        axes[line, 0].imshow(picture.pixels)
        if picture.scale is not None:
            scalebar.draw(axes[line, 0], picture.scale, *picture.pixels.shape[1::-1])
        colour = style.COLOURS[1] if picture.marked else "black"
        axes[line, 0].set_ylabel(picture.text, rotation=0, ha="right", va="center", fontsize=7, color=colour)
        for number, column in enumerate(columns, start=1):
            shown = _map(axes[line, number], picture.pixels, column.values[line], column.overlaid) or shown
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.spines[:].set_visible(False)
    for axis, title in zip(axes[0], ["image", *(column.title for column in columns)], strict=True):
        axis.set_title(title, fontsize=7)
    if shown is not None:
        bar = figure.colorbar(shown, ax=axes, shrink=0.6, aspect=30)
        label = WEIGHT if all(column.overlaid for column in columns) else WEIGHT_AND_FEATURES
        bar.set_label(textwrap.fill(label, int(LETTERS_AN_INCH * 0.6 * height)), fontsize=7)
    figure.suptitle(textwrap.fill(caption, int(LETTERS_AN_INCH * width)), fontsize=8)
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = figure.get_layout_engine()
    assert isinstance(layout, ConstrainedLayoutEngine)  # as new_figure makes it
    layout.set(w_pad=0.08)
    return save_figure(Drawn(figure, of_pictures=True), path, synthetic)


def _map(axis: "Axes", pixels: np.ndarray, values: np.ndarray, overlaid: bool) -> "AxesImage | None":
    """Draw one map; returns what a colour bar can be made for, None for an empty map."""
    if overlaid:
        return overlay(axis, pixels, values)
    height, width = pixels.shape[:2]
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    return axis.imshow(values, interpolation="nearest", extent=extent, vmin=0, vmax=1, cmap=style.SEQUENTIAL)
