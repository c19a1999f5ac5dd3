"""Synthetic studies → DICOM files as a hospital hands them over: many series a patient, in several layouts.

Over the patients the transfer syntax and the encoding of the pixels vary. patients.csv (patient, label, and what
the slices have as attributes) and lesions.csv (patient, instance, left, top, right, bottom) lie beside the folders.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom.uid as uids
from pydicom.dataset import Dataset

from workflow_scripts.data.adapters.interface import SyntheticPicture, Written
from workflow_scripts.data.dicom import written_headers as headers
from workflow_scripts.data.dicom.invented import Identity, identity_of, uid
from workflow_scripts.data.dicom.pseudonyms import PUBLIC
from workflow_scripts.data.dicom.synthetic_slices import SyntheticSeries, SyntheticSlice, SyntheticStudy, studies

PATIENTS, LESIONS = "patients.csv", "lesions.csv"
SYNTAXES = (
    uids.ExplicitVRLittleEndian,
    uids.ImplicitVRLittleEndian,
    uids.DeflatedExplicitVRLittleEndian,
    uids.RLELossless,
    uids.JPEGLSLossless,
    uids.JPEG2000Lossless,
)
# How stored values stand for the pixels; the first one twice: most files of a hospital are plain.
ENCODINGS = ("plain", "signed", "inverted", "rescaled", "plain")
BITS, MIDDLE, HIGHEST = 12, 2048, 4095
SLOPE, INTERCEPT = 1.5, -20.0
LAYOUTS = 3
# Every so many patients a study holds a screenshot; an overlay lies over the first slices.
SCREENSHOTS, OVERLAYS = 5, 4
# A graphic layer lies over so many slices.
OVERLAID = 2


@dataclass
class StudyWriter:
    """Writes the files of one study; `files` counts them."""

    root: Path
    study: SyntheticStudy
    patient: Identity = field(init=False)
    common: Dataset = field(init=False)
    files: int = 0

    def __post_init__(self) -> None:
        self.patient = identity_of(self.study.key, self.study.site, self.study.age)
        self.common = headers.study_header(self.study, self.patient)

    def path(self, series: SyntheticSeries | None, instance: int) -> str:
        """Where a file goes, relative to the root; the names in it are the patient's. None: a screenshot."""
        who, date = self.patient, self.patient.study_date
        number, description = (series.number, series.description) if series else (99, "screenshot")
        self.files += 1
        if self.study.layout % LAYOUTS == 0:
            words = "".join(sign if sign.isalnum() else "_" for sign in description)
            return f"{who.family}_{who.given}_{who.patient_id}/{date}_pelvis/{number:02d}_{words}/IM{instance:04d}.dcm"
        if self.study.layout % LAYOUTS == 1:
            folder = f"DICOM/{who.patient_id}/{self.common.StudyInstanceUID}"
            return f"{folder}/{uid(self.study.key, 'series', number)}/{self.files:08d}"
        return f"CD_{who.family}_{who.birth_date}_{who.patient_id}/IMAGES/I{self.files:06d}.IMA"

    def write(self, header: Dataset, path: str, syntax: str) -> None:
        """Write one file in a syntax; `header` holds the pixels uncompressed."""
        data = Dataset()
        data.update(self.common)
        data.update(header)
        compressed = uids.UID(syntax).is_compressed and not uids.UID(syntax).is_deflated
        plain = uids.ExplicitVRLittleEndian if compressed else syntax
        data.file_meta = headers.file_meta(data.SOPClassUID, data.SOPInstanceUID, plain)
        if compressed:
            # A fresh identifier would be another one in every run.
            data.compress(uids.UID(syntax), generate_instance_uid=False)
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        data.save_as(self.root / path, enforce_file_format=True)

    def series(self, slices: list[SyntheticSlice]) -> Iterator[tuple[SyntheticSlice, str, int]]:
        """Write a series, a file a slice; each slice with its path and instance number."""
        common = headers.series_header(self.study, slices[0].series)
        for index, picture in enumerate(slices):
            # Most scanners count against the position.
            instance = len(slices) - index
            header = Dataset()
            header.update(common)
            header.update(headers.slice_header(picture, instance))
            encode(header, picture.pixels, ENCODINGS[self.study.variant % len(ENCODINGS)])
            if self.study.variant % OVERLAYS == 0 and index < OVERLAID:
                header.update(headers.overlay(picture, self.patient))
            path = self.path(picture.series, instance)
            self.write(header, path, SYNTAXES[self.study.variant % len(SYNTAXES)])
            yield picture, path, instance

    def enhanced(self, slices: list[SyntheticSlice]) -> None:
        """Write a series into one file with many frames, each with a slope of its own."""
        slopes = [1.0 + 0.25 * index for index in range(len(slices))]
        stored = np.stack([np.round(picture.pixels / slope) for picture, slope in zip(slices, slopes, strict=True)])
        header = headers.series_header(self.study, slices[0].series)
        header.update(headers.frame_groups(slices, slopes))
        encode(header, stored.astype(np.uint16), "plain")
        self.write(header, self.path(slices[0].series, 1), uids.ExplicitVRLittleEndian)

    def screenshot(self) -> None:
        """Write a secondary capture."""
        self.write(headers.screenshot(self.study, self.patient), self.path(None, 1), uids.ExplicitVRLittleEndian)


