"""The page of one paper's result tables: what does not fit, what fits, what could not be checked, a letter."""

from workflow_scripts.claims.outcome import CONTRADICTION
from workflow_scripts.reporting.answer_text import TITLES, headline
from workflow_scripts.reporting.pages.page import render
from workflow_scripts.reporting.paper_answer import Answer
from workflow_scripts.reporting.printed_grid import grids


def page_of(answer: Answer) -> str:
    """The page, one HTML file that needs nothing else."""
    return render(
        "checked_paper.html.j2",
        {
            "answer": answer,
            "paper": answer.paper,
            "headline": headline(answer),
            "titles": TITLES,
            "contradiction": CONTRADICTION,
            "grids": grids(answer),
        },
    )
