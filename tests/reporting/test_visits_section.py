"""The report shows the flow of patients, the columns of the visits, and what the leak audit found."""

import itertools
import re
from dataclasses import replace

import pandas as pd
import pytest

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.patient_flow import KEPT, LEFT_OUT, OUTCOME, PATIENT_FLOW
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.contracts.visit_audit import FINDINGS, VISIT_AUDIT
from workflow_scripts.contracts.visit_columns import VISIT_COLUMNS
from workflow_scripts.reporting.pages.study_page import study_page
from workflow_scripts.reporting.pages.visits_section import BOX_HEIGHT, FINDING_NAMES, drawn_flow, visits_section
from workflow_scripts.reporting.results import VisitTables
from workflow_scripts.reporting.results_reading import read_results

FLOW = [
    (KEPT, "in the tables", 1200),
    (LEFT_OUT, "event before the landmark", 150),
    (LEFT_OUT, "follow-up ended before the landmark", 50),
    (KEPT, "at the landmark", 1000),
    (OUTCOME, "event", 80),
    (OUTCOME, "event_free", 800),
    (OUTCOME, "lost", 100),
    (OUTCOME, "competing: death", 20),
]
COLUMNS = [
    ("years", "", "time", "feature", "years", 0, 500),
    ("age", "age", "number", "feature", "years", 0, 60),
    ("hpv=none", "hpv", "level", "feature", "", 500, 2),
    ("hpv=16", "hpv", "level", "feature", "", 500, 2),
    ("biopsy", "biopsy", "flag", "on_request", "", 990, 2),
]
AUDIT = [
    ("biopsy", "tells_the_outcome", 0.9731, 0.95, "its last value"),
    ("weight", "looks_imputed", 18.0, 0.0, "61.234 stands there 18 times"),
]
TABLE = {
    "file": "v.csv",
    "patient": "id",
    "time": {"column": "t"},
    "columns": {"age": {"kind": "number"}},
    "outcome": {"event": "cin", "end": "end"},
    "landmark": {"kind": "date", "date": "2014-01-01"},
    "horizon": 3.0,
}


@pytest.fixture(scope="module")
def results(small):
    return read_results(small.study.folder, small.study.received, small.study.paper)


def flow():
    rows = [(order, *row) for order, row in enumerate(FLOW, start=1)]
    return pd.DataFrame(rows, columns=list(PATIENT_FLOW.columns))


def with_visits(results, audit=AUDIT, **changes):
    """The results with a table of visits, two a sample."""
    tables = VisitTables(
        flow(),
        pd.DataFrame(COLUMNS, columns=list(VISIT_COLUMNS.columns)),
        pd.DataFrame(audit, columns=list(VISIT_AUDIT.columns)),
    )
    ingest = parse(Ingest, {"visits": {**TABLE, **changes}})
    source = replace(results.dataset, settings=replace(results.dataset.settings, ingest=ingest))
    return replace(results, visits=tables, dataset=source, manifest=results.manifest.assign(visits=2))


def test_every_finding_has_words():
    assert list(FINDING_NAMES) == list(FINDINGS)


def test_boxes_of_the_flow_do_not_overlap_and_lines_join_them():
    drawing = drawn_flow(flow())
    assert [(box.patients, box.words) for box in drawing.boxes][-3:] == [
        (800, "free of the event"),
        (100, "lost before the horizon"),
        (20, "competing event: death"),
    ]
    tops = [box.top for box in drawing.boxes]
    assert all(below - above > BOX_HEIGHT for above, below in itertools.pairwise(tops))
    assert drawing.height > tops[-1] + BOX_HEIGHT and drawing.trunk == (tops[0] + BOX_HEIGHT, tops[3])
    assert len(drawing.branches) == 2 and len(drawing.outcomes) == 4
    assert all(drawing.trunk[0] < height < drawing.trunk[1] for height in drawing.branches)
    left_out = {box.left for box in drawing.boxes if box.kind == LEFT_OUT}
    assert left_out.isdisjoint({box.left for box in drawing.boxes if box.kind != LEFT_OUT})


def test_a_column_of_the_table_is_a_row_with_what_is_missing_of_it(results):
    rows = visits_section(with_visits(results))["history_rows"]
    assert [(row["name"], row["kind"], row["on_request"]) for row in rows] == [
        ("years", "time", False),
        ("age", "number", False),
        ("hpv", "category of 2 levels", False),
        ("biopsy", "flag", True),
    ]
    visits = 2 * len(results.manifest)
    assert rows[2]["missing"] == f"{100 * 500 / visits:.0f} %"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The landmark is the beginning of 2014-01-01; all visits before it are known, and predicted is the event"),
        ({"window": 2.0}, "the visits of the 2 years before it are known"),
        ({"landmark": {"kind": "column", "column": "index"}}, "a moment of each patient's own (index)"),
        (
            {"time": None, "horizon": None, "landmark": {"kind": "last_visit"}},
            "Each patient has one visit; predicted is the state of the patient.",
        ),
    ],
)
def test_the_question_is_a_sentence(results, changes, words):
    if changes.get("time", "") is None:
        changes = changes | {"outcome": {"event": "cin", "values": ["1"]}, "patient": None}
    assert words in visits_section(with_visits(results, **changes))["question"]


def test_the_page_shows_flow_columns_and_findings_and_says_where_there_is_none(results):
    page = study_page(with_visits(results), {})
    (drawing,) = re.findall(r'aria-label="Flow of patients">(.*?)</svg>', page, re.DOTALL)
    assert drawing.count("<rect") == len(FLOW) and "1\u202f200" in drawing and "competing event: death" in drawing
    assert "one column nearly tells the outcome" in page and "AUC 0.973" in page and ">18<" in page
    assert "Patients with equal numbers" in page
    assert "Refused patients" in page and "Refused files" not in page
    assert "Nothing was found: no column nearly tells" in study_page(with_visits(results, audit=[]), {})


def test_a_study_of_pictures_has_no_flow(results):
    assert visits_section(results) == {"patient_flow": None}
    assert "Flow of patients" not in study_page(results, {})
