"""The index over papers and studies as one page."""

from itertools import groupby

from workflow_scripts.contracts.subsets import SMOTE_MARK
from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages.page import render
from workflow_scripts.reporting.pages.scoreboard import PaperScore
from workflow_scripts.reporting.pages.study_row import StudyRow
from workflow_scripts.reporting.pages.verdicts import COLOURS, seed_words


def index_page(rows: list[StudyRow], scores: list[PaperScore]) -> str:
    """The index as one HTML document: the papers' scoreboard, then studies by paper, those without a paper last."""
    rows = sorted(rows, key=lambda row: (row.paper == "", row.paper, row.name))
    papers = [(paper, list(part)) for paper, part in groupby(rows, key=lambda row: row.paper)]
    return render(
        "index.html.j2",
        {
            "papers": papers,
            "scores": scores,
            "titles": {score.paper: score.title for score in scores},
            "seed_words": seed_words,
            "colours": COLOURS,
            "any_synthetic": any(row.synthetic for row in rows),
            "any_selected": any(row.selected_on for row in rows),
            "smote_mark": SMOTE_MARK,
            "disclaimer": captions.DISCLAIMER,
        },
    )
