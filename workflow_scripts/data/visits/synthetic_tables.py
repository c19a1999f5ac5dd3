"""A synthetic register of visits → the two tables of it, as a hospital would hand them over."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workflow_scripts.data.dicom.pseudonyms import PUBLIC

VISITS_TABLE, OUTCOMES_TABLE, PATIENT = "visits.csv", "outcomes.csv", "patient"


@dataclass(frozen=True)
class SyntheticRegister:
    """Tables as text, with the column `patient`: a row a visit, a row a patient, and the truth, a row a patient.

    truth: label (event, no_event), defect (a reason of the quarantine, or empty) and what was drawn, as numbers.
    """

    visits: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


def write_synthetic(root: Path, register: SyntheticRegister) -> pd.DataFrame:
    """Write both tables; the rows of truth.csv, by id, see contracts.ground_truth_table.

    A patient's id is what ingest calls her.
    """
    for name, table in ((VISITS_TABLE, register.visits), (OUTCOMES_TABLE, register.outcomes)):
        table.to_csv(root / name, index=False, lineterminator="\n")
    ids = register.truth[PATIENT].map(PUBLIC.patient)
    named = {"id": ids, "path": VISITS_TABLE, "group": ids, "field": "", "copy_of": ""}
    return register.truth.drop(columns=PATIENT).assign(**named).sort_values("id", kind="stable")
