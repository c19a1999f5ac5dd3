"""Figures made of a study's packed images and of its predictions."""

from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.dataset import ARRAY_INDEX
from workflow_scripts.evaluation.figures import confusion
from workflow_scripts.evaluation.tables import subset_of
from workflow_scripts.preprocessing.montage import chosen_rows
from workflow_scripts.reporting.plates.plate import NotDrawnError
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.style import SEQUENTIAL, new_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLES = 6
DARK = 0.55


def examples(results: Results) -> "Figure":
    """Packed images of every class, evenly spaced in the order of their names: one row a class."""
    images = np.load(results.folder / "arrays" / "images.npy", mmap_mode="r")
    row_of = ARRAY_INDEX.read(results.folder / "arrays" / "index.csv").set_index("id")["first"]
    classes, side = results.classes, images.shape[1]
    gap = max(2, side // 16)
    canvas = np.full(((side + gap) * len(classes), (side + gap) * EXAMPLES, 3), 255, np.uint8)
    counts = results.manifest["label"].value_counts()
    for line, name in enumerate(classes):
        for place, number in enumerate(chosen_rows(results.manifest, name, EXAMPLES)):
            top, left = line * (side + gap), place * (side + gap)
            canvas[top : top + side, left : left + side] = images[row_of[results.manifest["id"].iat[number]]]
    figure, axes = new_figure(7.2, 0.3 + 0.85 * len(classes))
    axes.imshow(canvas, interpolation="none")
    axes.set_yticks(
        [line * (side + gap) + side / 2 for line in range(len(classes))],
        [f"{wrapped(name)}\nn = {counts.get(name, 0)}" for name in classes],
    )
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def both_confusions(results: Results, run: str, protocol: str = "published") -> "Figure":
    """Confusion matrices of a run on the validation and the test subset, side by side."""
    found = results.protocols.get(protocol)
    if found is not None and found.reported != "test":
        raise NotDrawnError(f"needs a test subset; the protocol {protocol} has none")
    if found is None or run not in found.runs:
        raise NotDrawnError(f"needs the run {run} under the protocol {protocol}")
    tables = dict(zip(found.runs[run].jobs, found.runs[run].units, strict=True))
    classes = results.classes
    side = max(2.4, 0.42 * len(classes))
    names = max(map(len, classes))
    figure, axes = new_figure(2 * side + 0.08 * names + 1.2, side + 0.05 * names + 1.0, columns=2, sharey=True)
    for axis, subset in zip(axes, ("validation", "test"), strict=True):
        counts = confusion(subset_of(tables, subset), classes)
        support = counts.sum(axis=1, keepdims=True)
        shares = np.divide(counts, support, out=np.zeros_like(counts), where=support > 0)
        picture = axis.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1)
        for row, column in np.argwhere(counts > 0):
            text = f"{counts[row, column]:.3g}"
            colour = "black" if shares[row, column] > DARK else "white"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
        axis.set_xticks(range(len(classes)), classes, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
        axis.set_yticks(range(len(classes)), classes, fontsize=8)
        axis.grid(False)
        axis.set(title=f"{subset} subset, n = {support.sum():.0f}", xlabel="Predicted class")
    axes[0].set_ylabel("True class")
    figure.colorbar(picture, ax=axes, shrink=0.8, label="Share of the true class")
    figure.suptitle(f"{run}, {protocol}: units, mean over seeds", fontsize=10)
    return figure
