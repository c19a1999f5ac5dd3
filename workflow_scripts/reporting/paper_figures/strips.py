"""Images in a row, and below each what a network made of it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.contracts.explanation import GRADCAM, read_maps
from workflow_scripts.drawing import scalebar
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.overlay import WEIGHT, overlay
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure, wrapped
from workflow_scripts.drawing.visible import visible
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, arrays_of, chosen_protocol
from workflow_scripts.reporting.results import Results

# Whose map is shown of several: that of a plain network, or the one that is called after the kind of the run.
NETWORK = "model"
CELL = 2.1


def gradcam_rows(results: Results, run: str, protocol: str | None = None) -> Drawn:
    """The first explained image of every class; below each its Grad-CAM and the class that `run` predicted."""
    chosen = chosen_protocol(results, protocol)
    if run not in results.settings.explain.runs:
        raise NotDrawnError(f"needs the run {run} among explain.runs")
    folder = results.folder / "explanation" / chosen.name / run
    ids, maps, _ = read_maps(folder / "gradcam.npz")
    branch = next((name for name in (NETWORK, results.kind(run).kind) if name in maps), next(iter(maps)))
    table = GRADCAM.read(folder / "gradcam.csv")
    explained = table[table["branch"] == branch].drop_duplicates("label").set_index("label")
    shown = [name for name in results.classes if name in explained.index]
    figure, axes = new_figure(CELL * len(shown) + 1.6, 2 * CELL + 0.9, 2, len(shown), squeeze=False)
    picture, labels = None, Labels(results.classes)
    pixels, scales = _pixels(results, explained.loc[shown, "id"])
    for (above, below), name, image, scale in zip(axes.T, shown, pixels, scales, strict=True):
        row = explained.loc[name]
        above.imshow(image)
        above.set_title(wrapped(labels[name], 22), fontsize=9)
        if scale is not None:
            scalebar.draw(above, scale, *image.shape[1::-1])
        picture = overlay(below, image, maps[branch][ids.index(row["id"])]) or picture
        right = row["predicted"] == name
        below.set_xlabel(
            f"{wrapped('predicted: ' + labels[row['predicted']], 26)}\nprobability {row['probability']:.2f}", fontsize=8
        )
        below.xaxis.label.set_color("black" if right else COLOURS[1])
    for axis, words in zip(axes[:, 0], ("image", "Grad-CAM"), strict=True):
        axis.set_ylabel(words, fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.spines[:].set_visible(False)
    if picture is not None:
        figure.colorbar(picture, ax=axes, shrink=0.7, aspect=30).set_label(WEIGHT, fontsize=7)
    return Drawn(figure, of_pictures=True)


def _pixels(results: Results, names: pd.Series) -> tuple[list[np.ndarray], Sequence[scalebar.Scale | None]]:
    """Packed images of some samples, and the scale of each where it is known."""
    arrays = arrays_of(results)
    sides = results.manifest.set_index("id").loc[names]
    scales = scalebar.scales_of(sides, results.settings.preprocess)
    return [visible(arrays.picture(name), arrays.description) for name in names], scales or [None] * len(names)
