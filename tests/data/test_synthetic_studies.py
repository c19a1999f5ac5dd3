"""Synthetic DICOM studies: what was drawn is in files that pydicom opens, beside all that a hospital writes there."""

import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.identifiers import dicom_files, planted_identifiers
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.adapters.interface import Written
from workflow_scripts.data.dicom import written_studies
from workflow_scripts.data.dicom.invented import MARK
from workflow_scripts.data.dicom.synthetic_slices import SyntheticSlice
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.studies.mri_resnet import synthetic
from workflow_scripts.synthetic.pictures import Plan

LABELS = ("AC", "ASC", "SCC")


def plan(seed: int = 0, **changes: object) -> Plan:
    block = parse(Synthetic, {"samples_per_class": 14, "samples_per_field": 2, "size": 32} | changes)
    return Plan(LABELS, block, whole_fields=False, first_class=0, seed=("mri", str(seed), "dicom"))


def write(folder: Path, wanted: Plan) -> list[Written]:
    folder.mkdir()
    with warnings.catch_warnings():
        # pydicom warns of values that the standard does not allow.
        warnings.simplefilter("error")
        return list(written_studies.write_studies(folder, synthetic.pictures(wanted)))


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): digest_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Written]]:
    folder = tmp_path_factory.mktemp("studies") / "raw"
    return folder, write(folder, plan())


def series_of(folder: Path) -> dict[str, list[Dataset]]:
    """Headers by series, in the order of positions."""
    series = defaultdict(list)
    for path in dicom_files(folder):
        header = dcmread(path, stop_before_pixels=True)
        series[header.SeriesInstanceUID].append(header)
    return series


def test_every_slice_is_read_back_as_it_was_drawn_in_every_syntax_and_encoding(tmp_path: Path) -> None:
    drawn: list[SyntheticSlice] = []
    for variant in range(30):
        pictures = list(synthetic.field(plan(), "SCC", 2, 1))[:2]
        for picture in pictures:
            study = replace(picture.study, variant=variant, key=f"{variant}")
            drawn.append(replace(picture, study=study))
    tmp_path = tmp_path / "raw"
    tmp_path.mkdir()
    kinds = set()
    for written in written_studies.write_studies(tmp_path, drawn):
        data = dcmread(tmp_path / written.path)
        values = data.pixel_array.astype(np.float64) * float(data.get("RescaleSlope", 1))
        values += float(data.get("RescaleIntercept", 0))
        if data.PhotometricInterpretation == "MONOCHROME1":
            values = 4095 - values
        expected = written.picture.pixels.astype(np.float64)
        if float(data.get("RescaleSlope", 1)) != 1:
            expected = expected * written_studies.SLOPE + written_studies.INTERCEPT
        assert np.array_equal(values, expected), data.file_meta.TransferSyntaxUID.name
        encoding = (data.PhotometricInterpretation, data.PixelRepresentation, "RescaleSlope" in data)
        kinds.add((data.file_meta.TransferSyntaxUID, encoding))
    assert len(kinds) == 6 * 4


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    few = {"samples_per_class": 4, "samples_per_field": 4}
    write(tmp_path / "a", plan(**few))
    write(tmp_path / "b", plan(**few))
    write(tmp_path / "c", plan(seed=1, **few))
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert not set(digests(tmp_path / "a").values()) & set(digests(tmp_path / "c").values())


def test_more_patients_leave_the_first_ones_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "few", plan(samples_per_class=4, samples_per_field=4))
    write(tmp_path / "more", plan(samples_per_class=8, samples_per_field=4))
    few, more = digests(tmp_path / "few"), digests(tmp_path / "more")
    assert all(more[name] == few[name] for name in few if not name.endswith(".csv")) and len(more) > len(few)


