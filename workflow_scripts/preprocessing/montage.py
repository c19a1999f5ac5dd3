"""Examples of every class, before and after the preprocessing, on one page."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.data.images import Box, crop, decode, read_bytes
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, new_figure, save_figure, wrapped

EXAMPLES = 4
# Longest side of an image that is kept as it was, for figures.
KEPT_SIDE = 640
TILE = 112


def chosen_rows(manifest: pd.DataFrame, name: str, count: int = EXAMPLES) -> list[int]:
    """Rows of up to `count` samples of a class, evenly spaced in the order of ids: no picking."""
    rows = np.flatnonzero(manifest["label"].to_numpy() == name)
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))].tolist()


def originals(manifest: pd.DataFrame, classes: list[str], sources: dict[str, Path]) -> dict[str, np.ndarray]:
    """Id → uint8 H×W×3 pixels as in the file, scaled to at most KEPT_SIDE: the first sample of every class."""
    found = {}
    for name in classes:
        for row in chosen_rows(manifest, name, 1):
            image = _raw(manifest.iloc[row], sources)
            scale = min(1.0, KEPT_SIDE / max(image.size))
            size = tuple(max(1, round(side * scale)) for side in image.size)
            found[manifest["id"].iat[row]] = np.asarray(image.resize(size, Image.Resampling.LANCZOS))
    return found


def montage(
    path: Path,
    manifest: pd.DataFrame,
    classes: list[str],
    sources: dict[str, Path],
    images: np.ndarray,
    how: str,
    made: bool,
) -> None:
    """Write the figure: a line per class, pairs of a sample as it is in its file and as it is packed.

    `images` is N×H×W×3 uint8 in manifest order; `how` says in words how they were packed; `made`: from made data.
    """
    line, column = TILE + 26, 2 * TILE + 28
    canvas = np.full((line * len(classes), column * EXAMPLES, 3), 255, dtype=np.uint8)
    # One picture with text on it: an axis for every tile takes ten times as long to lay out.
    figure, axis = new_figure(0.0085 * canvas.shape[1] + 1.6, 0.0085 * canvas.shape[0] + 0.9)
    for row, top, left in _places(manifest, classes, line, column):
        before = _paste(canvas, _raw(manifest.iloc[row], sources), top, left)
        after = _paste(canvas, Image.fromarray(images[row]), top, left + TILE + 4)
        size = f"{manifest['width'].iat[row]}×{manifest['height'].iat[row]}"
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
    axis.set_title(
        "Examples of every class, evenly spaced in the order of their names.\n"
        f"Left of each pair: as in the file (width×height in pixels); right: {how}",
        fontsize=9,
    )
    save_figure(figure, path, made)


def _places(manifest: pd.DataFrame, classes: list[str], line: int, column: int) -> Iterator[tuple[int, int, int]]:
    """(row of the manifest, top, left) of each pair of tiles, in pixels of the canvas."""
    for number, name in enumerate(classes):
        for place, row in enumerate(chosen_rows(manifest, name)):
            yield row, number * line + 20, place * column + 8


def _paste(canvas: np.ndarray, image: Image.Image, top: int, left: int) -> tuple[float, int]:
    """Paste the image, scaled into a tile, onto the canvas; where its caption goes (x, y)."""
    scale = TILE / max(image.size)
    tile = np.asarray(image.resize(tuple(max(1, round(side * scale)) for side in image.size), Image.Resampling.BICUBIC))
    top, left = top + (TILE - tile.shape[0]) // 2, left + (TILE - tile.shape[1]) // 2
    canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return left + tile.shape[1] / 2, top - 2


def _raw(sample: pd.Series, sources: dict[str, Path]) -> Image.Image:
    image = decode(read_bytes(sources[sample["source"]] / sample["path"]))
    sides = [sample.get(side, np.nan) for side in ("left", "top", "right", "bottom")]
    return image if np.isnan(sides).any() else crop(image, Box(*map(int, sides)))
