"""The embedding as a figure of three projections and as an interactive page that needs no network."""

import html
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.drawing import style
from workflow_scripts.drawing.label_text import Labels, shortened
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.explanation.embedding import Embedding
from workflow_scripts.runtime.files import write_text

SIDE = 3.1
MOST_MARKS = 500
LETTERS_AN_INCH = 15
SIDES = (("x", "y"), ("x", "z"), ("y", "z"))
# Colour and sign together tell 40 classes apart; plotly's x needs a font that not every machine has.
SIGNS = ("o", "s", "D", "P", "X")
SIGNS_3D = ("circle", "square", "diamond", "cross", "diamond-open")
CAPTION = (
    "{run}, {n} {of}: the {features} features before the classifier, by t-SNE to three dimensions (no unit). "
    "Near samples look alike to the network; distances between far groups mean nothing. Of a sample's {neighbours} "
    "nearest others {among:.0f} % are of its class among all features, {picture:.0f} % in this picture, "
    "{chance:.0f} % by chance."
)
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.4 sans-serif; margin: 1em; max-width: 75em }}
.synthetic {{ color: #D55E00; font-weight: bold }}</style></head>
<body>
<h1>{title}</h1>
{synthetic}<p>{caption} Drag to turn, click a class to hide it.</p>
{figure}
</body>
</html>
"""


def caption(run: str, table: pd.DataFrame, embedded: Embedding, of: str) -> str:
    """How to read the embedding of a run; `of`: what its samples are called."""
    fractions = {"among": embedded.among_features, "picture": embedded.in_picture, "chance": embedded.by_chance}
    fractions = {name: 100 * value for name, value in fractions.items()}
    numbers = {"features": embedded.features, "neighbours": embedded.neighbours}
    return CAPTION.format(run=run, n=len(table), of=of, **numbers, **fractions)


def draw(path: Path, table: pd.DataFrame, classes: list[str], text: str, synthetic: bool) -> list[Path]:
    """Write three projections of `table` (contract EMBEDDING) as one figure; what is classified wrongly is ringed.

    Returns the paths of its files.
    """
    # So many marks are pixels inside a drawing: no editor of drawings is quick with more.
    pixels = len(table) > MOST_MARKS
    labels = Labels(classes)
    height = max(SIDE + 1.3, 0.165 * len(classes) + 1.0)
    figure, axes = style.new_figure(3 * SIDE + 2.6, height, columns=3)
    wrong = table[table["label"] != table["predicted"]]
    for axis, (right, up) in zip(axes, SIDES, strict=True):
        for number, name in enumerate(classes):
            chosen = table[table["label"] == name]
            look = {"color": style.COLOURS[number % len(style.COLOURS)], "marker": SIGNS[number % len(SIGNS)]}
            axis.scatter(
                chosen[right],
                chosen[up],
                s=16,
                linewidths=0.3,
                edgecolors="0.2",
                rasterized=pixels,
                label=_named(labels[name], chosen),
                **look,
            )
        ring = {"s": 60, "facecolors": "none", "edgecolors": "black", "linewidths": 0.8}
        axis.scatter(wrong[right], wrong[up], label=_wrong_of(wrong, table), rasterized=pixels, **ring)
        axis.set(xlabel=f"t-SNE {right}", ylabel=f"t-SNE {up}")
        axis.set_aspect("equal", adjustable="datalim")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=8, title="true class")
    figure.suptitle(textwrap.fill(text, int(LETTERS_AN_INCH * figure.get_figwidth())), fontsize=8)
    return save_figure(Drawn(figure), path, synthetic)


def write_page(path: Path, table: pd.DataFrame, classes: list[str], title: str, text: str, synthetic: bool) -> None:
    """Write the embedding as a page that can be turned, in one file with all it needs; equal tables, equal bytes."""
    from plotly.io import to_html

    wrong = table[table["label"] != table["predicted"]]
    traces = []
    for number, name in enumerate(classes):
        chosen = table[table["label"] == name]
        colour, sign = style.COLOURS[number % len(style.COLOURS)], SIGNS_3D[number % len(SIGNS_3D)]
        traces.append(
            _trace(chosen, html.escape(_named(shortened(name), chosen)), {"size": 5, "color": colour, "symbol": sign})
        )
    traces.append(_trace(wrong, _wrong_of(wrong, table), {"size": 12, "color": "black", "symbol": "circle-open"}))
    axes = {f"{side}axis": {"title": {"text": f"t-SNE {side}"}} for side in "xyz"}
    layout = {
        "scene": {**axes, "aspectmode": "data"},
        "margin": {"l": 0, "r": 0, "t": 40, "b": 0},
        "legend": {"title": {"text": "true class"}},
    }
    options = {"include_plotlyjs": True, "div_id": "embedding", "default_height": "75vh", "validate": False}
    figure = to_html({"data": traces, "layout": layout}, full_html=False, **options)
    note = f'<p class="synthetic">{html.escape(style.SYNTHETIC_NOTE)}</p>\n' if synthetic else ""
    write_text(path, PAGE.format(title=html.escape(title), synthetic=note, caption=html.escape(text), figure=figure))


def _named(name: str, chosen: pd.DataFrame) -> str:
    return f"{name} ({len(chosen)})"


def _wrong_of(wrong: pd.DataFrame, table: pd.DataFrame) -> str:
    return f"classified wrongly ({len(wrong)} of {len(table)})"


def _trace(chosen: pd.DataFrame, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    # plotly takes tags for markup.
    escaped = {column: chosen[column].map(html.escape) for column in ("id", "label", "predicted")}
    lines = escaped["id"] + "<br>true: " + escaped["label"] + "<br>predicted: " + escaped["predicted"]
    sides = {side: np.round(chosen[side], 4).tolist() for side in "xyz"}
    more = {"hovertext": lines.tolist(), "hoverinfo": "text"}
    return {"type": "scatter3d", "mode": "markers", "name": name, "marker": marker, **sides, **more}
