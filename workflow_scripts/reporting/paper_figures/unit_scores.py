"""Samples and what is judged: the leak premium at both levels, and ways to make one score of many samples."""

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import Measuring, estimate
from workflow_scripts.evaluation.premium import leak_premium
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.paper_figures.dots import Dot, dots_data
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol, chosen_runs
from workflow_scripts.reporting.premiums import judged_as
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import reported_words
from workflow_scripts.runtime.seeds import seed_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS = ("macro_auc", "accuracy")


def premiums_of_levels(results: Results, runs: dict[str, str], levels: dict[str, Aggregation], protocol: str) -> Drawn:
    """How much higher runs seem to be under the protocol as published than under a leak-free one, level by level.

    `runs`: name → what it is called; `levels`: the same of ways to judge: both protocols are judged in that way, so
    that what aggregation gains is no part of the difference. NotDrawnError where a run is missing or nothing is tested.
    """
    published, leak_free = chosen_protocol(results), chosen_protocol(results, protocol)
    if {published.reported, leak_free.reported} != {"test"}:
        raise NotDrawnError("needs two protocols with a test subset")
    chosen_runs(leak_free, tuple(chosen_runs(published, tuple(runs))))
    metric, draws = results.headline, results.settings.evaluate.bootstrap
    rows: dict[str, list[Dot]] = {}
    for level, aggregation in levels.items():
        for name, label in runs.items():
            purpose = (results.settings.study, protocol, name, level, "premium of a level")
            first, second = (judged_as(results, side, name, aggregation) for side in (published, leak_free))
            premium = leak_premium(first, second, metric, draws, np.random.default_rng(seed_for(*purpose)))
            rows.setdefault(level, []).append(Dot.of("", level, label, premium))
    figure, axis = new_figure(9.2, 1.5 + 0.34 * len(runs) * len(levels))
    _draw(axis, rows)
    axis.axvline(0, color="0.6", linewidth=0.8, linestyle=(0, (1, 2)))
    name = formatting.metric_name(metric)
    axis.set(xlabel=f"{name}: {published.name} − {protocol}, 95 % interval")
    figure.legend(loc="outside right upper", fontsize=8)
    return Drawn(figure, dots_data(chain.from_iterable(rows.values())))


def ways_to_judge(results: Results, runs: dict[str, str], ways: dict[str, Aggregation], protocol: str) -> Drawn:
    """AUC and accuracy of runs under a protocol when its units are judged in several ways.

    `runs` and `ways` as above. NotDrawnError where a run is missing.
    """
    chosen = chosen_protocol(results, protocol)
    judging = chosen_runs(chosen, tuple(runs))
    measuring = Measuring(results.classes, results.settings.evaluate.calibration_bins)
    rows: dict[str, dict[str, list[Dot]]] = {metric: {} for metric in METRICS}
    for way, aggregation in ways.items():
        for name, label in runs.items():
            grid = judged_as(results, chosen, name, aggregation).subset(judging[name].reported)
            purpose = (results.settings.study, protocol, name, way, "way to judge")
            rng = np.random.default_rng(seed_for(*purpose))
            estimates = estimate(grid, Resampler(grid.values(), results.settings.evaluate.bootstrap, rng), measuring)
            for metric in METRICS:
                dot = Dot.of(metric, way, label, estimates[ALL].overall[metric])
                rows[metric].setdefault(way, []).append(dot)
    figure, axes = new_figure(9.2, 1.6 + 0.26 * len(runs) * len(ways), columns=2, sharey=True)
    for axis, metric in zip(axes, METRICS, strict=True):
        _draw(axis, rows[metric])
        axis.set(xlabel=f"{formatting.metric_name(metric)}, 95 % interval", xlim=(None, 1.01))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    figure.suptitle(f"{chosen.name}, {reported_words(chosen)}", fontsize=10)
    return Drawn(figure, dots_data(dot for lines in rows.values() for dot in chain.from_iterable(lines.values())))


def _draw(axis: "Axes", rows: dict[str, list[Dot]]) -> None:
    """A group of lines a run, in it one a series; `rows`: series → rows, of the same runs in the same order."""
    labels = [row.item for row in next(iter(rows.values()))]
    for index, (series, lines) in enumerate(rows.items()):
        y = np.arange(len(labels)) + 0.7 / len(rows) * (index - (len(rows) - 1) / 2)
        axis.hlines(y, [row.low for row in lines], [row.high for row in lines], color=COLOURS[index], linewidth=1.6)
        axis.plot([row.value for row in lines], y, "o", color=COLOURS[index], markersize=5, label=series)
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.5, -0.5)
