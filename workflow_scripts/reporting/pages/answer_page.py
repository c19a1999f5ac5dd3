"""The page of one paper's result tables: what does not fit, what fits, what could not be checked, a letter."""

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.reporting.answer_text import TITLES, headline
from workflow_scripts.reporting.pages.page import render
from workflow_scripts.reporting.paper_answer import Answer
from workflow_scripts.reporting.printed_grid import grids

# Below a number of issues: of several or none, of one.
_TILES = {
    CONTRADICTION: ("contradictions", "contradiction"),
    FITS_ONLY_IF: ("fit only under a reading that is not stated", "fits only under a reading that is not stated"),
    NOTE: ("notes", "note"),
}


def page_of(answer: Answer) -> str:
    """The page, one HTML file that needs nothing else."""
    return render(
        "checked_paper.html.j2",
        {
            "answer": answer,
            "paper": answer.paper,
            "headline": headline(answer),
            "titles": TITLES,
            "tiles": _TILES,
            "grids": grids(answer),
        },
    )
