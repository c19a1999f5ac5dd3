"""The report says which series were taken, and why the others were not."""

from dataclasses import replace

import pandas as pd
import pytest

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.series_table import REASONS, SERIES
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.reporting.pages.series_section import SERIES_REASONS, series_section
from workflow_scripts.reporting.results_reading import read_results


@pytest.fixture(scope="module")
def results(small):
    return read_results(small.study.folder, small.study.received, None)


def with_series(results, lesions, *rows):
    """The results with series of these reasons, images and missing slices."""
    line = dict.fromkeys(SERIES.columns, "") | {"study": "E1", "slices": 4, "duplicates": 0}
    lines = [line | {"reason": reason, "images": n, "missing": gap, "detail": f"d{n}"} for reason, n, gap in rows]
    source = replace(results.dataset.settings, ingest=Ingest(lesions=lesions))
    return replace(results, series=pd.DataFrame(lines), dataset=replace(results.dataset, settings=source))


def test_every_reason_has_words():
    assert list(SERIES_REASONS) == list(REASONS)


def test_series_are_counted_by_reason_and_what_is_missing_is_told(results):
    rows = [("other_plane", 4, 0), (TAKEN, 13, 1), ("other_plane", 5, 3), (TAKEN, 12, 0)]
    section = series_section(with_series(results, "lesions.csv", *rows))
    assert section["series_rows"] == [
        {"reason": "taken", "count": 2, "images": 25, "example": ""},
        {"reason": "of another plane", "count": 2, "images": 9, "example": "d4"},
    ]
    # Of a series that was not taken nothing is missing.
    assert (section["slices_missing"], section["series_with_gaps"], section["series_studies"]) == (1, 1, 1)
    assert section["whole_slices"] is False


def test_a_study_without_marked_lesions_says_so(results):
    assert series_section(with_series(results, None, (TAKEN, 13, 0)))["whole_slices"] is True


def test_a_study_of_pictures_has_no_series(results):
    assert series_section(results) == {"series_rows": []}
