"""Magnetic resonance as a hospital stores it: folders of DICOM files of any names, many series a study.

A table says whose diagnosis is known (`ingest.patients`). Of each of their studies one series is taken
(`ingest.series`); its slices are the samples, all of them or, with a table of boxes (`ingest.lesions`), those with a
lesion.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, SeriesRule
from workflow_scripts.data.adapters.interface import ListedSeries, Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.dicom.choosing import Choice, choose, planes_words
from workflow_scripts.data.dicom.headers import Header, RefusedFile, read_headers
from workflow_scripts.data.dicom.patient_tables import (
    Diagnosis,
    Lesion,
    check_diagnoses,
    check_lesions,
    lesions_of_patients,
    read_diagnoses,
    read_lesions,
    warn_of_unmarked,
)
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.dicom.series import PlacedImage, series_of
from workflow_scripts.data.readers.dicom_reader import Slice

MODALITY = "dicom"
PRIVATE = True
KNOWS_GROUPS = True
NEEDS = "patients"
KEYS = ("patients", "lesions", "series")
LABELS = None


def samples(root: Path, ingest: Ingest, pseudonyms: Pseudonyms) -> Iterator[Sample | Refused | ListedSeries]:
    """Every series, every slice of the chosen ones, and what was refused; see data.adapters.interface.

    UserError, too, where no table of patients is named, and where it fits no header.
    """
    diagnoses = read_diagnoses(root, ingest.patients)
    lesions = read_lesions(root, ingest.lesions) if ingest.lesions else None
    headers: list[Header] = []
    for item in read_headers(root):
        if isinstance(item, RefusedFile):
            yield Refused(item.file, item.reason, item.detail)
        else:
            headers.append(item)
    choices = choose(series_of(headers), ingest.series or SeriesRule(), diagnoses)
    check_diagnoses(diagnoses, headers, {c.series.first.header.patient for c in choices if c.taken})
    for choice in choices:
        yield ListedSeries(_row(choice, pseudonyms), choice.series.files)
    taken = [choice for choice in choices if choice.taken]
    for choice in taken:
        yield from _copies(choice)
    without_slice = check_lesions(lesions or [], taken)
    for row in without_slice:
        yield Refused(ingest.lesions or "", "no_slice", f"row {row} names no slice of a chosen series")
    if lesions is not None:
        marked_patients = {lesion.patient for lesion in lesions if lesion.row not in without_slice}
        warn_of_unmarked(diagnoses, {choice.series.first.header.patient for choice in taken} - marked_patients)
    by_patient = None if lesions is None else lesions_of_patients(lesions)
    for choice in taken:
        patient = choice.series.first.header.patient
        marked = None if by_patient is None else by_patient.get(patient, [])
        yield from _slices(choice, diagnoses[patient], marked, pseudonyms)


def _row(choice: Choice, pseudonyms: Pseudonyms) -> dict[str, int | float | str]:
    """The row of contracts.series_table."""
    series, header, frame = choice.series, choice.series.first.header, choice.series.first.frame
    return {
        "patient": pseudonyms.patient(header.patient) if header.patient else "",
        "study": pseudonyms.study(header.study) if header.study else "",
        "series": pseudonyms.series(series.uid),
        "reason": choice.reason,
        "detail": choice.detail,
        "plane": series.plane,
        "planes": planes_words(series) if len(series.planes) > 1 else "",
        "images": len(series.images),
        "slices": len(series.slices),
        "width": header.width,
        "height": header.height,
        "sequence": " ".join(series.sequence),
        "echo_time_ms": series.echo_time_ms,
        "repetition_time_ms": header.repetition_time_ms,
        "spacing_mm": frame.spacing_mm,
        "thickness_mm": frame.thickness_mm,
        "gap_mm": series.gap_mm,
        "missing": series.missing,
        "duplicates": len(series.copies),
        "time_points": series.time_points,
    }


def _copies(choice: Choice) -> Iterator[Refused]:
    """A refusal for every image of a chosen series whose place another one has."""
    used = {image.header.file for image in choice.series.slices}
    for image in choice.series.copies:
        if image.header.file not in used:
            yield Refused(image.header.file, "duplicate_slice", "another image of the series lies at the same place")


def _slices(
    choice: Choice, diagnosis: Diagnosis, lesions: list[Lesion] | None, pseudonyms: Pseudonyms
) -> Iterator[Sample]:
    """The samples of a chosen series: its slices, or the boxes in them, in the order of the normal.

    `lesions`: of its patient; None: nobody looked for any.
    """
    patient = pseudonyms.patient(choice.series.first.header.patient)
    series = pseudonyms.series(choice.series.uid)
    for number, image in enumerate(choice.series.slices):
        for which, part in enumerate(_parts(image, lesions), start=1):
            yield Sample(
                image.header.file,
                f"{patient}/{series}/{number:03d}{f'-{which}' if which > 1 else ''}",
                diagnosis.label,
                group=patient,
                unit=patient,
                part=part,
                attributes=diagnosis.attributes,
                values={"series": series, "slice": number, **_measures(image)},
            )


def _parts(image: PlacedImage, lesions: list[Lesion] | None) -> list[Slice]:
    """The whole slice, or the boxes of its lesions."""
    index = image.frame.index
    if lesions is None:
        return [Slice(index, 0, 0, image.header.width, image.header.height)]
    return [Slice(index, *lesion.box) for lesion in lesions if lesion.lies_in(image)]


def _measures(image: PlacedImage) -> dict[str, float]:
    """What the manifest says of a slice; NaN where no header says it."""
    header, frame = image.header, image.frame
    return {
        "position_mm": image.position_mm,
        "spacing_mm": frame.spacing_mm,
        "thickness_mm": frame.thickness_mm,
        "echo_time_ms": frame.echo_time_ms,
        "repetition_time_ms": header.repetition_time_ms,
        "field_strength_t": header.field_strength_t,
    }


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write studies of many series, and both tables, as a hospital would hand them over."""
    from workflow_scripts.data.dicom.written_studies import write_studies

    yield from write_studies(root, pictures)
