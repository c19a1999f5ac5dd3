"""Figures of one run: confusion matrix, ROC curves, reliability, training curves.

Each function takes the numbers that it shows and returns a matplotlib figure; drawing.saving writes its files.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import CLASS, MEAN
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, LARGEST, LINES, SEQUENTIAL, new_figure
from workflow_scripts.evaluation.chart_rows import shares_of_rows
from workflow_scripts.evaluation.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

NEAR = 0.9  # above this mean AUC the curves crowd in the corner, which is then shown larger
MOST_COUNTED = 40  # of more classes than these no number fits into a cell
DARK = 0.55  # cividis is light above: black text there, white text below


def confusion_figure(counts: np.ndarray, classes: list[str], title: str) -> "Figure":
    """Counts and row shares of a K×K confusion matrix; the colour is the share of the true class (row)."""
    labels = Labels(classes).all()
    side, letters = confusion_side(len(classes), 0.56), max(map(len, labels))
    figure, axes = new_figure(side + 0.075 * letters + 2.0, side + 0.05 * letters + 1.1)
    figure.set_layout_engine("compressed")  # the one made for axes of a fixed aspect
    cells = confusion_panel(axes, counts, classes)
    support = counts.sum(axis=1)
    axes.set_yticks(range(len(classes)), [f"{label} ({n:.0f})" for label, n in zip(labels, support, strict=True)])
    axes.set(ylabel="True class (units)", title=title)
    figure.colorbar(cells, ax=axes, shrink=0.75, label="Share of the true class")
    return figure


def confusion_side(classes: int, cell: float) -> float:
    """Side of a confusion matrix in inches, `cell` for each class, as long as the figure is not too large."""
    return min(max(2.4, cell * classes), LARGEST - 8)


def confusion_panel(
    axes: "Axes", counts: np.ndarray, classes: list[str], shares_too: bool = True, size: float = 8
) -> "QuadMesh":
    """Draw a K×K confusion matrix, in each cell its count and, if wanted, its share of the row; returns the cells.

    `size` of the text in the cells, in points; of very many classes only the colours are left.
    """
    labels = Labels(classes).all()
    fractions = shares_of_rows(counts)
    # Squares and no image, so that they are sharp at every size. A line of their colour closes the gaps between them.
    edges = np.arange(len(classes) + 1) - 0.5
    look: dict[str, Any] = {"cmap": SEQUENTIAL, "vmin": 0, "vmax": 1, "edgecolors": "face", "linewidth": 0.2}
    cells = axes.pcolormesh(edges, edges, fractions, rasterized=len(classes) > MOST_COUNTED, **look)
    axes.set(aspect="equal", ylim=(len(classes) - 0.5, -0.5))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    whole = np.allclose(counts, counts.round())
    for row, column in np.argwhere(counts > 0) if len(classes) <= MOST_COUNTED else ():
        text = f"{counts[row, column]:.0f}" if whole else f"{counts[row, column]:.1f}"
        if shares_too:
            fraction = fractions[row, column]
            text += f"\n{100 * fraction:.0f} %" if fraction >= 0.005 else "\n<1 %"
        colour = "black" if fractions[row, column] > DARK else "white"
        label = axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
        label.set_in_layout(False)  # inside its cell anyway; the layout would measure every one of them twice
    axes.set_xticks(range(len(classes)), labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), labels)
    axes.set_xlabel("Predicted class")
    return cells


def roc_figure(
    rows: pd.DataFrame, classes: list[str], aucs: dict[str, Estimate], overall: Estimate, title: str
) -> "Figure":
    """One curve a class against the rest, and their mean; the legend gives AUC, 95 % interval and class size.

    `rows`: contract ROC.
    """
    height = max(4.9, 0.165 * len(classes) + 0.9)
    # So wide that the panel is about square where names of classes are short.
    figure, (axes, listing) = new_figure(8.3, height, columns=2, width_ratios=[1.1, 0.9])
    _draw_rocs(axes, rows, classes, aucs, overall)
    if overall.value > NEAR:
        _draw_rocs(_corner(axes), rows, classes, aucs, overall)
    axes.set(xlabel="1 − specificity", ylabel="Sensitivity", title=title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    listing.axis("off")
    heading = "AUC [95 % interval], n units"
    listing.legend(
        *axes.get_legend_handles_labels(),
        loc="center left",
        title=heading,
        alignment="left",
        borderaxespad=0,
        fontsize=8,
    )
    return figure


def _corner(axes: "Axes") -> "Axes":
    """A panel inside the axes for their upper left corner, which a rectangle in them shows: curves crowd there."""
    # Below the diagonal, which it would hide.
    corner = axes.inset_axes((0.56, 0.1, 0.41, 0.36), xlim=(0, 0.2), ylim=(0.8, 1.0))
    corner.set(xticks=[0, 0.1, 0.2], yticks=[0.8, 0.9, 1.0])
    corner.set_title("upper left corner", fontsize=7, color="0.35", pad=3)
    corner.tick_params(labelsize=7)
    # Lines from the rectangle to the panel would be taken for curves.
    for line in axes.indicate_inset_zoom(corner, edgecolor="0.35", linestyle="--", linewidth=0.7).connectors or ():
        line.set_visible(False)
    return corner


def _draw_rocs(
    axes: "Axes", rows: pd.DataFrame, classes: list[str], aucs: dict[str, Estimate], overall: Estimate
) -> None:
    labels = Labels(classes)
    for k, name in enumerate(classes):
        curve = rows[rows["curve"].eq(CLASS) & rows["class"].eq(name)]
        if len(curve):
            style: dict[str, Any] = {"color": COLOURS[k % 6], "linestyle": LINES[k // 6 % len(LINES)], "linewidth": 1.2}
            text = f"{labels[name]}: {span(aucs[name])}"
            axes.plot(curve["one_minus_specificity"], curve["sensitivity"], label=text, **style)
    mean = rows[rows["curve"] == MEAN]
    if len(mean):
        text = f"mean of classes: {span(overall)}"
        axes.plot(mean["one_minus_specificity"], mean["sensitivity"], color="black", linewidth=2.2, label=text)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=(0, (1, 2)), label="chance: 0.5")


def span(estimate: Estimate, digits: int = 3) -> str:
    """A value, its interval and n, as text; a dash for what is undefined."""
    numbers = [f"{x:.{digits}f}" if not np.isnan(x) else "–" for x in (estimate.value, estimate.low, estimate.high)]
    return f"{numbers[0]} [{numbers[1]}, {numbers[2]}], n = {estimate.n}"


def reliability_figure(rows: pd.DataFrame, ece: Estimate, title: str) -> "Figure":
    """Accuracy against confidence by bins with 95 % intervals, and below it how many units each bin holds.

    No line joins the bins: between those of few units it would show nothing but chance. A bin without an interval has
    too few independent units for one, and a hollow dot. `rows`: contract RELIABILITY.
    """
    figure, (axes, below) = new_figure(4.8, 5.4, rows=2, sharex=True, height_ratios=[3, 1])
    filled = rows[rows["units"] > 0]
    sure, unsure = filled[filled["low"].notna()], filled[filled["low"].isna()]
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=(0, (1, 2)), label="perfect calibration")
    axes.vlines(sure["confidence"], sure["low"], sure["high"], color=COLOURS[0], linewidth=1.2)
    for bins, face, words in ((sure, COLOURS[0], "this run, 95 % interval"), (unsure, "white", "too few for one")):
        if len(bins):
            dots: dict[str, Any] = {"markersize": 4, "color": COLOURS[0], "markerfacecolor": face, "label": words}
            axes.plot(bins["confidence"], bins["accuracy"], "o", **dots)
    axes.set(ylabel="Accuracy", ylim=(-0.02, 1.02))
    # Above the panel: intervals of many bins leave no place within it.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=8, columnspacing=1, handletextpad=0.3)
    axes.set_title(f"{title}\nexpected calibration error {span(ece)}", pad=24)
    middles, widths = (rows["above"] + rows["up_to"]) / 2, rows["up_to"] - rows["above"]
    below.bar(middles, rows["units"], width=0.9 * widths, color=COLOURS[5])
    below.yaxis.get_major_locator().set_params(integer=True)
    below.set(xlabel="Confidence (largest probability)", ylabel="Units", xlim=(-0.02, 1.02))
    return figure


def curves_figure(rows: pd.DataFrame, title: str) -> "Figure":
    """Loss and accuracy at each epoch: thin lines for folds and seeds, thick ones for their mean.

    `rows`: contract TRAINING_CURVES, of one run.
    """
    figure, axes = new_figure(8.4, 3.4, columns=2)
    is_mean = rows["fold"] == ALL
    mean, trainings = rows[is_mean], rows[~is_mean]
    several = trainings["epoch"].duplicated().any()
    parts = (("train", "training", COLOURS[0], "-"), ("validation", "validation", COLOURS[1], "--"))
    for panel, quantity in zip(axes, ("loss", "accuracy"), strict=True):
        for part, label, colour, style in parts:
            column = f"{part}_{quantity}"
            if several:
                for _, training in trainings.groupby(["fold", "seed"], sort=False):
                    panel.plot(training["epoch"], training[column], color=colour, ls=style, lw=0.6, alpha=0.5)
            marker = "o" if len(mean) < 3 else None
            panel.plot(mean["epoch"], mean[column], color=colour, ls=style, lw=1.8, marker=marker, label=label)
        panel.set(xlabel="Epoch", ylabel=quantity.capitalize())
        panel.xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylim(bottom=0)
    axes[1].set_ylim(0, 1.02)
    axes[1].legend(loc="lower right")
    count = len(trainings[["fold", "seed"]].drop_duplicates())
    words = f"\nthick: mean of {count} trainings" if several else ""
    figure.suptitle(title + words, fontsize=10)
    return figure
