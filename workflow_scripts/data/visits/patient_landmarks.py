"""The moment at which each patient is predicted, and which visits were known then."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.step_settings.visit_settings import Landmark, VisitTable
from workflow_scripts.data.visits.patient_outcomes import PatientOutcome
from workflow_scripts.data.visits.visit_sheets import SETTING, Fault, VisitSheets, moment, no_moment
from workflow_scripts.runtime.errors import UserError


@dataclass(frozen=True)
class LandmarkRule:
    """A landmark with its time. A day begins before its visits and events; other moments come just after theirs."""

    at: float
    known_then: bool

    def before(self, time: float) -> bool:
        """Whether something of that time had happened at the landmark."""
        return time <= self.at if self.known_then else time < self.at


def landmark_of(sheets: VisitSheets, rule: Landmark, patient: str, lines: list[int]) -> LandmarkRule | Fault | None:
    """When a patient is predicted; None where the patient has no such moment. `lines`: of the patient's visits."""
    if rule.kind == "date":
        assert rule.date is not None
        return LandmarkRule(moment(rule.date, sheets.unit), known_then=False)
    if rule.kind == "last_visit":
        return LandmarkRule(float(np.nanmax(sheets.times[lines])), known_then=True)
    if rule.kind == "time":
        assert rule.years is not None
        return LandmarkRule(rule.years * sheets.per_year, known_then=True)
    assert rule.column is not None
    if rule.kind == "age":
        return _at_age(sheets, rule, lines)
    rows = sheets.outcomes
    for line in rows.lines_of.get(patient, []):
        if cell := rows.cell(rule.column, line):
            try:
                return LandmarkRule(moment(cell, sheets.unit), known_then=True)
            except (ValueError, OverflowError):
                return no_moment(rows.where(line, rule.column), sheets.unit)
    return None


def _at_age(sheets: VisitSheets, rule: Landmark, lines: list[int]) -> LandmarkRule | Fault | None:
    """The moment of an age, from the first visit that says one."""
    assert rule.column is not None and rule.years is not None
    for line in sorted(lines, key=lambda line: float(sheets.times[line])):
        if cell := sheets.visits.cell(rule.column, line):
            try:
                years = rule.years - float(cell)
            except ValueError:
                return Fault("not_a_number", f"{sheets.visits.where(line, rule.column)}: no age in years")
            return LandmarkRule(float(sheets.times[line]) + years * sheets.per_year, known_then=True)
    return None


def check_last_visit(sheets: VisitSheets, table: VisitTable, lines: list[int], outcome: PatientOutcome) -> None:
    """UserError where a table that ends at the landmark holds a visit after the event."""
    if table.landmark.kind != "last_visit" or outcome.event is None or table.time is None:
        return
    late = [line for line in lines if sheets.times[line] > outcome.event]
    if late:
        raise UserError(
            f"{SETTING}: {sheets.visits.where(late[0], table.time.column)}: a visit after the event, of a table that "
            "ends at the last visit (landmark.kind: last_visit); what it says is known afterwards: take such rows out, "
            "or name a landmark"
        )
