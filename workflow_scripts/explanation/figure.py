"""One figure a run: images, where the network looked, and where it would have looked untrained."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.explanation.gradcam import Maps
from workflow_scripts.reporting import style

CELL = 1.35
OPACITY = 0.55
LETTERS_AN_INCH = 15
CAPTION = (
    "Grad-CAM of {run}, {n} test images: where the network looked for the class it predicted. "
    "Where the map with random weights looks the same, it shows the architecture and the image, not what was learned."
)


@dataclass(frozen=True)
class Column:
    """A column of maps and its title."""

    title: str
    values: np.ndarray


def columns_of(trained: dict[str, Maps], untrained: dict[str, Maps]) -> list[Column]:
    """For each branch the trained network's maps, then the untrained network's."""
    found = []
    for branch, maps in trained.items():
        name = "" if branch == "model" else f"{branch}: "
        height, width = maps.target.shape
        found.append(Column(f"{name}trained\n{maps.target.name}, {height}×{width}", maps.values))
        found.append(Column(f"{name}random weights\n(for comparison)", untrained[branch].values))
    return found


def draw(path: Path, run: str, images: np.ndarray, rows: pd.DataFrame, columns: list[Column], made: bool) -> None:
    """Write the figure. `images` uint8 N×H×W×3; `rows` N with label, predicted, probability; equal order."""
    width, height = CELL * (len(columns) + 2.3), CELL * len(images) + 0.9
    figure, axes = style.new_figure(width, height, len(images), len(columns) + 1, squeeze=False)
    shown = None
    for line, (image, (_, row)) in enumerate(zip(images, rows.iterrows(), strict=True)):
        axes[line, 0].imshow(image)
        names = [
            textwrap.fill(f"{kind}: {row[key]}", 22) for kind, key in (("true", "label"), ("predicted", "predicted"))
        ]
        text = "\n".join([*names, f"p = {row['probability']:.2f}"])
        colour = "black" if row["label"] == row["predicted"] else style.COLOURS[1]
        axes[line, 0].set_ylabel(text, rotation=0, ha="right", va="center", fontsize=7, color=colour)
        grey = image.mean(axis=2)
        for place, column in enumerate(columns, start=1):
            axes[line, place].imshow(grey, cmap="gray", vmin=0, vmax=255)
            if column.values[line].any():
                shown = axes[line, place].imshow(
                    column.values[line], cmap=style.SEQUENTIAL, vmin=0, vmax=1, alpha=OPACITY
                )
            else:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                centre = {"ha": "center", "va": "center", "transform": axes[line, place].transAxes}
                axes[line, place].text(
                    0.5, 0.5, "empty: nothing speaks\nfor this class", fontsize=6, bbox=box, **centre
                )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.spines[:].set_visible(False)
    axes[0, 0].set_title("image", fontsize=7)
    for place, column in enumerate(columns, start=1):
        axes[0, place].set_title(column.title, fontsize=7)
    if shown is not None:
        bar = figure.colorbar(shown, ax=axes, shrink=0.6, aspect=30)
        bar.set_label("weight of the place for the predicted class (maximum of each map = 1)", fontsize=7)
    figure.suptitle(textwrap.fill(CAPTION.format(run=run, n=len(images)), int(LETTERS_AN_INCH * width)), fontsize=8)
    figure.get_layout_engine().set(w_pad=0.08)
    style.save_figure(figure, path, made)
