"""How well each class is found, with groups of classes that matter together."""

from typing import Any

import numpy as np

from workflow_scripts.contracts.run_tables import of_known_outcome, predicted
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.metric_tables import weighted_mean
from workflow_scripts.reporting.paper_figures.dots import Dot, dots_data
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol, chosen_runs
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols, protocol_words, reported_words


def sensitivities(results: Results, run: str, groups: dict[str, tuple[str, ...]]) -> Drawn:
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
    dots = []
    for index, protocol in enumerate(protocols):
        y = np.arange(len(rows)) + 0.24 * (index - (len(protocols) - 1) / 2)
        run_there, series = protocol.runs[run], protocol_words(protocol)
        lines = [
            Dot.of("", series, label, overall(run_there, "sensitivity", class_name=label)) for label in results.classes
        ]
        lows, highs = [dot.low for dot in lines], [dot.high for dot in lines]
        axes.hlines(y[: len(lines)], lows, highs, color=COLOURS[index], linewidth=1.4)
        for name, labels in kept.items():
            lines.append(Dot("", series, name, _share(run_there.units.values(), labels, protocol.reported)))
        look = {"color": COLOURS[index], "markersize": 5.5, "label": series}
        axes.plot([dot.value for dot in lines], y, "os^v"[index % 4], **look)
        dots += lines
    axes.axhline(len(results.classes) - 0.5, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(rows)), rows)
    of = "test subset" if all(protocol.reported == "test" for protocol in protocols) else "reported subset"
    axes.set(xlabel=f"Sensitivity (recall), {of}, 95 % interval", xlim=(-0.02, 1.02), ylim=(len(rows) - 0.4, -0.6))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return Drawn(figure, dots_data(dots))


def _share(tables: list[Any], labels: list[str], subset: str) -> float:
    """Share of the units of some classes that were given their own, by their weights: mean over folds and seeds."""
    fractions = []
    for units in tables:
        rows = units[(units["subset"] == subset) & units["label"].isin(labels) & of_known_outcome(units)]
        if len(rows):
            fractions.append(weighted_mean(predicted(rows) == rows["label"].to_numpy(), rows))
    return float(np.mean(fractions)) if fractions else np.nan


def sensitivities_of_runs(results: Results, runs: dict[str, str], protocol: str | None = None) -> Drawn:
    """Sensitivity of every class of several runs, and what follows from the confusion matrices that the paper prints.

    `runs`: name → what it is called. Raises NotDrawnError when one of them is missing.
    """
    chosen = chosen_protocol(results, protocol)
    by_name = chosen_runs(chosen, tuple(runs))
    labels = Labels(results.classes).all()
    figure, axes = new_figure(7.4, 1.4 + 0.28 * len(labels) * len(runs))
    dots = []
    for index, (name, called) in enumerate(runs.items()):
        colour, marker = COLOURS[index % len(COLOURS)], "os^v"[index % 4]
        y = np.arange(len(labels)) + 0.26 * (index - (len(runs) - 1) / 2)
        lines = [
            Dot.of("", called, label, overall(by_name[name], "sensitivity", class_name=label))
            for label in results.classes
        ]
        axes.hlines(y, [dot.low for dot in lines], [dot.high for dot in lines], color=colour, linewidth=1.4)
        axes.plot([dot.value for dot in lines], y, marker, color=colour, markersize=5.5, label=called)
        dots += lines
        printed = _printed_sensitivities(results, name)
        if printed:
            series = f"{called}, the paper's matrix"
            of_paper = [Dot("", series, label, printed.get(label, np.nan)) for label in results.classes]
            look = {"color": colour, "markerfacecolor": "none", "markersize": 7, "label": series}
            axes.plot([dot.value for dot in of_paper], y, "D", **look)
            dots += of_paper
    axes.set_yticks(range(len(labels)), labels)
    axes.set(
        xlabel="Sensitivity (recall), 95 % interval",
        xlim=(-0.02, 1.02),
        ylim=(len(labels) - 0.4, -0.6),
        title=f"{chosen.name}, {reported_words(chosen)}",
    )
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return Drawn(figure, dots_data(dots))


def _printed_sensitivities(results: Results, run: str) -> dict[str, float]:
    """Class → sensitivity of the confusion matrix that the paper prints of a run; empty without one."""
    counts: dict[str, dict[str, float]] = {}
    for claim in results.published.claims if results.published else ():
        of_run = claim.study == results.settings.study and claim.run == run and claim.metric == "confusions"
        if of_run and claim.class_name and claim.predicted:
            counts.setdefault(claim.class_name, {})[claim.predicted] = claim.value
    return {label: row[label] / sum(row.values()) for label, row in counts.items() if sum(row.values())}
