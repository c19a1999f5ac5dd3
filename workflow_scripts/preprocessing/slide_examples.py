"""A picture of every slide: where tissue was seen, which tiles were taken, and how many were dropped, and why."""

import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.slide_overviews import PEN, TISSUE, Overview, read_overviews
from workflow_scripts.contracts.slide_table import SLIDES
from workflow_scripts.contracts.verified import require
from workflow_scripts.drawing.label_text import Labels, readable
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.drawing.slide_picture import (
    LINE,
    PEN_COLOUR,
    TILE_COLOUR,
    TISSUE_COLOUR,
    TileSquares,
    draw_tiles,
    outline,
    scale_below,
    show,
)
from workflow_scripts.drawing.style import new_figure
from workflow_scripts.runtime.study_paths import OVERVIEWS_FILE, SLIDES_FILE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Sides of a picture in inches; narrow ones are as wide as their words.
LONGEST, NARROWEST, WORDS = 5.2, 3.4, 1.1
# Of the title and of the words below.
TITLE_LETTERS, LETTERS = 14, 19
# Points that the legend takes above a picture, and words stand below it.
LEGEND, BELOW = 14, 18
# Columns of what was dropped → words.
DROPPED = {
    "background": "with too little tissue",
    "pen": "with pen",
    "padding": "with padding",
    "over_cap": "over the cap",
}


def slide_pictures(
    dataset: Path, manifest: pd.DataFrame, classes: list[str], folder: Path, synthetic: bool
) -> list[str]:
    """Write a picture of each slide of a dataset into the folder, where those of earlier slides are removed.

    Returns the paths of the files, from where the folder is. UserError where the overviews are not what ingest wrote.
    """
    require(dataset / "record.json", SLIDES_FILE, OVERVIEWS_FILE)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = []
    for slide, figure in _figures(dataset, manifest, classes):
        paths = save_figure(Drawn(figure, of_pictures=True, for_print=False), folder / f"{slide}.png", synthetic)
        names += [f"{folder.name}/{path.name}" for path in paths]
    return names


def _figures(dataset: Path, manifest: pd.DataFrame, classes: list[str]) -> Iterator[tuple[str, "Figure"]]:
    listed = SLIDES.read(dataset / SLIDES_FILE).set_index("slide")
    labels = Labels(classes)
    rows_by_slide = dict(tuple(manifest.groupby("unit", sort=False)))
    for slide, overview in read_overviews(dataset / OVERVIEWS_FILE):
        rows = rows_by_slide.get(slide, manifest.iloc[:0])
        title = f"Slide {readable(slide)}"
        if len(rows):
            title += f", {labels[rows['label'].iloc[0]]}"
        yield slide, slide_figure(overview, rows, listed.loc[slide], title)


def slide_figure(overview: Overview, rows: pd.DataFrame, listed: pd.Series, title: str) -> "Figure":
    """The picture of a slide. rows: of the manifest, its tiles; listed: its row of SLIDES."""
    height, width = overview.mask.shape
    scale = LONGEST / max(height, width)
    across = max(NARROWEST, width * scale)
    figure, axis = new_figure(across + 0.2, height * scale + WORDS)
    show(axis, overview.picture)
    outline(axis, overview)
    if len(rows):
        tiles = TileSquares.of(rows)
        draw_tiles(axis, tiles, overview)
        scale_below(axis, tiles, overview)
    axis.set_anchor("NW")
    room = LEGEND if _legend(axis, overview, len(rows) > 0) else 0
    _write(axis, textwrap.wrap(title, int(across * TITLE_LETTERS)), (0, 1), 4 + room, 9)
    _write(axis, textwrap.wrap(_counts(listed, rows), int(across * LETTERS)), (0, 0), -BELOW, 7)
    return figure


def _write(axis: "Axes", lines: list[str], corner: tuple[int, int], points: float, size: int) -> None:
    """Write lines so far above the upper, or below the lower left corner of a picture."""
    where: dict[str, Any] = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "va": "bottom" if points > 0 else "top",
    }
    axis.annotate("\n".join(lines), corner, xytext=(0, points), fontsize=size, annotation_clip=False, **where)


def _counts(listed: pd.Series, rows: pd.DataFrame) -> str:
    """What became of the slide and of the squares of its grid."""
    if listed["reason"] != TAKEN:
        return f"Not taken ({listed['reason'].replace('_', ' ')}): {readable(listed['detail'], 120)}"
    dropped = [f"{listed[column]} {words}" for column, words in DROPPED.items() if listed[column]]
    side = listed["tile_side"] * listed["microns"]
    tiles = f"{len(rows)} {'tile' if len(rows) == 1 else 'tiles'} of {side:.0f} × {side:.0f} µm"
    share = f"{100 * listed['tissue_share']:.0f} % of the slide is tissue."
    return f"{tiles}, of {listed['grid']} squares; dropped: {', '.join(dropped) or 'none'}. {share}"


def _legend(axis: "Axes", overview: Overview, has_tiles: bool) -> bool:
    """Say which line is what, above the picture; whether there is any."""
    from matplotlib.lines import Line2D

    drawn = {
        "tissue": (TISSUE_COLOUR, (overview.mask == TISSUE).any()),
        "pen": (PEN_COLOUR, (overview.mask == PEN).any()),
        "tile": (TILE_COLOUR, has_tiles),
    }
    handles = [
        Line2D([], [], color=colour, lw=2 * LINE, label=name) for name, (colour, is_drawn) in drawn.items() if is_drawn
    ]
    if handles:
        axis.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=7, borderpad=0.3,
                    borderaxespad=0, handlelength=1.5)  # fmt: skip
    return bool(handles)
