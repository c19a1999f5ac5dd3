"""The figure of a predicted risk: precision-recall, calibration, decision curve, confusion at the threshold."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.contracts.risk_table import CALIBRATION, DECISION, EVERYONE, PRECISION_RECALL, TREAT_ALL
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.plots import confusion_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTTED = (0, (1, 2))


@dataclass(frozen=True)
class RiskFigure:
    """What it shows. rows: contract RISK, curves: contract RISK_CURVES, cells: 2×2 as RiskGroups.confusion.

    weighted: some units count more than others; classes: all of the study, in their order.
    """

    rows: pd.DataFrame
    curves: pd.DataFrame
    cells: np.ndarray
    weighted: bool
    classes: list[str]
    positive: str

    def value(self, measure: str) -> tuple[float, float, float]:
        """A measure over all folds and seeds with its interval."""
        rows = self.rows[(self.rows["fold"] == ALL) & (self.rows["group"] == EVERYONE)]
        row = rows[rows["measure"] == measure].iloc[0]
        return float(row["value"]), float(row["low"]), float(row["high"])

    def span(self, measure: str) -> str:
        """The same as text."""
        numbers = ["–" if np.isnan(number) else f"{number:.3f}".replace("-", "−") for number in self.value(measure)]
        return f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"

    def curve(self, name: str) -> pd.DataFrame:
        return self.curves[self.curves["curve"] == name]

    @property
    def thresholds(self) -> np.ndarray:
        """The threshold of each fold and seed."""
        rows = self.rows[(self.rows["fold"] != ALL) & (self.rows["measure"] == "threshold")]
        return rows["value"].to_numpy()

    @property
    def threshold_words(self) -> str:
        """The threshold, or between which ones those of the folds and seeds lie."""
        low, high = self.thresholds.min(), self.thresholds.max()
        return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"

    def draw(self, title: str, sensitivity: float) -> "Figure":
        """`title`: of the run; `sensitivity`: what the threshold was to reach on validation units."""
        figure, axes = new_figure(9.6, 8.6, rows=2, columns=2)
        self._precision_recall(axes[0, 0])
        self._calibration(axes[0, 1])
        self._decision(axes[1, 0])
        self._confusion(axes[1, 1])
        label = Labels(self.classes)[self.positive]
        chosen = f"high risk: {label} with probability {self.threshold_words} or more, chosen for a sensitivity of "
        figure.suptitle(f"{title}\n{chosen}{100 * sensitivity:g} % on validation units", fontsize=10)
        return figure

    def _precision_recall(self, axes: "Axes") -> None:
        curve = self.curve(PRECISION_RECALL)
        axes.plot(curve["x"], curve["y"], color=COLOURS[0], label=f"average precision {self.span('average_precision')}")
        happens = self.value("observed_risk")[0]
        axes.axhline(happens, color="0.6", linewidth=0.8, linestyle=DOTTED, label=f"chance: {happens:.3f}")
        reached = self.value("sensitivity")[0]
        called, high = self.cells[:, 1].sum(), self.cells[1, 1]
        if called:
            words = f"threshold: sensitivity {reached:.2f}, precision {high / called:.2f}"
            axes.plot([reached], [high / called], "o", color=COLOURS[1], label=words)
        axes.set(xlabel="Sensitivity (recall)", ylabel="Precision", title="Precision and recall", xlim=(-0.02, 1.02))
        axes.set_yticks(np.linspace(0, 1, 6))
        _legend_above(axes, curve["y"].max())

    def _calibration(self, axes: "Axes") -> None:
        curve = self.curve(CALIBRATION)
        most = float(np.nanmax(curve[["x", "y", "high"]].to_numpy()))
        top = min(1.0, 1.05 * most)
        axes.plot([0, top], [0, top], color="0.6", linewidth=0.8, linestyle=DOTTED, label="perfect calibration")
        axes.vlines(curve["x"], curve["low"], curve["high"], color=COLOURS[0], linewidth=1.2)
        axes.plot(
            curve["x"], curve["y"], "o", markersize=4, color=COLOURS[0], label="bins of equal size, 95 % interval"
        )
        axes.set(xlabel="Mean predicted risk", ylabel="Observed risk", xlim=(-0.02 * top, 1.02 * top))
        axes.set_yticks([tick for tick in axes.get_xticks() if 0 <= tick <= top])
        words = f"slope {self.span('calibration_slope')}, intercept {self.span('calibration_intercept')}"
        axes.set_title(f"Calibration\n{words}", fontsize=9)
        _legend_above(axes, top)

    def _decision(self, axes: "Axes") -> None:
        curve, everyone = self.curve(DECISION), self.curve(TREAT_ALL)
        axes.fill_between(curve["x"], curve["low"], curve["high"], color=COLOURS[0], alpha=0.15, linewidth=0)
        axes.plot(curve["x"], curve["y"], color=COLOURS[0], label="by this run, 95 % interval")
        axes.plot(everyone["x"], everyone["y"], color="black", linewidth=1, linestyle="--", label="everyone high-risk")
        axes.axhline(0, color="0.6", linewidth=0.8, label="nobody high-risk")
        low, high = self.thresholds.min(), self.thresholds.max()
        end = curve["x"].max()
        top = max(float(curve[["y", "high"]].max(axis=None)), float(everyone["y"].max()), 0.001)
        if low <= end:
            # No higher than the curves: above them stands the legend.
            span, words = (-0.35 * top, 1.05 * top), f"threshold: {self.threshold_words}"
            axes.fill_between([low, min(high, end)], *span, color=COLOURS[1], alpha=0.25, linewidth=0, label=words)
            axes.vlines(low, *span, color=COLOURS[1], linewidth=0.8)
        axes.set(xlabel="Threshold", ylabel="Net benefit", title="Decision curve", xlim=(0, end))
        axes.set_ylim(-0.3 * top, 1.05 * top)
        _legend_above(axes, 1.05 * top, -0.3 * top)

    def _confusion(self, axes: "Axes") -> None:
        label = Labels(self.classes)[self.positive]
        negative = [name for name in self.classes if name != self.positive]
        names = [Labels(self.classes)[negative[0]] if len(negative) == 1 else f"not {label}", label]
        confusion_panel(axes, self.cells, names, size=10)
        totals = [
            f"{total:.0f}" if np.isclose(total, round(total)) else f"{total:.1f}" for total in self.cells.sum(axis=1)
        ]
        axes.set_yticks([0, 1], [f"{name} ({total})" for name, total in zip(names, totals, strict=True)])
        axes.set_xticks([0, 1], ["low risk", "high risk"], rotation=0, ha="center")
        words = "weighted units: some outcomes are unknown" if self.weighted else "units"
        axes.set(xlabel="Called", ylabel="True class")
        axes.set_title(f"Confusion at the threshold\n{words}", fontsize=9)


def _legend_above(axes: "Axes", top: float, bottom: float = 0.0) -> None:
    """A legend in a strip of its own above the curves."""
    count = len(axes.get_legend_handles_labels()[0])
    height = top - bottom
    axes.set_ylim(bottom - 0.02 * height, top + height * (0.04 + 0.075 * count))
    axes.legend(loc="upper left", fontsize=8, borderaxespad=0.2)
