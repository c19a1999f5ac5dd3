"""What a report says of the slides that its tiles were taken of."""

from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.slide_overviews import PADDING, PEN, TISSUE, Overview, read_overviews
from workflow_scripts.contracts.slide_table import REASONS, UNLISTED
from workflow_scripts.reporting.formatting import REASON_NAMES
from workflow_scripts.reporting.pages.page_figure import pixels_uri
from workflow_scripts.reporting.results import Results
from workflow_scripts.runtime.study_paths import StudyPaths

SLIDE_REASONS = {TAKEN: "taken", UNLISTED: "no row of the table names it", **REASON_NAMES}
# Pictures on the page, and their longest side in pixels. All of them: examples/slides.
MOST_SHOWN, SHOWN_SIDE = 24, 200
# Edges of what was seen, RGB: tissue is stained pink and violet.
EDGES = {TISSUE: (0, 0, 0), PEN: (230, 120, 0), PADDING: (0, 114, 178)}
DROPPED = ("background", "pen", "padding", "over_cap")


def slides_section(results: Results) -> dict[str, Any]:
    """Slides by reason, what became of the squares of their grids, and small pictures of them."""
    slides = results.slides
    if slides.empty:
        return {"slide_rows": []}
    taken = slides[slides["reason"] == TAKEN]
    return {
        "slide_rows": [_row(reason, rows) for reason in REASONS if len(rows := slides[slides["reason"] == reason])],
        "slides_total": len(slides),
        "slides_with_pen": int((taken["pen_share"] > 0).sum()),
        "slides_with_profile": int((taken["colour_profile"] > 0).sum()),
        "squares": {name: int(slides[name].sum()) for name in ("grid", *DROPPED, "tiles")},
        "slide_pictures": _pictures(results, taken),
    }


def _row(reason: str, rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "reason": SLIDE_REASONS[reason],
        "count": len(rows),
        "tiles": int(rows["tiles"].sum()),
        "example": rows["detail"].iloc[0] if reason != TAKEN else "",
    }


def _pictures(results: Results, taken: pd.DataFrame) -> list[dict[str, str]]:
    """Slide, picture and words of the first slides that were taken."""
    shown = taken.set_index("slide").iloc[:MOST_SHOWN]
    pictures = []
    for slide, overview in read_overviews(StudyPaths(results.folder).slide_overviews):
        if slide in shown.index:
            row = shown.loc[slide]
            words = f"{row['tiles']} tiles, {100 * row['tissue_share']:.0f} % tissue"
            pictures.append({"slide": slide, "uri": pixels_uri(outlined(overview)), "words": words})
    return pictures


def outlined(overview: Overview) -> np.ndarray:
    """uint8 H×W×3, no side longer than SHOWN_SIDE: a slide with the edges of what was seen, in the colours of EDGES."""
    step = -(-max(overview.mask.shape) // SHOWN_SIDE)
    picture, mask = overview.picture[::step, ::step].copy(), overview.mask[::step, ::step]
    for code, colour in EDGES.items():
        inside = np.pad(mask == code, 1)
        whole = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
        picture[inside[1:-1, 1:-1] & ~whole] = colour
    return picture
