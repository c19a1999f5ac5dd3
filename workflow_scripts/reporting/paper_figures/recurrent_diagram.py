"""The diagram of a recurrent network: from the visits of a patient to the probabilities of the classes."""

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.reporting.formatting import plural
from workflow_scripts.reporting.paper_figures.diagrams import Box, chart, snake
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, arrays_of
from workflow_scripts.reporting.results import Results

# Boxes in a line: more of them are too small to read on a page.
LINE = 3


def recurrent(results: Results, run: str) -> Drawn:
    """The layers of a recurrent network, with as many visits, columns and numbers as the study has.

    Raises NotDrawnError where nothing of that name reads sequences, and UserError as open_arrays.
    """
    kind = results.kind(run) if run in results.settings.runs else None
    layers = kind.layers_over_steps(len(results.classes)) if kind else ()
    if not layers:
        raise NotDrawnError(f"needs the recurrent run {run}")
    arrays = arrays_of(results)
    visits, columns = int(arrays.index["count"].max()), arrays.description.row_shape[0]
    texts = [
        ("Visits", f"1 to {visits} of a patient", plural(columns, "column")),
        ("Prepared", "as fitted on training patients", f"{plural(arrays.width, 'number')} a visit"),
        *layers,
    ]
    boxes = {
        str(place): Box(*snake(place, LINE), lines, COLOURS[2] if lines is texts[-1] else COLOURS[5])
        for place, lines in enumerate(texts)
    }
    figure = chart(boxes, list(zip(boxes, list(boxes)[1:], strict=False)))
    figure.suptitle(run, fontsize=9)
    return Drawn(figure)
