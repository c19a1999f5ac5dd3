"""How far networks and experts agree with each other."""

from itertools import combinations

import numpy as np

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.evaluation.agreement import agreement
from workflow_scripts.reporting.paper_figures.dots import Dot, dots_data
from workflow_scripts.reporting.paper_figures.paper_figure import chosen_protocol, chosen_runs
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import reported_words
from workflow_scripts.runtime.seeds import seed_for


def kappas(results: Results, runs: dict[str, str], protocol: str | None = None) -> Drawn:
    """Cohen's kappa of every two runs on the units that are reported, with 95 % intervals.

    `runs`: name → what it is called. Raises NotDrawnError when one of them is missing.
    """
    chosen = chosen_protocol(results, protocol)
    judged = {name: run.units.subset(run.reported) for name, run in chosen_runs(chosen, tuple(runs)).items()}
    pairs = list(combinations(runs, 2))
    draws = results.settings.evaluate.bootstrap
    dots = []
    figure, axis = new_figure(6.4, 1.3 + 0.42 * len(pairs))
    for row, (first, second) in enumerate(pairs):
        rng = np.random.default_rng(seed_for(results.settings.study, chosen.name, first, second, "agreement"))
        kappa = agreement(judged[first], judged[second], draws, rng)
        called = f"{runs[first]} – {runs[second]}"
        dots.append(Dot("", "", called, kappa.value, kappa.low, kappa.high, kappa.n))
        axis.hlines(row, kappa.low, kappa.high, color=COLOURS[0], linewidth=1.6)
        axis.plot(kappa.value, row, "o", color=COLOURS[0], markersize=6)
        axis.annotate(
            f"{kappa.value:.2f}", (kappa.value, row), (0, 7), textcoords="offset points", ha="center", fontsize=8
        )
    axis.axvline(0, color="0.6", linewidth=0.8, linestyle=(0, (1, 2)))
    axis.set_yticks(range(len(pairs)), [dot.item for dot in dots])
    axis.set(
        xlabel="Cohen's kappa, 95 % interval: 0 is chance, 1 the same answer always",
        xlim=(min(-0.05, axis.get_xlim()[0]), 1.02),
        ylim=(len(pairs) - 0.4, -0.6),
        title=f"{chosen.name}, {reported_words(chosen)}, n = {judged[pairs[0][0]].n}",
    )
    return Drawn(figure, dots_data(dots))
