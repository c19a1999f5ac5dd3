"""Figures of one run: confusion matrix, ROC curves, reliability, training curves.

Each function takes plain arrays and returns a matplotlib figure; `save_figure` of drawing.style writes it.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import WEIGHT, of_known_outcome, unit_weights
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, LARGEST, LINES, SEQUENTIAL, new_figure
from workflow_scripts.evaluation.bootstrap import Resampler, sums_by
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.grid import Grid, Key
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import confidence_bins, normalised
from workflow_scripts.evaluation.observed import of_rows
from workflow_scripts.evaluation.tied_votes import ranking_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

GRID = np.linspace(0, 1, 201)
NEAR = 0.9  # above this mean AUC the curves crowd in the corner, which is then shown larger
MOST_COUNTED = 40  # of more classes than these no number fits into a cell
DARK = 0.55  # cividis is light above: black text there, white text below


def confusion(grid: Grid, classes: list[str]) -> np.ndarray:
    """K×K units of each true (row) and predicted class, by their weights: sum over folds, mean over the rest."""
    total = np.zeros((len(classes), len(classes)))
    for frame in grid.values():
        labels, p = arrays(frame)
        np.add.at(total, (labels, p.argmax(axis=1)), unit_weights(frame))
    return total / grid.times


def confusion_figure(counts: np.ndarray, classes: list[str], title: str) -> "Figure":
    """Counts and row shares of a K×K confusion matrix; the colour is the share of the true class (row)."""
    labels = Labels(classes).all()
    side, letters = confusion_side(len(classes), 0.56), max(map(len, labels))
    figure, axes = new_figure(side + 0.075 * letters + 2.0, side + 0.05 * letters + 1.1)
    figure.set_layout_engine("compressed")  # the one made for axes of a fixed aspect
    picture = confusion_panel(axes, counts, classes)
    support = counts.sum(axis=1)
    axes.set_yticks(range(len(classes)), [f"{label} ({n:.0f})" for label, n in zip(labels, support, strict=True)])
    axes.set(ylabel="True class (units)", title=title)
    figure.colorbar(picture, ax=axes, shrink=0.75, label="Share of the true class")
    return figure


def confusion_side(classes: int, cell: float) -> float:
    """Side of a confusion matrix in inches, `cell` for each class, as long as the figure is not too large."""
    return min(max(2.4, cell * classes), LARGEST - 8)


def confusion_panel(
    axes: "Axes", counts: np.ndarray, classes: list[str], shares_too: bool = True, size: float = 8
) -> "AxesImage":
    """Draw a K×K confusion matrix, in each cell its count and, if wanted, its share of the row; returns the image.

    `size` of the text in the cells, in points; of very many classes only the colours are left.
    """
    labels = Labels(classes).all()
    support = counts.sum(axis=1, keepdims=True)
    fractions = np.divide(counts, support, out=np.zeros_like(counts), where=support > 0)
    picture = axes.imshow(fractions, cmap=SEQUENTIAL, vmin=0, vmax=1)
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
    return picture


def mean_curve(grid: Grid, k: int) -> np.ndarray | None:
    """Sensitivity of class `k` against the rest on GRID (1 - specificity): mean of the folds' and seeds' curves.

    None where no fold has units on both sides.
    """
    from sklearn.metrics import roc_curve

    curves = []
    for frame in grid.values():
        labels, p = arrays(frame)
        judged = of_known_outcome(frame)
        weights = unit_weights(frame)[judged] if WEIGHT in frame else None
        labels, score = labels[judged], ranking_scores(p[judged])[:, k]
        if 0 < (labels == k).sum() < len(labels):
            fpr, tpr, _ = roc_curve(labels == k, score, sample_weight=weights)
            curves.append(np.interp(GRID, fpr, tpr))
    return np.mean(curves, axis=0) if curves else None


def roc_figure(grid: Grid, classes: list[str], aucs: dict[str, Estimate], overall: Estimate, title: str) -> "Figure":
    """One curve a class against the rest, and their mean; the legend gives AUC, 95 % interval and class size."""
    labels = Labels(classes)
    height = max(4.9, 0.165 * len(classes) + 0.9)
    figure, (axes, listing) = new_figure(9.2, height, columns=2, width_ratios=[1, 0.85])
    curves = {name: mean_curve(grid, k) for k, name in enumerate(classes)}
    defined = [curve for curve in curves.values() if curve is not None]
    panels = [axes]
    if overall.value > NEAR:
        panels.append(axes.inset_axes([0.4, 0.1, 0.56, 0.56], xlim=(0, 0.2), ylim=(0.8, 1.0)))
        panels[1].set(xticks=[0, 0.1, 0.2], yticks=[0.8, 0.9, 1.0])
        panels[1].tick_params(labelsize=7)
        axes.indicate_inset_zoom(panels[1])
    for panel in panels:
        for k, name in enumerate(classes):
            curve = curves[name]
            if curve is not None:
                style = {"color": COLOURS[k % 6], "linestyle": LINES[k // 6 % len(LINES)], "linewidth": 1.2}
                panel.plot([0, *GRID], [0, *curve], label=f"{labels[name]}: {span(aucs[name])}", **style)
        if len(defined) == len(classes):
            label = f"mean of classes: {span(overall)}"
            panel.plot([0, *GRID], [0, *np.mean(defined, axis=0)], color="black", linewidth=2.2, label=label)
        panel.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=(0, (1, 2)), label="chance: 0.5")
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


def span(estimate: Estimate, digits: int = 3) -> str:
    """A value, its interval and n, as text; a dash for what is undefined."""
    numbers = [f"{x:.{digits}f}" if not np.isnan(x) else "–" for x in (estimate.value, estimate.low, estimate.high)]
    return f"{numbers[0]} [{numbers[1]}, {numbers[2]}], n = {estimate.n}"


def reliability_figure(grid: Grid, resampler: Resampler, bins: int, ece: Estimate, title: str) -> "Figure":
    """Accuracy against confidence in `bins` bins with 95 % intervals, and below it how many units each bin holds."""
    confident, right, count = np.zeros(bins), np.zeros(bins), np.zeros(bins)
    drawn_right, drawn_count = np.zeros((bins, resampler.draws)), np.zeros((bins, resampler.draws))
    used_rows: list[list[pd.DataFrame]] = [[] for _ in range(bins)]
    for frame in grid.values():
        labels, p = arrays(frame)
        p = normalised(p)
        confidence, code = confidence_bins(p, bins)
        correct = p.argmax(axis=1) == labels
        own = unit_weights(frame)
        confident += np.bincount(code, weights=own * confidence, minlength=bins)
        right += np.bincount(code, weights=own * correct, minlength=bins)
        count += np.bincount(code, weights=own, minlength=bins)
        for number in np.unique(code):
            used_rows[number].append(frame[code == number])
        weights = resampler.weights(frame)
        drawn_right = drawn_right + sums_by(code, bins, weights * correct[:, None].astype("float32"))
        drawn_count = drawn_count + sums_by(code, bins, weights)
    with np.errstate(invalid="ignore"):
        drawn = np.where(drawn_count > 0, drawn_right / drawn_count, np.nan)
    used = count > 0
    x, y = confident[used] / count[used], right[used] / count[used]
    ends = np.array(
        [
            interval(
                np.array([[right[k] / count[k]]]), drawn[k][None, None], "accuracy", of_rows(pd.concat(used_rows[k]))
            )
            for k in np.flatnonzero(used)
        ]
    ).T
    figure, (axes, below) = new_figure(4.8, 5.4, rows=2, sharex=True, height_ratios=[3, 1])
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=(0, (1, 2)), label="perfect calibration")
    axes.vlines(x, *ends, color=COLOURS[0], linewidth=1.2)
    axes.plot(x, y, marker="o", markersize=4, color=COLOURS[0], label="this run, 95 % interval")
    axes.set(ylabel="Accuracy", title=f"{title}\nexpected calibration error {span(ece)}", ylim=(-0.02, 1.02))
    axes.legend(loc="best")
    middles = (np.arange(bins) + 0.5) / bins
    below.bar(middles, count / grid.times, width=0.9 / bins, color=COLOURS[5])
    below.set(xlabel="Confidence (largest probability)", ylabel="Units", xlim=(-0.02, 1.02))
    return figure


def curves_figure(histories: dict[Key, pd.DataFrame], title: str) -> "Figure":
    """Loss and accuracy at each epoch (contract HISTORY): thin lines for folds and seeds, thick ones for their mean."""
    figure, axes = new_figure(8.4, 3.4, columns=2)
    for panel, (quantity, label) in enumerate((("loss", "Loss"), ("accuracy", "Accuracy"))):
        for colour, style, part in ((COLOURS[0], "-", "train"), (COLOURS[1], "--", "validation")):
            column = f"{part}_{quantity}"
            together = pd.concat([table.set_index("epoch")[column] for table in histories.values()], axis=1)
            if len(histories) > 1:
                axes[panel].plot(together.index, together, color=colour, linestyle=style, linewidth=0.6, alpha=0.5)
            axes[panel].plot(
                together.index,
                together.mean(axis=1),
                color=colour,
                linestyle=style,
                linewidth=1.8,
                marker="o" if len(together) < 3 else None,
                label={"train": "training", "validation": "validation"}[part],
            )
        axes[panel].set(xlabel="Epoch", ylabel=label)
        axes[panel].xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylim(bottom=0)
    axes[1].set_ylim(0, 1.02)
    axes[1].legend(loc="lower right")
    folds, seeds = len({fold for fold, _ in histories}), len({seed for _, seed in histories})
    several = f"\nthick: mean of {folds} fold(s) × {seeds} seed(s)" if len(histories) > 1 else ""
    figure.suptitle(title + several, fontsize=10)
    return figure
