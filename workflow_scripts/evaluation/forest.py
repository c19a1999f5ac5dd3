"""Forest plot of all runs of a protocol: the headline metric, and its difference from the reference run."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.drawing.label_text import shortened
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.metric_registry import described

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def forest_figure(headline: pd.DataFrame, compared: pd.DataFrame, reference: str, title: str) -> "Figure":
    """Each run's headline metric (rows of contract METRICS) and, where there is one, its difference from `reference`.

    `compared` are the pooled rows of contract COMPARISON. Points with 95 % intervals, in the order of `headline`; a
    filled point in the right panel has a Holm-corrected p below 0.05.
    """
    runs, name = headline["run"].tolist(), headline["metric"].iloc[0]
    description = described(name)
    metric = description.words if description else name.replace("_", " ")
    both = len(compared) > 0
    row_of = dict(zip(runs, range(len(runs)), strict=True))
    figure, axes = new_figure(
        8.6 if both else 5.4,
        1.5 + 0.28 * len(runs),
        columns=1 + both,
        squeeze=False,
        sharey=True,
        width_ratios=[1.2, 1][: 1 + both],
    )
    left = axes[0, 0]
    for row in headline.itertuples():
        colour = COLOURS[6] if row.run == reference else COLOURS[0]
        _point(left, row_of[row.run], row.value, row.low, row.high, colour, True)
        label = "–" if np.isnan(row.value) else f"{row.value:.3f}"
        label_style = {"xycoords": ("axes fraction", "data"), "xytext": (2, 0), "textcoords": "offset points"}
        left.annotate(label, (1, row_of[row.run]), **label_style, va="center", fontsize=8)
    called = [shortened(run) + (" (reference)" if both and run == reference else "") for run in runs]
    left.set_yticks(range(len(runs)), called)
    left.set(xlabel=f"{metric[:1].upper()}{metric[1:]}, 95 % interval", ylim=(len(runs) - 0.5, -0.5))
    if both:
        right = axes[0, 1]
        right.axvline(0, color="0.5", linewidth=0.8)
        # The numbers beside them are those of the left panel.
        right.tick_params(axis="y", left=False)
        for row in compared.itertuples():
            _point(right, row_of[row.run], row.difference, row.low, row.high, COLOURS[1], row.p_holm < 0.05)
        right.set(xlabel=f"Difference from {shortened(reference)}, 95 % interval\n(filled: p < 0.05 after Holm)")
    figure.suptitle(title, fontsize=10)
    return figure


def _point(axes: "Axes", row: int, value: float, low: float, high: float, colour: str, filled: bool) -> None:
    axes.hlines(row, low, high, color=colour, linewidth=1.4)
    axes.plot(value, row, marker="o", markersize=5, color=colour, markerfacecolor=colour if filled else "white")
