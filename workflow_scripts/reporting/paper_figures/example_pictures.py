"""Figures made of a study's packed images and of its predictions."""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import CONFUSION
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.saving import ChartData, Drawn
from workflow_scripts.drawing.style import new_figure, wrapped
from workflow_scripts.drawing.visible import visible
from workflow_scripts.evaluation.chart_rows import confusion, confusion_rows
from workflow_scripts.evaluation.plots import confusion_panel, confusion_side
from workflow_scripts.preprocessing.montage import chosen_rows
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, arrays_of, chosen_protocol, chosen_runs
from workflow_scripts.reporting.results import Results

EXAMPLES = 6


def examples(results: Results) -> Drawn:
    """Packed images of every class, evenly spaced in the order of their names: one row a class."""
    arrays, classes = arrays_of(results), results.classes
    height, width = arrays.description.height, arrays.description.width
    gap = max(2, width // 16)
    canvas = np.full(((height + gap) * len(classes), (width + gap) * EXAMPLES, 3), 255, np.uint8)
    counts = results.manifest["label"].value_counts()
    for line, name in enumerate(classes):
        for column, row in enumerate(chosen_rows(results.manifest, name, EXAMPLES)):
            top, left = line * (height + gap), column * (width + gap)
            pixels = arrays.picture(results.manifest["id"].iat[row])
            canvas[top : top + height, left : left + width] = visible(pixels, arrays.description)
    labels = Labels(classes)
    figure, axes = new_figure(7.2, 0.3 + 0.85 * len(classes))
    axes.imshow(canvas, interpolation="none")
    axes.set_yticks(
        [line * (height + gap) + height / 2 for line in range(len(classes))],
        [f"{wrapped(labels[name])}\nn = {counts.get(name, 0)}" for name in classes],
    )
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return Drawn(figure, of_pictures=True)


def both_confusions(results: Results, run: str, protocol: str | None = None) -> Drawn:
    """Confusion matrices of a run on the validation and the test subset, side by side."""
    chosen = chosen_protocol(results, protocol)
    judging_run = chosen_runs(chosen, (run,))[run]
    if judging_run.reported != "test":
        raise NotDrawnError(f"needs a test subset; the protocol {chosen.name} has none")
    classes = results.classes
    side = min(confusion_side(len(classes), 0.42), 12.0)  # two of them side by side
    letters = max(map(len, Labels(classes).all()))
    figure, axes = new_figure(2 * side + 0.08 * letters + 1.2, side + 0.05 * letters + 1.0, columns=2, sharey=True)
    rows = []
    for axis, subset in zip(axes, ("validation", "test"), strict=True):
        counts = confusion(judging_run.units.subset(subset), classes)
        rows.append(confusion_rows(counts, classes, subset))
        cells = confusion_panel(axis, counts, classes, shares_too=False, size=7)
        axis.tick_params(labelsize=8)
        axis.set_title(f"{subset} subset, n = {counts.sum():.0f}")
    axes[0].set_ylabel("True class")
    figure.colorbar(cells, ax=axes, shrink=0.8, label="Share of the true class")
    figure.suptitle(f"{run}, {chosen.name}: units, mean over seeds", fontsize=10)
    return Drawn(figure, ChartData(CONFUSION, pd.concat(rows)))
