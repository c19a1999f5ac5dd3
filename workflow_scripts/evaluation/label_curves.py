"""Label efficiency of a protocol: its table and its figure, of the runs that ask for labels."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.active_strategies import RANDOM
from workflow_scripts.contracts.label_efficiency_table import LABEL_EFFICIENCY, LABEL_EFFICIENCY_FILE
from workflow_scripts.contracts.rounds import read_rounds
from workflow_scripts.drawing.label_text import shortened
from workflow_scripts.drawing.style import COLOURS, LINES, new_figure
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.label_efficiency import Curves, curves_of, efficiency_table
from workflow_scripts.evaluation.metric_tables import run_folder
from workflow_scripts.evaluation.protocol import Protocol
from workflow_scripts.runtime.seeds import seed_for

# How far the interval of each further strategy stands aside, as a share of the axis.
ASIDE = 0.008

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def write_label_efficiency(protocol: Protocol) -> pd.DataFrame:
    """Write label_efficiency.csv of the runs that ask for labels (contract LABEL_EFFICIENCY); returns it.

    Only where there are such runs.
    """
    settings = protocol.settings
    seed = seed_for(settings.study, settings.protocol, settings.seed, "label efficiency")
    parts = [efficiency_table(curves, np.random.default_rng(seed)) for curves in read_curves(protocol)]
    table = pd.concat(parts, ignore_index=True)
    LABEL_EFFICIENCY.write(protocol.out / LABEL_EFFICIENCY_FILE, table)
    return table


def read_curves(protocol: Protocol) -> list[Curves]:
    """The curves of each learner's runs. UserError where rounds.csv of a run is not what its record says."""
    settings = protocol.settings
    learners = dict.fromkeys(run.learner for run in settings.active)
    curves = []
    for learner in learners:
        runs = tuple(run for run in settings.active if run.learner == learner)
        rounds = {run.run: _rounds(protocol, run.run) for run in runs}
        curves.append(curves_of(learner, runs, rounds, protocol.units[learner], settings.reported))
    return curves


def _rounds(protocol: Protocol, run: str) -> Grid:
    return Grid({key: read_rounds(run_folder(protocol.runs / run, *key)) for key in protocol.units[run]})


def label_efficiency_figure(table: pd.DataFrame, title: str) -> "Figure":
    """A panel a learner: mean AUC of each strategy over labels with its interval, and the learner with all labels."""
    learners = list(dict.fromkeys(table["learner"]))
    figure, axes = new_figure(6.4 * len(learners), 4.4, columns=len(learners), squeeze=False)
    for learner, panel in zip(learners, axes[0], strict=True):
        rows = table[table["learner"] == learner]
        _draw_whole(panel, rows[rows["measure"] == "all_labels"])
        points = rows[rows["measure"] == "auc"]
        for number, (run, curve) in enumerate(points.groupby("run", sort=False)):
            _draw_curve(panel, str(run), curve, number)
        panel.set(xlabel="Labels of training samples", title=f"Trained as {shortened(learner)}")
        panel.legend(fontsize=7, loc="lower right")
    axes[0, 0].set(ylabel="Area under the ROC curve, 95 % interval")
    figure.suptitle(title, fontsize=10)
    return figure


def _draw_whole(panel: "Axes", row: pd.DataFrame) -> None:
    value, low, high, labels = row[["value", "low", "high", "labels"]].iloc[0]
    panel.axhline(value, color=COLOURS[6], linewidth=1, linestyle=":", label=f"all {labels:.0f} labels ({value:.3f})")
    if np.isfinite(low):
        panel.axhspan(low, high, color=COLOURS[6], alpha=0.06, linewidth=0)


def _draw_curve(panel: "Axes", run: str, curve: pd.DataFrame, number: int) -> None:
    control = curve["strategy"].iloc[0] == RANDOM
    colour, line = (COLOURS[6], "--") if control else (COLOURS[number % 6], LINES[number // 6 % len(LINES)])
    marked: dict[str, Any] = {"color": colour, "linestyle": line, "linewidth": 1.4, "marker": "o", "markersize": 3}
    panel.plot(curve["labels"], curve["value"], label=shortened(run), **marked)
    # Beside each other: bands of several strategies would hide one another.
    aside = curve["labels"] + ASIDE * number * (curve["labels"].max() - curve["labels"].min())
    panel.vlines(aside, curve["low"], curve["high"], color=colour, linewidth=1, alpha=0.7)