def write_studies(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write every slice, and the two tables at the end; yields those that are samples or are to be broken.

    Slices of one study must be neighbours in `pictures`.
    """
    patients: list[list[str]] = []
    columns: list[str] = []
    lesions: list[list[str]] = []
    for slices in studies(pictures):
        study = slices[0].study
        writer = StudyWriter(root, study)
        columns = list(slices[0].attributes)
        patients.append([writer.patient.patient_id, slices[0].label, *slices[0].attributes.values()])
        group = PUBLIC.patient(writer.patient.patient_id)
        for members in _by_series(slices):
            if members[0].series.multi_frame:
                writer.enhanced(members)
                continue
            series = PUBLIC.series(uid(study.key, "series", members[0].series.number))
            position = 0
            for picture, path, instance in writer.series(members):
                named = headers.instance_uid(picture, instance) if study.layout % LAYOUTS == 1 else str(instance)
                lesions += [[writer.patient.patient_id, named, *map(str, cell.region)] for cell in picture.cells]
                if picture.cells or picture.broken:
                    ids = [f"{group}/{series}/{position:03d}" for _ in picture.cells]
                    yield Written(picture, path, ids, group)
                # What nobody can open does not count.
                position += picture.broken != "empty_file"
        if study.variant % SCREENSHOTS == 2:
            writer.screenshot()
    _write_table(root / PATIENTS, ["patient", "label", *columns], patients)
    _write_table(root / LESIONS, ["patient", "instance", "left", "top", "right", "bottom"], lesions)


def encode(header: Dataset, pixels: np.ndarray, encoding: str) -> None:
    """Put uint16 (frames×)H×W pixels of 12 bits into a header as they are stored, see ENCODINGS."""
    stored = {"signed": pixels.astype(np.int16) - MIDDLE, "inverted": HIGHEST - pixels}.get(encoding, pixels)
    header.Rows, header.Columns = pixels.shape[-2:]
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, BITS, BITS - 1
    header.PixelRepresentation = int(encoding == "signed")
    header.PhotometricInterpretation = "MONOCHROME1" if encoding == "inverted" else "MONOCHROME2"
    if encoding in ("signed", "rescaled"):
        slope, intercept = (1.0, float(MIDDLE)) if encoding == "signed" else (SLOPE, INTERCEPT)
        header.RescaleSlope, header.RescaleIntercept = headers.number(slope), headers.number(intercept)
        header.RescaleType = "US"
    header.WindowCenter = headers.number(round(float(stored.mean())))
    header.WindowWidth = headers.number(round(max(1.0, 4 * float(stored.std()))))
    header.PixelData = stored.astype("<i2" if encoding == "signed" else "<u2").tobytes()
    header["PixelData"].VR = "OW"


def _by_series(slices: list[SyntheticSlice]) -> Iterator[list[SyntheticSlice]]:
    """The slices of each series in the order of their numbers; along the normal, plane by plane."""
    numbers = sorted({picture.series.number for picture in slices})
    for number in numbers:
        members = [picture for picture in slices if picture.series.number == number]
        yield sorted(members, key=lambda picture: (picture.row, picture.column, picture.along_normal))


def _write_table(path: Path, columns: list[str], rows: list[list[str]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
