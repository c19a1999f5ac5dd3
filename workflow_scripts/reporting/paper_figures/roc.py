"""ROC curves of several runs in one panel."""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.chart_tables import RUN_ROC
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.drawing.saving import ChartData, Drawn
from workflow_scripts.drawing.style import COLOURS, LINES, new_figure
from workflow_scripts.evaluation.chart_rows import from_nought, mean_curve
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol, chosen_runs
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.reporting.run_order import reported_words


def curves(results: Results, runs: dict[str, str], protocol: str | None = None) -> Drawn:
    """One curve a run: sensitivity over 1 − specificity for the last of two classes, on the reported subset.

    Of more classes the mean of the curves of each class against all others, as the macro AUC is the mean of their
    areas. `runs`: name → what it is called in the legend, which also has the AUC with its 95 % interval. A curve is the
    mean of the curves of the folds and seeds, as the AUC is the mean of theirs. Raises NotDrawnError when a run is
    missing, or judged no unit of a class.
    """
    chosen = chosen_protocol(results, protocol)
    chosen_by_name = chosen_runs(chosen, tuple(runs))
    figure, axis = new_figure(5.6, 5.2)
    rows = []
    for index, (name, label) in enumerate(runs.items()):
        run = chosen_by_name[name]
        curve = _curve(run, len(results.classes))
        if curve is None:
            raise NotDrawnError(f"needs units of every class; {name} judged none of one")
        area = overall(run, "macro_auc")
        ends = formatting.interval("macro_auc", area.low, area.high)
        text = f"{label}: {formatting.number('macro_auc', area.value)}" + (f" ({ends})" if ends else "")
        style = {"color": COLOURS[index % 6], "linestyle": LINES[index // 6 % len(LINES)]}
        points = pd.DataFrame({"run": name, **from_nought(curve)})
        axis.plot(points["one_minus_specificity"], points["sensitivity"], linewidth=1.6, label=text, **style)
        rows.append(points)
    axis.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=(0, (1, 2)), label="chance: 0.5")
    n = f", n = {area.n}" if area.n else ""
    axis.set(
        xlabel="1 − specificity",
        ylabel=f"Sensitivity{_of_what(results.classes)}",
        title=f"{chosen.name}, {reported_words(chosen)}{n}",
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.01),
        aspect="equal",
    )
    # A curve near the diagonal runs through it.
    behind = {"frameon": True, "facecolor": "white", "edgecolor": "none", "framealpha": 0.85}
    axis.legend(loc="lower right", title="AUC (95 % interval)", alignment="left", fontsize=8, **behind)
    return Drawn(figure, ChartData(RUN_ROC, pd.concat(rows)))


def _curve(run: Run, classes: int) -> np.ndarray | None:
    """Sensitivity at each point of a curve's grid: of the last of two classes, or the mean over more.

    None where a class has none.
    """
    units = run.units.subset(run.reported)
    one_against_rest = [mean_curve(units, number) for number in ([1] if classes == 2 else range(classes))]
    drawn = [curve for curve in one_against_rest if curve is not None]
    return np.mean(drawn, axis=0) if len(drawn) == len(one_against_rest) else None


def _of_what(classes: list[str]) -> str:
    """Which class the sensitivity is for, or how classes are averaged."""
    if len(classes) == 2:
        return f" for {Labels(classes)[classes[-1]]}"
    return f", mean over {len(classes)} classes, each against the others"