def test_the_tables_name_patients_and_slices_of_the_files(studies: tuple[Path, list[Written]]) -> None:
    folder, written = studies
    patients = pd.read_csv(folder / written_studies.PATIENTS, dtype=str)
    lesions = pd.read_csv(folder / written_studies.LESIONS, dtype=str)
    assert list(patients) == ["patient", "label", "age", "site", "expert_1", "expert_2"]
    assert patients["patient"].is_unique and patients["label"].value_counts().to_dict() == dict.fromkeys(LABELS, 7)
    sagittal = {
        (header.PatientID, name): header
        for headers in series_of(folder).values()
        for header in headers
        if header.SeriesNumber == 2
        for name in (str(header.InstanceNumber), header.SOPInstanceUID)
    }
    assert set(patients["patient"]) == {patient for patient, _ in sagittal}
    by_patient = patients.set_index("patient")
    for row in lesions.itertuples():
        header = sagittal[row.patient, row.instance]
        assert 0 <= int(row.left) < int(row.right) <= header.Columns
        assert 0 <= int(row.top) < int(row.bottom) <= header.Rows
        assert header.PatientAge == f"{int(by_patient.loc[row.patient, 'age']):03d}Y"
    assert len(lesions) == sum(len(item.ids) for item in written) == 43  # one of them in a file that is cut off


def test_a_study_holds_decoys_that_differ_in_plane_weighting_or_kind(studies: tuple[Path, list[Written]]) -> None:
    folder, _ = studies
    planes, kinds, gaps = defaultdict(set), set(), []
    for headers in series_of(folder).values():
        first = headers[0]
        kinds.add(first.SOPClassUID.name)
        if "ImageOrientationPatient" not in first:
            continue
        normals = {tuple(np.round(np.cross(*np.reshape(h.ImageOrientationPatient, (2, 3))), 1)) for h in headers}
        planes[int(first.SeriesNumber)].add(len(normals))
        if first.SeriesNumber == 2:
            normal = np.cross(*np.reshape(first.ImageOrientationPatient, (2, 3)))
            places = sorted(float(normal @ header.ImagePositionPatient) for header in headers)
            assert len(places) >= 10
            gaps.append(max(np.diff(places)) / np.median(np.diff(places)))
            against = sorted(headers, key=lambda header: float(normal @ header.ImagePositionPatient))
            assert [header.InstanceNumber for header in against] == sorted(
                (header.InstanceNumber for header in headers), reverse=True
            )
    assert planes[1] == {3} and all(planes[number] == {1} for number in (2, 3, 4, 5, 7))
    assert sum(gap > 1.9 for gap in gaps) == 3  # one patient of each class lacks a slice
    assert kinds == {"MR Image Storage", "Enhanced MR Image Storage", "Secondary Capture Image Storage"}


def test_every_header_and_path_holds_identifiers_and_no_patient_shares_them(
    studies: tuple[Path, list[Written]],
) -> None:
    folder, written = studies
    names = defaultdict(set)
    for path in dicom_files(folder):
        header = dcmread(path, stop_before_pixels=True)
        names[header.PatientID].add(str(header.PatientName))
        text = path.relative_to(folder).as_posix()
        assert header.PatientID in text and MARK in str(header.PatientName)
        assert MARK in header.InstitutionName and header.PatientBirthDate in header.PatientComments
        assert any(element.tag.is_private for element in header)
    assert len(names) == 21 and all(len(found) == 1 for found in names.values())
    identifiers = planted_identifiers(folder)
    assert {*names} <= identifiers and len(identifiers) > 1000
    # The names under which results will show a patient are none of them.
    assert not any(text in name for item in written for name in (*item.ids, item.group) for text in identifiers)


def test_an_exported_copy_has_the_pixels_of_its_original_and_nothing_else(studies: tuple[Path, list[Written]]) -> None:
    folder, written = studies
    by_place = {(item.picture.label, item.picture.field, item.picture.number): item for item in written}
    copies = [item for item in written if item.picture.copy]
    assert len(copies) == 2
    for item in copies:
        original = by_place[item.picture.copy_of]
        copy, first = dcmread(folder / item.path), dcmread(folder / original.path)
        assert copy.PixelData == first.PixelData
        assert not {copy.PatientID, copy.SOPInstanceUID, str(copy.PatientName)} & {
            first.PatientID,
            first.SOPInstanceUID,
            str(first.PatientName),
        }
        assert item.group != original.group


def test_frames_of_an_enhanced_file_have_slopes_of_their_own(studies: tuple[Path, list[Written]]) -> None:
    folder, _ = studies
    files = [data for path in dicom_files(folder) if (data := dcmread(path)).SOPClassUID.name.startswith("Enhanced")]
    assert files
    for data in files:
        groups = data.PerFrameFunctionalGroupsSequence
        slopes = [float(group.PixelValueTransformationSequence[0].RescaleSlope) for group in groups]
        assert len(slopes) == data.NumberOfFrames == len(data.pixel_array) and len(set(slopes)) == len(slopes)
