"""Averages of a run on validation and test subset compared with the numbers that the paper prints."""

from typing import TYPE_CHECKING, Any

import numpy as np

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.numbers import printed_claim
from workflow_scripts.reporting.paper_figures.dots import Dot, dots_data
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.reproduced import Value, overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols, protocol_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS = ("macro_precision", "macro_sensitivity", "macro_f1", "accuracy")
SUBSETS = ("validation", "test")
# Of a table with a positive class.
CLASSES = 2
MARKERS = ("o", "s", "^", "v")


def performance(results: Results, runs: tuple[str, ...]) -> Drawn:
    """Precision, sensitivity, F1-score and accuracy of a run: one panel a subset, one mark a protocol.

    The run is the first of `runs` that the study has.
    """
    run = next((run for run in runs if run in results.settings.runs), None)
    if run is None:
        raise NotDrawnError(f"needs the run {runs[0]}")
    series = {
        protocol_words(protocol): {
            subset: [overall(protocol.runs[run], metric, subset) for metric in METRICS] for subset in SUBSETS
        }
        for protocol in ordered_protocols(results)
    }
    printed = {subset: [_printed(results, run, metric, subset) for metric in METRICS] for subset in SUBSETS}
    return _panels(series, printed, f"{run}: mean over seeds and folds")


def compared_runs(results: Results, runs: dict[str, str]) -> Drawn:
    """The same averages of several runs under the protocol shown first; `runs`: name → what the legend calls it."""
    protocol = ordered_protocols(results)[0]
    if missing := [run for run in runs if run not in protocol.runs]:
        raise NotDrawnError(f"needs the run {missing[0]}")
    series = {
        label: {subset: [overall(protocol.runs[run], metric, subset) for metric in METRICS] for subset in SUBSETS}
        for run, label in runs.items()
    }
    printed = {
        subset: [[_printed(results, run, metric, subset) for metric in METRICS] for run in runs] for subset in SUBSETS
    }
    return _panels(series, printed, f"under {protocol_words(protocol)}: mean over seeds and folds", per_series=True)


def positive_classes(results: Results, run: str) -> Drawn:
    """The same averages of a run under the protocol shown first, each class of two being the positive one in turn.

    Accuracy is that of both. Raises NotDrawnError for a run that is missing, or more than two classes.
    """
    protocol = ordered_protocols(results)[0]
    if run not in protocol.runs or len(results.classes) != CLASSES:
        raise NotDrawnError(f"needs the run {run}, and two classes")
    judged = protocol.runs[run]

    def values(subset: str, name: str) -> list[Value]:
        of_class = [overall(judged, metric.removeprefix("macro_"), subset, name) for metric in METRICS[:-1]]
        return [*of_class, overall(judged, METRICS[-1], subset)]

    averages = {subset: [overall(judged, metric, subset) for metric in METRICS] for subset in SUBSETS}
    series = {
        **{f"{name} is positive": {part: values(part, name) for part in SUBSETS} for name in results.classes},
        "average of both": averages,
    }
    printed = {subset: [_printed(results, run, metric, subset) for metric in METRICS] for subset in SUBSETS}
    title = f"{run} under {protocol_words(protocol)}: mean over seeds and folds"
    return _panels(series, printed, title, names=tuple(metric.removeprefix("macro_") for metric in METRICS))


def _printed(results: Results, run: str, metric: str, subset: str) -> float | None:
    """What the paper prints for a run of this study, as this project keeps it."""
    # Of a class that the paper does not name, it prints the metric of a class.
    named = (printed_claim(results, run, name, subset) for name in (metric, metric.removeprefix("macro_")))
    claim = next(filter(None, named), None)
    return claim.scaled if claim else None


def _panels(
    series: dict[str, dict[str, list[Value]]],
    printed: dict[str, Any],
    title: str,
    per_series: bool = False,
    names: tuple[str, ...] = METRICS,
) -> Drawn:
    """A panel a subset; `names`: of the metrics, for the axis. A number rests on all units or on those of a class."""
    figure, axes = new_figure(9.2, 3.7, columns=2, sharey=True)
    dots: list[Dot] = []
    called = [formatting.metric_name(name) for name in names]
    for axis, subset in zip(axes, SUBSETS, strict=True):
        for index, (label, values) in enumerate(series.items()):
            x = np.arange(len(METRICS)) + 0.6 / max(3, len(series)) * (index - (len(series) - 1) / 2)
            lines = [Dot.of(subset, label, name, value) for name, value in zip(called, values[subset], strict=True)]
            axis.vlines(x, [dot.low for dot in lines], [dot.high for dot in lines], color=COLOURS[index], linewidth=1.4)
            look = {"color": COLOURS[index], "markersize": 6, "label": label}
            axis.plot(x, [dot.value for dot in lines], MARKERS[index % 4], **look)
            dots += lines
            if per_series:
                of_paper = _of_paper(subset, f"paper, {label}", called, printed[subset][index])
                dots += _diamonds(axis, x, of_paper, COLOURS[index])
        if not per_series:
            of_paper = _of_paper(subset, "paper", called, printed[subset])
            dots += _diamonds(axis, np.arange(len(METRICS)) + 0.4, of_paper, "black")
        axis.set_xticks(range(len(METRICS)), [name.replace(" ", "\n", 1) for name in called])
        counts = {max((value.n or 0 for value in values[subset]), default=0) for values in series.values()} - {0}
        n = f", n = {' and '.join(str(count) for count in sorted(counts))}" if counts else ""
        axis.set(title=f"{subset} subset{n}", xlim=(-0.5, len(METRICS) - 0.4))
    drawn = [number for dot in dots for number in (dot.value, dot.low) if not np.isnan(number)]
    axes[0].set(ylabel="Share (95 % interval)", ylim=(max(0.0, np.floor(10 * min([*drawn, 0.9]) - 0.5) / 10), 1.01))
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    figure.suptitle(title, fontsize=10)
    return Drawn(figure, dots_data(dots))


def _of_paper(subset: str, series: str, names: list[str], values: list[float | None]) -> list[Dot]:
    """What the paper prints; NaN where it prints nothing."""
    of_names = zip(names, values, strict=True)
    return [Dot(subset, series, name, np.nan if value is None else value) for name, value in of_names]


def _diamonds(axis: "Axes", x: np.ndarray, dots: list[Dot], colour: str) -> list[Dot]:
    """Draw those dots that have a value; returns them."""
    printed = [(at, dot) for at, dot in zip(x, dots, strict=True) if not np.isnan(dot.value)]
    if printed:
        look: dict[str, Any] = {"mfc": "none", "mec": colour, "markersize": 7, "linestyle": "none"}
        positions, values = [at for at, _ in printed], [dot.value for _, dot in printed]
        axis.plot(positions, values, "D", label=dots[0].series, **look)
    return [dot for _, dot in printed]
