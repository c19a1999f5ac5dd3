"""The report says which slides were taken, why the others were not, and shows what of them is tissue."""

import base64
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.slide_overviews import PEN, TISSUE, Overview, write_overviews
from workflow_scripts.contracts.slide_table import REASONS, SLIDES, UNLISTED
from workflow_scripts.reporting.pages.slides_section import EDGES, SHOWN_SIDE, SLIDE_REASONS, outlined, slides_section
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.study_paths import StudyPaths


@pytest.fixture(scope="module")
def results(small):
    return read_results(small.study.folder, small.study.received, None)


def overview(height: int = 600, width: int = 1024) -> Overview:
    mask = np.zeros((height, width), np.uint8)
    mask[100:400, 200:600], mask[450:500, 100:900] = TISSUE, PEN
    return Overview(np.full((height, width, 3), 240, np.uint8), mask)


def with_slides(results, folder, *rows):
    """The results, in a folder of their own, with slides of these reasons, tiles and shares of pen."""
    line = {name: 0 if kind != "str" else "" for name, kind in SLIDES.columns.items()}
    lines = []
    with write_overviews(StudyPaths(folder).slide_overviews) as writer:
        for number, (reason, tiles, pen) in enumerate(rows):
            name = f"W{number}"
            counts = {"slide": name, "reason": reason, "tiles": tiles, "pen_share": pen, "grid": 2 * tiles}
            lines.append(line | counts | {"background": tiles, "detail": f"d{number}", "tissue_share": 0.25})
            if reason != UNLISTED:
                writer.add(name, overview())
    return replace(results, folder=folder, slides=pd.DataFrame(lines))


def test_every_reason_has_words():
    assert set(REASONS) <= set(SLIDE_REASONS)


def test_slides_are_counted_by_reason_and_squares_by_what_became_of_them(results, tmp_path):
    rows = [("blank", 0, 0.0), (TAKEN, 40, 0.1), (UNLISTED, 0, 0.0), (TAKEN, 60, 0.0), ("blank", 0, 0.0)]
    section = slides_section(with_slides(results, tmp_path, *rows))
    assert section["slide_rows"] == [
        {"reason": "taken", "count": 2, "tiles": 100, "example": ""},
        {"reason": "no row of the table names it", "count": 1, "tiles": 0, "example": "d2"},
        {"reason": "no tissue", "count": 2, "tiles": 0, "example": "d0"},
    ]
    assert (section["slides_total"], section["slides_with_pen"]) == (5, 1)
    assert section["squares"] == {"grid": 200, "background": 100, "pen": 0, "padding": 0, "over_cap": 0, "tiles": 100}
    assert [(item["slide"], item["words"]) for item in section["slide_pictures"]] == [
        ("W1", "40 tiles, 25 % tissue"),
        ("W3", "60 tiles, 25 % tissue"),
    ]


def test_pictures_are_small_and_show_the_edges(results, tmp_path):
    picture = outlined(overview())
    assert max(picture.shape) <= SHOWN_SIDE
    assert {tuple(colour) for colour in picture.reshape(-1, 3)} == {(240, 240, 240), EDGES[TISSUE], EDGES[PEN]}
    section = slides_section(with_slides(results, tmp_path, (TAKEN, 40, 0.0)))
    encoded = section["slide_pictures"][0]["uri"].partition("base64,")[2]
    assert Image.open(io.BytesIO(base64.b64decode(encoded))).size == picture.shape[1::-1]


def test_a_study_of_pictures_has_no_slides(results):
    assert slides_section(results) == {"slide_rows": []}
