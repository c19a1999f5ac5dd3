"""The tables of a cohort for the folder of the dataset: visits, their columns, the flow of patients, the audit."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from workflow_scripts.contracts.patient_flow import PATIENT_FLOW
from workflow_scripts.contracts.step_settings.visit_settings import PATIENT, VISIT, YEARS
from workflow_scripts.contracts.visit_audit import VISIT_AUDIT
from workflow_scripts.contracts.visit_columns import FEATURE, ON_REQUEST, TIME, VISIT_COLUMNS, VISITS
from workflow_scripts.data.adapters.interface import MadeTable
from workflow_scripts.data.visits.patient_histories import Cohort
from workflow_scripts.data.visits.visit_leaks import Finding
from workflow_scripts.runtime.study_paths import AUDIT_FILE, COLUMNS_FILE, FLOW_FILE, VISITS_FILE


def cohort_tables(cohort: Cohort, findings: Sequence[Finding], files: tuple[str, ...]) -> list[MadeTable]:
    """visits.csv, columns.csv, flow.csv and audit.csv; `files`: what they were made of, relative to the source."""
    visits = _visits(cohort)
    flow = [{"order": order, **asdict(line)} for order, line in enumerate(cohort.flow, start=1)]
    audit = pd.DataFrame([asdict(finding) for finding in findings], columns=list(VISIT_AUDIT.columns))
    return [
        MadeTable(VISITS, VISITS_FILE, visits, files),
        MadeTable(VISIT_COLUMNS, COLUMNS_FILE, _columns(cohort, visits), files),
        MadeTable(PATIENT_FLOW, FLOW_FILE, pd.DataFrame(flow), files),
        MadeTable(VISIT_AUDIT, AUDIT_FILE, audit, files),
    ]


def _visits(cohort: Cohort) -> pd.DataFrame:
    """A row a visit that is known at the landmark, by patient and time."""
    counts = [len(patient.lines) for patient in cohort.patients]
    lines = [line for patient in cohort.patients for line in patient.lines]
    keys = {
        PATIENT: np.repeat([patient.id for patient in cohort.patients], counts),
        VISIT: np.concatenate([np.arange(1, count + 1) for count in counts]),
        YEARS: np.array([years for patient in cohort.patients for years in patient.years]),
    }
    numbers = pd.DataFrame(cohort.values.values[lines], columns=[column.name for column in cohort.values.columns])
    return pd.concat([pd.DataFrame(keys), numbers], axis=1)


def _columns(cohort: Cohort, visits: pd.DataFrame) -> pd.DataFrame:
    """A row a column behind id and visit."""
    rows = [(YEARS, "", TIME, FEATURE, "years")]
    for column in cohort.values.columns:
        use = ON_REQUEST if column.on_request else FEATURE
        rows.append((column.name, column.source, column.kind, use, cohort.values.rules[column.source].unit))
    frame = pd.DataFrame(rows, columns=["column", "source", "kind", "use", "unit"])
    cells = [visits[name] for name in frame["column"]]
    return frame.assign(missing=[int(c.isna().sum()) for c in cells], values=[int(c.nunique()) for c in cells])
