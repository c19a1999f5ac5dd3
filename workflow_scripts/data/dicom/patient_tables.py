"""The user's two tables beside DICOM files: whose diagnosis is known, and where lesions lie.

Messages name rows, never patients.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.spreadsheet import Sheet, read_sheet
from workflow_scripts.data.dicom.choosing import Choice
from workflow_scripts.data.dicom.headers import Header
from workflow_scripts.data.dicom.series import PlacedImage
from workflow_scripts.data.groups import alike, further_cells, warn_of_alike
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError

_BOX = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Diagnosis:
    """What the table says of a patient; `attributes`: its further columns."""

    row: int
    label: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Lesion:
    """A row of the table of lesions; `frame` from 1, None where the row names none.

    `instance`: number or UID of a file; `box`: left, top, right, bottom in pixels.
    """

    row: int
    patient: str
    instance: str
    frame: int | None
    box: tuple[int, int, int, int]

    def lies_in(self, image: PlacedImage) -> bool:
        """Whether the row means this image; of a file of several frames it must say which."""
        header = image.header
        number = image.frame.index + 1 if len(header.frames) > 1 else self.frame
        return (
            self.patient == header.patient
            and self.frame == number
            and self.instance in (str(header.number), header.instance)
        )


def read_diagnoses(root: Path, name: str | None) -> dict[str, Diagnosis]:
    """Patient, as the headers call them, → what a table below `root` says. UserError where there is none."""
    if name is None:
        raise UserError(
            "ingest.patients is not set: DICOM files say no diagnosis; write a CSV file with the columns patient (as "
            "the headers' PatientID) and label, put it into the source and name it there"
        )
    sheet = read_sheet(root / name, "ingest.patients", ("patient", "label"))
    attributes = further_cells(sheet, ("patient", "label"))
    diagnoses: dict[str, Diagnosis] = {}
    lacking: dict[int, str] = {}
    for line, (row, cell) in enumerate(zip(sheet.rows, sheet.columns["patient"], strict=True)):
        patient, label = " ".join(cell.split()), sheet.columns["label"][line]
        if not patient or not label:
            lacking[row] = f"no {'label' if patient else 'patient'}; fill it in, or leave the row out"
        elif patient in diagnoses:
            raise UserError(
                f"ingest.patients: rows {diagnoses[patient].row} and {row} name one patient; keep one of them"
            )
        else:
            diagnoses[patient] = Diagnosis(row, label, attributes[line])
    sheet.refuse_rows("ingest.patients", lacking)
    return diagnoses


def check_diagnoses(diagnoses: Mapping[str, Diagnosis], headers: Iterable[Header], taken: Container[str]) -> None:
    """Log whose images are missing. UserError where no header names a patient of the table."""
    there = {header.patient for header in headers}
    rows = {patient: f"row {diagnosis.row}" for patient, diagnosis in diagnoses.items()}
    # What only headers call alike is of patients that no row names.
    named = [name for names in alike({*there, *rows}) if not rows.keys().isdisjoint(names) for name in names]
    warn_of_alike({name: rows.get(name, "a header") for name in named}, "ingest.patients")
    without = [diagnosis.row for patient, diagnosis in diagnoses.items() if patient not in there]
    if len(without) == len(diagnoses):
        raise UserError(
            "ingest.patients: no DICOM file below the source is of a patient of this table; the column patient must "
            "hold what the headers say as PatientID, with all zeros in front"
        )
    if without:
        log.warning("ingest.patients: %d patients have no image, the first in row %d", len(without), min(without))
    untaken = [item.row for patient, item in diagnoses.items() if patient in there and patient not in taken]
    if untaken:
        log.warning(
            "ingest.patients: of %d patients with images no series was taken, the first in row %d; series.csv says why",
            *(len(untaken), min(untaken)),
        )


def read_lesions(root: Path, name: str) -> list[Lesion]:
    """The rows of a table below `root`. UserError for a cell that is no whole number."""
    sheet = read_sheet(root / name, "ingest.lesions", ("patient", "instance", *_BOX), ("frame",))
    return [_lesion(sheet, line) for line in range(len(sheet.rows))]


def _lesion(sheet: Sheet, line: int) -> Lesion:
    row = sheet.rows[line]
    left, top, right, bottom = (_whole(sheet, column, line) for column in _BOX)
    if left >= right or top >= bottom:
        raise UserError(f"ingest.lesions: row {row}: the box is empty; right and bottom are the first pixels beyond it")
    instance = sheet.columns["instance"][line]
    frame = _whole(sheet, "frame", line) if sheet.columns.get("frame", [""] * (line + 1))[line] else None
    patient = " ".join(sheet.columns["patient"][line].split())
    number = instance.removesuffix(".0")
    return Lesion(row, patient, str(int(number)) if number.isdecimal() else instance, frame, (left, top, right, bottom))


def _whole(sheet: Sheet, column: str, line: int) -> int:
    try:
        number = float(sheet.columns[column][line])
        if not number.is_integer():
            raise ValueError
    except (ValueError, OverflowError):
        raise UserError(
            f"ingest.lesions: row {sheet.rows[line]}: {column} is no whole number; write pixels, counted from 0"
        ) from None
    return int(number)


def lesions_of_patients(lesions: Iterable[Lesion]) -> dict[str, list[Lesion]]:
    """Patient → rows: a study of thousands of slices must not look at every row for each of them."""
    by_patient: dict[str, list[Lesion]] = {}
    for lesion in lesions:
        by_patient.setdefault(lesion.patient, []).append(lesion)
    return by_patient


def check_lesions(lesions: list[Lesion], taken: list[Choice]) -> list[int]:
    """Rows that name no slice of a chosen series. UserError where a row names slices of two series."""
    series_of_row: dict[int, set[str]] = {lesion.row: set() for lesion in lesions}
    by_patient = lesions_of_patients(lesions)
    for choice in taken:
        for image in choice.series.slices:
            for lesion in by_patient.get(image.header.patient, ()):
                if lesion.lies_in(image):
                    series_of_row[lesion.row].add(choice.series.uid)
    if several := [row for row, series in series_of_row.items() if len(series) > 1]:
        raise UserError(
            f"ingest.lesions: row {several[0]} fits slices of two chosen series of the patient; write the SOP Instance "
            "UID of the slice as its instance"
        )
    return [row for row, series in series_of_row.items() if not series]


def warn_of_unmarked(diagnoses: Mapping[str, Diagnosis], patients: Iterable[str]) -> None:
    """Warn of patients of the table whose series is taken and in whose slices no lesion is marked."""
    rows = sorted(diagnoses[patient].row for patient in patients)
    if rows:
        log.warning(
            "ingest.lesions: of %d patients with a chosen series no lesion is marked in a slice of it, the first in "
            "row %d of ingest.patients; they are in no sample",
            *(len(rows), rows[0]),
        )
