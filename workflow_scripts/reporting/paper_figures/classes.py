"""How well each class is found, with groups of classes that matter together."""

from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.run_tables import predicted
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols, protocol_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sensitivities(results: Results, run: str, groups: dict[str, tuple[str, ...]]) -> "Figure":
    """Sensitivity of every class on the reported subset under each protocol, and what share of each group was found.

    `groups`: name → classes. A group's line counts its units, not its classes: the share of units of these classes
    that were given their own class.
    """
    if run not in results.settings.runs:
        raise NotDrawnError(f"needs the run {run}")
    kept = {name: [label for label in labels if label in results.classes] for name, labels in groups.items()}
    kept = {name: labels for name, labels in kept.items() if labels}
    rows = [*Labels(results.classes).all(), *kept]
    figure, axes = new_figure(7.4, 1.6 + 0.3 * len(rows))
    protocols = ordered_protocols(results)
    for index, protocol in enumerate(protocols):
        y = np.arange(len(rows)) + 0.24 * (index - (len(protocols) - 1) / 2)
        sensitivity = [overall(protocol.runs[run], "sensitivity", class_name=label) for label in results.classes]
        values = [np.nan if value.value is None else value.value for value in sensitivity]
        ends = np.array([[np.nan if end is None else end for end in (value.low, value.high)] for value in sensitivity])
        axes.hlines(y[: len(sensitivity)], ends[:, 0], ends[:, 1], color=COLOURS[index], linewidth=1.4)
        values += [_share(protocol.runs[run].units.values(), labels, protocol.reported) for labels in kept.values()]
        axes.plot(values, y, "os^v"[index % 4], color=COLOURS[index], markersize=5.5, label=protocol_words(protocol))
    axes.axhline(len(results.classes) - 0.5, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(rows)), rows)
    of = "test subset" if all(protocol.reported == "test" for protocol in protocols) else "reported subset"
    axes.set(xlabel=f"Sensitivity (recall), {of}, 95 % interval", xlim=(-0.02, 1.02), ylim=(len(rows) - 0.4, -0.6))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _share(tables: list, labels: list[str], subset: str) -> float:
    """Share of the units of a subset of some classes that were given their own class: mean over folds and seeds."""
    fractions = []
    for units in tables:
        rows = units[(units["subset"] == subset) & units["label"].isin(labels)]
        if len(rows):
            fractions.append((predicted(rows) == rows["label"]).mean())
    return float(np.mean(fractions)) if fractions else np.nan
