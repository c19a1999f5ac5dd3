"""What a report says of a table of visits: the flow of patients, the columns, and the leak audit."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workflow_scripts.contracts.patient_flow import COMPETING, EVENT, EVENT_FREE, KEPT, LEFT_OUT, LOST, OUTCOME
from workflow_scripts.contracts.step_settings.visit_settings import Landmark, VisitTable
from workflow_scripts.contracts.visit_audit import (
    AFTER_OUTCOME,
    LOOKS_IMPUTED,
    LOOKS_MISSING,
    TELLS_THE_OUTCOME,
    WINDOW_DEPENDS_ON_OUTCOME,
)
from workflow_scripts.contracts.visit_columns import LEVEL, ON_REQUEST
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.results import Results, VisitTables

FINDING_NAMES = {
    TELLS_THE_OUTCOME: "one column nearly tells the outcome",
    WINDOW_DEPENDS_ON_OUTCOME: "the window differs between those with the event and those free of it",
    LOOKS_IMPUTED: "numbers that nobody measured",
    LOOKS_MISSING: "numbers that may mean that nothing is known, read as measured",
    AFTER_OUTCOME: "visits after the event",
}
# Of these the audit gives areas under the curve, of the others numbers of cells or visits.
_AREAS = (TELLS_THE_OUTCOME, WINDOW_DEPENDS_ON_OUTCOME)
OUTCOME_NAMES = {EVENT: "event", EVENT_FREE: "free of the event", LOST: "lost before the horizon"}
KIND_NAMES = {"time": "time", "number": "number", "flag": "flag", LEVEL: "category"}
# Of the drawing, in its own units: a box, the gap below it, and the two columns of boxes.
BOX_WIDTH, BOX_HEIGHT, GAP = 250, 44, 18
LEFT, RIGHT = 8, 330
# Outcomes stand so far to the right of the boxes above them, and a line of its own joins them.
INDENT, RAIL = 24, 18
WIDTH = RIGHT + BOX_WIDTH + 8


@dataclass(frozen=True)
class FlowBox:
    """A box of the flow of patients with its top left corner; `kind` is one of contracts.patient_flow.KINDS."""

    kind: str
    words: str
    patients: int
    left: int
    top: int


@dataclass(frozen=True)
class PatientFlowDrawing:
    """The boxes, and how wide and high the drawing is."""

    boxes: tuple[FlowBox, ...]
    width: int
    height: int

    @property
    def trunk(self) -> tuple[int, int]:
        """Where the line between the kept boxes begins and ends, from top to bottom."""
        kept = [box.top for box in self.boxes if box.kind == KEPT]
        return kept[0] + BOX_HEIGHT, kept[-1]

    @property
    def branches(self) -> list[int]:
        """How high each box at the right is joined to the trunk."""
        return [box.top + BOX_HEIGHT // 2 for box in self.boxes if box.kind == LEFT_OUT]

    @property
    def outcomes(self) -> list[int]:
        """How high each outcome is joined to the box above it."""
        return [box.top + BOX_HEIGHT // 2 for box in self.boxes if box.kind == OUTCOME]


def visits_section(results: Results) -> dict[str, Any]:
    """The drawn flow, words on landmark and horizon, a row a column of the user's, and what the audit found."""
    if results.visits is None:
        return {"patient_flow": None}
    ingest = results.dataset.settings.ingest
    table = ingest.visits if ingest else None
    return {
        "patient_flow": drawn_flow(results.visits.flow),
        "flow_places": {
            "middle": LEFT + BOX_WIDTH // 2,
            "right": RIGHT,
            "rail": RAIL,
            "indent": LEFT + INDENT,
            "box_width": BOX_WIDTH,
            "box_height": BOX_HEIGHT,
        },
        "timed": table is not None and table.horizon is not None,
        "question": _question(table) if table else "",
        "history_rows": _column_rows(results.visits, int(results.manifest["visits"].sum())),
        "audit_rows": [
            {
                "column": row.column,
                "finding": FINDING_NAMES[row.finding],
                "value": f"AUC {row.value:.3f}" if row.finding in _AREAS else formatting.grouped(int(row.value)),
                "limit": f"{row.limit:.3f}" if row.finding in _AREAS else "none",
                "detail": row.detail,
            }
            for row in results.visits.audit.itertuples()
        ],
    }


def drawn_flow(flow: pd.DataFrame) -> PatientFlowDrawing:
    """Kept patients from top to bottom at the left, those left out between them at the right, outcomes below."""
    boxes, top = [], GAP // 2
    for row in flow.sort_values("order").itertuples():
        left = RIGHT if row.kept == LEFT_OUT else LEFT + INDENT * (row.kept == OUTCOME)
        boxes.append(FlowBox(row.kept, _words(row.what), int(row.patients), left, top))
        top += BOX_HEIGHT + GAP
    return PatientFlowDrawing(tuple(boxes), WIDTH, top)


def _words(what: str) -> str:
    name, _, competing = what.partition(": ")
    return f"competing event: {competing}" if name == COMPETING else OUTCOME_NAMES.get(what, what)


def _question(table: VisitTable) -> str:
    """When is predicted, and what, in a sentence."""
    event = f"the event within {table.horizon:g} years" if table.horizon else "the state of the patient"
    if table.time is None:
        return f"Each patient has one visit; predicted is {event}."
    history = f"the visits of the {table.window:g} years before it" if table.window else "all visits before it"
    return f"The landmark is {_landmark(table.landmark)}; {history} are known, and predicted is {event}."


def _landmark(rule: Landmark) -> str:
    if rule.kind == "date":
        return f"the beginning of {rule.date}"
    if rule.kind == "age":
        return f"the age of {rule.years:g} years"
    if rule.kind == "time":
        return f"{rule.years:g} years after the beginning of the time that the table counts"
    return f"a moment of each patient's own ({rule.column})" if rule.kind == "column" else "the last visit"


def _column_rows(visits: VisitTables, total: int) -> list[dict[str, Any]]:
    """A row a column of the user's table, in the order of the table."""
    rows = []
    for source, columns in visits.columns.groupby("source", sort=False):
        first = columns.iloc[0]
        levels = f" of {len(columns)} levels" if first["kind"] == LEVEL else ""
        rows.append(
            {
                "name": source or first["column"],
                "kind": KIND_NAMES[first["kind"]] + levels,
                "unit": first["unit"],
                "missing": formatting.share(first["missing"], total),
                "values": int(first["values"]) if first["kind"] != LEVEL else "",
                "on_request": first["use"] == ON_REQUEST,
            }
        )
    return rows
