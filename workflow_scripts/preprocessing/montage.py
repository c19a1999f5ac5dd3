"""Examples of every class, before and after the preprocessing, on one page."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.drawing.style import COLOURS, new_figure, wrapped
from workflow_scripts.drawing.visible import visible
from workflow_scripts.preprocessing.packed_array import shown_pictures
from workflow_scripts.preprocessing.packer import PicturePacker
from workflow_scripts.preprocessing.packing import scaled

EXAMPLES = 4
# Longest side of an image that is kept as it was, for figures.
KEPT_SIDE = 640
TILE = 112
TITLE_LETTERS = 110


def chosen_rows(manifest: pd.DataFrame, name: str, count: int = EXAMPLES) -> list[int]:
    """Rows of up to `count` samples of a class, evenly spaced in the order of ids: no picking."""
    rows = np.flatnonzero(manifest["label"].to_numpy() == name)
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))].tolist()


def originals(
    manifest: pd.DataFrame, classes: list[str], raw: RawFiles, packer: PicturePacker
) -> dict[str, np.ndarray]:
    """Id → uint8 H×W×3 pixels as in the file, scaled to at most KEPT_SIDE: the first sample of every class."""
    rows = [row for name in classes for row in chosen_rows(manifest, name, 1)]
    pictures = {}
    for row, pixels in zip(rows, shown_pictures(manifest, rows, raw, packer), strict=True):
        image = Image.fromarray(pixels)
        scale = min(1.0, KEPT_SIDE / max(image.size))
        pictures[manifest["id"].iat[row]] = np.asarray(image.resize(scaled(image, scale), Image.Resampling.LANCZOS))
    return pictures


def montage(
    path: Path,
    manifest: pd.DataFrame,
    classes: list[str],
    raw: RawFiles,
    arrays: Arrays,
    packer: PicturePacker,
    shown_words: str,
    synthetic: bool,
) -> list[Path]:
    """Write the figure: a line per class, pairs of a sample as it is in its file and as it is packed.

    `shown_words`: what the packer shows of a sample before; `synthetic`: from synthetic data. Returns the paths of its
    files. ChangedFileError for a file that is not what ingest saw.
    """
    line, column = TILE + 26, 2 * TILE + 28
    canvas = np.full((line * len(classes), column * EXAMPLES, 3), 255, dtype=np.uint8)
    # One picture with text on it: an axis for every tile takes ten times as long to lay out.
    figure, axis = new_figure(0.0085 * canvas.shape[1] + 1.6, 0.0085 * canvas.shape[0] + 0.9)
    corners = list(_corners(manifest, classes, line, column))
    pictures = shown_pictures(manifest, [row for row, _, _ in corners], raw, packer)
    for (row, top, left), shown in zip(corners, pictures, strict=True):
        before = _paste(canvas, Image.fromarray(shown), top, left)
        packed = visible(arrays.picture(manifest["id"].iat[row]), arrays.description)
        after = _paste(canvas, Image.fromarray(packed), top, left + TILE + 4)
        size = f"{shown.shape[1]}×{shown.shape[0]}"
        for (x, y), text, colour in ((before, size, "black"), (after, "packed", COLOURS[0])):
            axis.text(x, y, text, ha="center", va="bottom", fontsize=7, color=colour)
    axis.imshow(canvas, interpolation="none")
    counts = manifest["label"].value_counts()
    labels = Labels(classes)
    names = [f"{wrapped(labels[name])}\nn = {counts.get(name, 0)}" for name in classes]
    axis.set_yticks([line * index + 20 + TILE / 2 for index in range(len(classes))], names)
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.grid(False)
    axis.spines[:].set_visible(False)
    pair = (
        f"Left of each pair: {shown_words} (width×height in pixels); right: packed, "
        f"{arrays.description.width}×{arrays.description.height} px ({packer.words()})"
    )
    title = "Examples of every class, evenly spaced in the order of their names.\n"
    axis.set_title(title + textwrap.fill(pair, TITLE_LETTERS), fontsize=9)
    return save_figure(Drawn(figure, of_pictures=True), path, synthetic)


def _corners(manifest: pd.DataFrame, classes: list[str], line: int, column: int) -> Iterator[tuple[int, int, int]]:
    """(row of the manifest, top, left) of each pair of tiles, in pixels of the canvas."""
    for number, name in enumerate(classes):
        for index, row in enumerate(chosen_rows(manifest, name)):
            yield row, number * line + 20, index * column + 8


def _paste(canvas: np.ndarray, image: Image.Image, top: int, left: int) -> tuple[float, int]:
    """Paste the image, scaled into a tile, onto the canvas; where its caption goes (x, y)."""
    scale = TILE / max(image.size)
    tile = np.asarray(image.resize(scaled(image, scale), Image.Resampling.BICUBIC))
    top, left = top + (TILE - tile.shape[0]) // 2, left + (TILE - tile.shape[1]) // 2
    canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return left + tile.shape[1] / 2, top - 2
