"""A paper's comparison of its studies in words, with what this project did and obtained in one of them."""

import textwrap
from collections.abc import Callable, Mapping

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.metric_names import CLASS_METRICS
from workflow_scripts.contracts.paper_aspects import Aspects
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.reporting.formatting import interval, number
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, chosen_protocol
from workflow_scripts.reporting.reproduced import Value, obtained, overall
from workflow_scripts.reporting.results import Results

ASPECT_WIDTH, CELL_WIDTH = 16, 34
INCHES_A_LETTER, INCHES_A_LINE = 0.066, 0.155


def aspects(results: Results, own: Callable[[Results], Mapping[str, str]]) -> Drawn:
    """Each aspect as printed of every study, and last what was done here.

    own: aspect → what this project did, of those without a number; numbers are taken from the claims that stand in the
    same row of the same table, under the protocol as published. Raises NotDrawnError where the paper compares nothing.
    """
    block = _printed(results)
    here = {**own(results), **_obtained(results, block)}
    heads = ["", *(f"printed: {head}" for head in block.columns.values()), f"here: {results.settings.study}"]
    lines = [[aspect, *cells, here.get(aspect, "–")] for aspect, cells in block.rows.items()]
    widths = [ASPECT_WIDTH, *[CELL_WIDTH] * (len(heads) - 1)]
    wrapped = [[_filled(text, width) for text, width in zip(line, widths, strict=True)] for line in lines]
    heights = [1 + max(text.count("\n") + 1 for text in line) for line in wrapped]
    figure, axis = new_figure(INCHES_A_LETTER * sum(widths) + 0.4, INCHES_A_LINE * (sum(heights) + 3))
    axis.set(xlim=(0, sum(widths)), ylim=(sum(heights), -2.5))
    axis.axis("off")
    starts = [sum(widths[:column]) for column in range(len(widths))]
    for x, head in zip(starts, heads, strict=True):
        axis.text(x, -1.2, head, weight="bold", fontsize=8, va="center")
    top = 0
    for line, height in zip(wrapped, heights, strict=True):
        axis.axhline(top, color="0.75", linewidth=0.6)
        for column, (x, text) in enumerate(zip(starts, line, strict=True)):
            colour = COLOURS[0] if column == len(line) - 1 else "black"
            axis.text(x, top + 0.4, text, fontsize=7.5, va="top", color=colour, weight="bold" if not column else None)
        top += height
    return Drawn(figure)


def _filled(text: str, width: int) -> str:
    """The text broken to lines of at most that many letters; its own lines stay apart."""
    return "\n".join(textwrap.fill(line, width) for line in text.split("\n"))


def _printed(results: Results) -> Aspects:
    """The paper's comparison that has a column of this study."""
    blocks = results.published.aspects if results.published else ()
    for block in blocks:
        if results.settings.study in block.columns:
            return block
    raise NotDrawnError("needs a printed comparison in words of this study")


def _obtained(results: Results, block: Aspects) -> dict[str, str]:
    """Aspect → the number obtained under the protocol as published with its interval, where the row is a number.

    Of a class that the paper does not name, each reading.
    """
    protocol, study = chosen_protocol(results), results.settings.study
    cells = {}
    for claim in results.paper.claims:
        if claim.cell is None or claim.cell.table != block.place or claim.study != study:
            continue
        if claim.metric in CLASS_METRICS and claim.class_name is None and claim.run in protocol.runs:
            readings = {
                name: overall(protocol.runs[claim.run], claim.metric, claim.subset, name) for name in results.classes
            }
            cells[claim.cell.row] = "\n".join(f"{name}: {_shown(claim, value)}" for name, value in readings.items())
        else:
            cells[claim.cell.row] = _shown(claim, obtained(results, protocol, claim))
    return cells


def _shown(claim: Claim, value: Value) -> str:
    """A number with its interval."""
    ends = interval(claim.metric, value.low, value.high)
    return number(claim.metric, value.value) + (f" ({ends})" if ends else "")
