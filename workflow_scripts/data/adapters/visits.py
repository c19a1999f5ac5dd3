"""Patients followed over time: a table with a row a visit, and what became of each patient, in it or in a second table.

The settings say what the columns are, when a patient is predicted and what (`ingest.visits`). A patient is a sample, a
unit and a group; of the tables only what was known at the landmark goes on, as visits.csv in the folder of the dataset.
"""

from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.patient_flow import EVENT, LABELS
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import MadeTable, Refused, Sample
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.readers.table_reader import Patient
from workflow_scripts.data.visits import synthetic_tables
from workflow_scripts.data.visits.cohort_tables import cohort_tables
from workflow_scripts.data.visits.patient_histories import Cohort, PatientHistory, read_cohort
from workflow_scripts.data.visits.synthetic_tables import SyntheticRegister
from workflow_scripts.data.visits.visit_leaks import audit_visits
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.study_paths import VISITS_FILE

MODALITY = "table"
OPTIONS = {"patient": "id", "order": "visit"}
PRIVATE = True
IN_DATASET = True
KNOWS_GROUPS = True
NEEDS = "visits"
KEYS = ("visits",)
WHOLE_FIELDS = True


def samples(
    root: Path, ingest: Ingest, pseudonyms: Pseudonyms, linked: Container[str] | None = None
) -> Iterator[Sample | Refused | MadeTable]:
    """The tables of all patients, every patient at the landmark, and who was refused; see data.adapters.interface.

    linked: patients of another study, where only these are taken. UserError, too, where a table is not what the
    settings say, or a feature tells the outcome.
    """
    if ingest.visits is None:
        raise UserError(
            "ingest.visits is not set: it says what the columns of the table of visits are, and what is predicted when"
        )
    cohort = read_cohort(root, ingest.visits, pseudonyms, linked)
    files = tuple(filter(None, (ingest.visits.file, ingest.visits.outcomes)))
    yield from cohort_tables(cohort, audit_visits(cohort), files)
    for name, fault in cohort.faults:
        yield Refused(name, fault.reason, fault.detail)
    for patient in cohort.patients:
        yield Sample(
            VISITS_FILE,
            patient.id,
            LABELS[0] if patient.outcome == EVENT else LABELS[1],
            group=patient.id,
            unit=patient.id,
            part=Patient(patient.id),
            attributes=_attributes(cohort, patient),
            values={"outcome": patient.outcome, "followup": patient.followup}
            if patient.followup is not None
            else {"outcome": patient.outcome},
        )


def _attributes(cohort: Cohort, patient: PatientHistory) -> Mapping[str, str]:
    """Column → word of the last visit, of columns of words."""
    visits, last = cohort.sheets.visits, patient.lines[-1]
    return {name: visits.cell(name, last) for name, rule in cohort.values.rules.items() if rule.kind != "number"}


def write_synthetic(root: Path, register: SyntheticRegister) -> pd.DataFrame:
    """Write the tables of a synthetic register; the rows of truth.csv."""
    return synthetic_tables.write_synthetic(root, register)
