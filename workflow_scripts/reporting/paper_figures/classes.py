"""How well each class is found, with groups of classes that matter together."""

from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.run_tables import of_known_outcome, predicted
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.metric_tables import weighted_mean
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol, chosen_runs
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols, protocol_words, reported_words

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
    """Share of the units of some classes that were given their own, by their weights: mean over folds and seeds."""
    fractions = []
    for units in tables:
        rows = units[(units["subset"] == subset) & units["label"].isin(labels) & of_known_outcome(units)]
        if len(rows):
            fractions.append(weighted_mean(predicted(rows) == rows["label"].to_numpy(), rows))
    return float(np.mean(fractions)) if fractions else np.nan


def sensitivities_of_runs(results: Results, runs: dict[str, str], protocol: str | None = None) -> "Figure":
    """Sensitivity of every class of several runs, and what follows from the confusion matrices that the paper prints.

    `runs`: name → what it is called. Raises NotDrawnError when one of them is missing.
    """
    chosen = chosen_protocol(results, protocol)
    by_name = chosen_runs(chosen, tuple(runs))
    labels = Labels(results.classes).all()
    figure, axes = new_figure(7.4, 1.4 + 0.28 * len(labels) * len(runs))
    for index, (name, called) in enumerate(runs.items()):
        colour, marker = COLOURS[index % len(COLOURS)], "os^v"[index % 4]
        y = np.arange(len(labels)) + 0.26 * (index - (len(runs) - 1) / 2)
        values = [overall(by_name[name], "sensitivity", class_name=label) for label in results.classes]
        ends = np.array([[np.nan if end is None else end for end in (value.low, value.high)] for value in values])
        axes.hlines(y, ends[:, 0], ends[:, 1], color=colour, linewidth=1.4)
        obtained = [np.nan if value.value is None else value.value for value in values]
        axes.plot(obtained, y, marker, color=colour, markersize=5.5, label=called)
        printed = _printed_sensitivities(results, name)
        if printed:
            x = [printed.get(label, np.nan) for label in results.classes]
            style = {"color": colour, "markerfacecolor": "none", "markersize": 7}
            axes.plot(x, y, "D", label=f"{called}, the paper's matrix", **style)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(
        xlabel="Sensitivity (recall), 95 % interval",
        xlim=(-0.02, 1.02),
        ylim=(len(labels) - 0.4, -0.6),
        title=f"{chosen.name}, {reported_words(chosen)}",
    )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _printed_sensitivities(results: Results, run: str) -> dict[str, float]:
    """Class → sensitivity of the confusion matrix that the paper prints of a run; empty without one."""
    counts: dict[str, dict[str, float]] = {}
    for claim in results.published.claims if results.published else ():
        of_run = claim.study == results.settings.study and claim.run == run and claim.metric == "confusions"
        if of_run and claim.class_name and claim.predicted:
            counts.setdefault(claim.class_name, {})[claim.predicted] = claim.value
    return {label: row[label] / sum(row.values()) for label, row in counts.items() if sum(row.values())}
