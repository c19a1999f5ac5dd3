"""A network's layers compared with those that the paper prints, row by row."""

from itertools import zip_longest
from typing import TYPE_CHECKING

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.reporting.paper_figures.network_diagrams import architecture_of
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results import Results

if TYPE_CHECKING:
    from workflow_scripts.models.layer_rows import LayerRow

HEADS = ("printed", "size", "built here", "size")
COLUMNS = (0.0, 0.17, 0.5, 0.72)


def layers(results: Results, run: str) -> Drawn:
    """Layers of the paper's table on the left, of the network that the settings build on the right.

    Rows stand side by side in their order. Sizes of a smaller network for smaller images differ throughout. Raises
    NotDrawnError where the paper prints no layers of this study, or nothing of that name is trained.
    """
    from workflow_scripts.models.layer_rows import layer_rows

    printed = list(results.published.layers) if results.published else []
    if not printed:
        raise NotDrawnError("needs a printed table of layers")
    architecture = architecture_of(results, run)
    built = layer_rows(architecture.network, architecture.shape)
    count = max(len(printed), len(built))
    figure, axis = new_figure(6.8, 0.9 + 0.28 * count)
    axis.set(xlim=(-0.02, 1.0), ylim=(count - 0.4, -1.6))
    axis.axis("off")
    for x, head in zip(COLUMNS, HEADS, strict=True):
        axis.text(x, -1, head, weight="bold", fontsize=9)
    axis.axhline(-0.55, color="0.4", linewidth=0.8)
    for line, (paper, own) in enumerate(zip_longest(printed, built)):
        same = paper is not None and own is not None and paper.size == own.size
        cells = [*((paper.name, _size(paper.size)) if paper else ("", "")), *(_cells(own) if own else ("", ""))]
        for x, text in zip(COLUMNS, cells, strict=True):
            axis.text(x, line, text, fontsize=9, color="black" if same else COLOURS[1])
    figure.suptitle(f"{run}: {results.kind(run).network_name}, images of {architecture.shape} pixels", fontsize=9)
    return Drawn(figure)


def _cells(row: "LayerRow") -> tuple[str, str]:
    name = f"{row.kind} x{row.count}" if row.count > 1 else row.kind
    return name, _size(row.size)


def _size(size: tuple[int, ...]) -> str:
    return " × ".join(f"{side:,}" for side in size)
