"""Slides beside what a run says of their tiles."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import TILE_VALUES
from workflow_scripts.contracts.run_tables import PREDICTIONS, class_columns
from workflow_scripts.contracts.slide_overviews import Overview, read_overviews
from workflow_scripts.contracts.verified import require
from workflow_scripts.drawing.label_text import Labels, readable
from workflow_scripts.drawing.saving import ChartData, Drawn
from workflow_scripts.drawing.slide_picture import (
    TileSquares,
    draw_tiles,
    draw_values,
    outline,
    pale,
    scale_below,
    show,
)
from workflow_scripts.drawing.style import new_figure
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol, chosen_runs
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.runtime.run_address import PREDICTIONS_FILE, RECORD_FILE
from workflow_scripts.runtime.study_paths import StudyPaths

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

# Inches: sides of a picture at most, and what stands above and below each.
WIDEST, HIGHEST, WORDS = 3.3, 3.6, 0.55
SLIDES = 4
NOT_JUDGED = "0.55"


@dataclass(frozen=True)
class JudgedSlide:
    """A slide of the reported subset. tiles: its rows of the manifest, with the column `value`.

    value: the probability that is shown, mean over folds and seeds; NaN of tiles that were not in the subset.
    """

    name: str
    label: str
    overview: Overview
    tiles: pd.DataFrame


def heat_maps(results: Results, run: str, protocol: str | None = None, slides: int = SLIDES) -> Drawn:
    """Up to `slides` slides of the reported subset, of all classes alike: each beside the probabilities of its tiles.

    Of two classes the probability of the second is shown, of more that of the slide's own. Which slides is decided by
    the order of their names. NotDrawnError where samples are no tiles of slides.
    """
    chosen = chosen_protocol(results, protocol)
    judging_run = chosen_runs(chosen, (run,))[run]
    judged = _judged_slides(results, judging_run, slides)
    heights = [_sides(slide.overview)[1] for slide in judged]
    width = 2 * max(_sides(slide.overview)[0] for slide in judged)
    figure, axes = new_figure(
        max(width, 4.4) + 1.1,
        sum(heights) + WORDS * len(judged) + 0.4,
        len(judged),
        2,
        squeeze=False,
        height_ratios=heights,
    )
    labels = Labels(results.classes)
    for axis, slide in zip(axes[:, 0], judged, strict=True):
        _draw_slide(axis, slide, labels[slide.label])
    maps = [_draw_map(axis, slide, judging_run.reported) for axis, slide in zip(axes[:, 1], judged, strict=True)]
    two = len(results.classes) == 2
    what = f"probability of {labels[results.classes[1]]}" if two else "probability of the slide's own class"
    # Without `panchor` the bar would push narrow slides to the right.
    bar = figure.colorbar(maps[0], ax=axes, shrink=min(1.0, 3 / sum(heights)), aspect=20, panchor=False)
    bar.set_label(what, fontsize=8)
    tiles = pd.concat([slide.tiles.assign(slide=slide.name)[list(TILE_VALUES.columns)] for slide in judged])
    return Drawn(figure, ChartData(TILE_VALUES, tiles), of_pictures=True)


def _judged_slides(results: Results, run: Run, count: int) -> list[JudgedSlide]:
    """The slides that are shown, the classes in turn."""
    paths = StudyPaths(results.folder)
    if not {"left", "top", "side", "microns"} <= set(results.manifest.columns):
        raise NotDrawnError("needs tiles of slides as samples")
    require(paths.dataset_record, paths.slide_overviews.name)
    tiles = _with_values(results, run)
    judged = tiles.dropna(subset="value").drop_duplicates("unit").sort_values("unit", kind="stable")
    turn = judged.groupby("label").cumcount()
    names = judged.assign(turn=turn).sort_values(["turn", "label"], kind="stable")["unit"].head(count)
    overviews = {name: seen for name, seen in read_overviews(paths.slide_overviews) if name in set(names)}
    if not overviews:
        raise NotDrawnError(f"needs slides in the {run.reported} subset")
    rows_by_slide = dict(tuple(tiles[tiles["unit"].isin(overviews)].groupby("unit")))
    shown = [(name, rows_by_slide[name]) for name in names if name in overviews]
    return [JudgedSlide(name, rows["label"].iloc[0], overviews[name], rows) for name, rows in shown]


def _with_values(results: Results, run: Run) -> pd.DataFrame:
    """The manifest with the column `value`."""
    for folder in run.folders:
        require(folder / RECORD_FILE, PREDICTIONS_FILE)
    tables = [PREDICTIONS.read(folder / PREDICTIONS_FILE) for folder in run.folders]
    table = pd.concat([table[table["subset"] == run.reported] for table in tables])
    probabilities = table[class_columns(results.classes)].to_numpy()
    own = table["label"].map(results.classes.index)
    number = np.ones(len(table), int) if len(results.classes) == 2 else own.to_numpy()
    table = table.assign(value=probabilities[np.arange(len(table)), number])
    return results.manifest.assign(value=results.manifest["id"].map(table.groupby("id")["value"].mean()))


def _sides(overview: Overview) -> tuple[float, float]:
    """Width and height in inches at which a slide is drawn."""
    height, width = overview.mask.shape
    scale = min(WIDEST / width, HIGHEST / height)
    return width * scale, height * scale


def _draw_slide(axis: "Axes", slide: JudgedSlide, label: str) -> None:
    show(axis, slide.overview.picture)
    outline(axis, slide.overview)
    scale_below(axis, TileSquares.of(slide.tiles), slide.overview)
    axis.set_title(f"{readable(slide.name, 24)}\ntrue class: {label}", fontsize=8)


def _draw_map(axis: "Axes", slide: JudgedSlide, reported: str) -> "PolyCollection":
    """Fill the tiles of the reported subset by their probability, and outline the others."""
    show(axis, pale(slide.overview.picture))
    is_judged = slide.tiles["value"].notna()
    judged, unjudged = slide.tiles[is_judged], slide.tiles[~is_judged]
    if len(unjudged):
        draw_tiles(axis, TileSquares.of(unjudged), slide.overview, NOT_JUDGED)
    values = judged["value"].to_numpy()
    counts = f"{len(judged)} {reported} {'tile' if len(judged) == 1 else 'tiles'}, mean {values.mean():.2f}"
    axis.set_title(f"{counts}\n{len(unjudged)} others (outlined)" if len(unjudged) else f"{counts}\n", fontsize=8)
    return draw_values(axis, TileSquares.of(judged), slide.overview, values)
