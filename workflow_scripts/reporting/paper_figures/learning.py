"""Learning curves: accuracy of several runs compared, and the loss of one run with its best epoch."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from workflow_scripts.contracts.chart_tables import TRAINING_CURVES
from workflow_scripts.drawing.saving import ChartData, Drawn
from workflow_scripts.drawing.style import COLOURS, LINES, new_figure
from workflow_scripts.evaluation.chart_rows import training_rows
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.numbers import mean_history
from workflow_scripts.reporting.paper_figures.paper_figure import chosen_protocol, chosen_runs
from workflow_scripts.reporting.results import Results, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = {"train": "Training subset", "validation": "Validation subset"}


def accuracies(results: Results, runs: dict[str, str], protocol: str | None = None) -> Drawn:
    """Accuracy per epoch of several trained runs, on the training and on the validation subset.

    `runs`: name → what it is called in the legend. Thick: mean over folds and seeds; thin: each training, where there
    are several. Raises NotDrawnError unless all of them were trained under the protocol (None: the one as published).
    """
    chosen = chosen_protocol(results, protocol)
    trained = chosen_runs(chosen, tuple(runs), trained=True)
    figure, axes = new_figure(9.2, 3.7, columns=2, sharey=True)
    for axis, (part, title) in zip(axes, PARTS.items(), strict=True):
        for index, (name, label) in enumerate(runs.items()):
            style = {"color": COLOURS[index % 6], "linestyle": LINES[index // 6 % len(LINES)]}
            _curves(axis, trained[name], f"{part}_accuracy", label, style)
        axis.set(title=title, xlabel="Epoch", ylim=(0, 1.02))
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylabel("Accuracy")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    figure.suptitle(f"under {chosen.name}{_several(next(iter(trained.values())))}", fontsize=10)
    return Drawn(figure, _data(trained))


def losses(results: Results, run: str, protocol: str | None = None, named_epoch: int | None = None) -> Drawn:
    """Training and validation loss per epoch of one run, with the epoch of the smallest validation loss.

    Means over folds and seeds thick, each training thin; the smallest loss is that of the mean. `named_epoch`: the
    epoch that the paper names, marked as well. Raises NotDrawnError unless the run was trained under the protocol.
    """
    chosen = chosen_protocol(results, protocol)
    trained = chosen_runs(chosen, (run,), trained=True)[run]
    figure, axis = new_figure(6.4, 3.9)
    for index, (part, title) in enumerate(PARTS.items()):
        style = {"color": COLOURS[index], "linestyle": LINES[index]}
        _curves(axis, trained, f"{part}_loss", title.lower(), style)
    mean = mean_history(trained.histories).set_index("epoch")
    if (defined := mean["validation_loss"].dropna()).size:
        best = int(defined.idxmin())
        label = f"smallest validation loss: epoch {best}"
        axis.plot(best, defined[best], "D", color="black", markerfacecolor="none", markersize=8, label=label)
    if named_epoch is not None:
        axis.axvline(named_epoch, color="0.4", linewidth=1, linestyle=(0, (1, 2)), label=f"paper: epoch {named_epoch}")
    axis.set(xlabel="Epoch", ylabel="Loss", title=f"{run}, under {chosen.name}{_several(trained)}")
    axis.set_ylim(bottom=0)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(loc="best", fontsize=8)
    return Drawn(figure, _data({run: trained}))


def _curves(axis: "Axes", run: Run, column: str, label: str, style: dict[str, Any]) -> None:
    """The mean of a run's trainings and, where there are several, each of them."""
    together = pd.concat([table.set_index("epoch")[column] for table in run.histories], axis=1)
    if len(run.histories) > 1:
        axis.plot(together.index, together, linewidth=0.6, alpha=0.5, **style)
    marker = "o" if len(together) < 3 else None
    axis.plot(together.index, together.mean(axis=1), linewidth=1.8, marker=marker, label=label, **style)


def _data(runs: dict[str, Run]) -> ChartData:
    """Every training of the runs, and their mean."""
    parts = [training_rows(name, dict(zip(run.jobs, run.histories, strict=True))) for name, run in runs.items()]
    return ChartData(TRAINING_CURVES, pd.concat(parts))


def _several(run: Run) -> str:
    count = len(run.histories)
    return f"; thick: mean of {formatting.plural(count, 'training')}" if count > 1 else ""
