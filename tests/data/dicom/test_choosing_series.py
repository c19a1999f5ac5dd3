"""Which series is taken: by plane, sequence and echo time, one of a study, and why the others are not."""

import pytest
from pydicom.uid import (
    BasicTextSRStorage,
    CTImageStorage,
    RTPlanStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from tests.data.dicom.written_dicom import CORONAL, slice_of, write, write_series
from workflow_scripts.contracts.series_table import REASONS
from workflow_scripts.contracts.step_settings.ingest_settings import SeriesRule
from workflow_scripts.data.dicom.choosing import choose
from workflow_scripts.data.dicom.headers import read_headers
from workflow_scripts.data.dicom.series import series_of

RULE = SeriesRule(plane="sagittal", weighting="T2", min_slices=3)
PLACES = [0, 3, 6, 9]


def reasons(folder, rule=RULE, listed=("pat-1",)) -> list[str]:
    """Why each series is taken or not, in the order of their files."""
    choices = choose(series_of(read_headers(folder)), rule, listed)
    assert {choice.reason for choice in choices} <= set(REASONS)
    assert all(choice.detail or choice.taken for choice in choices)
    return [choice.reason for choice in choices]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "taken"),
        ({"SeriesDescription": "t1 coronal dynamic"}, "taken"),
        ({"EchoTime": "12"}, "other_weighting"),
        ({"ScanningSequence": "GR"}, "other_weighting"),
        ({"ScanningSequence": ["SE", "EP"]}, "other_weighting"),
        ({"ScanningSequence": ["GR", "IR"], "EchoTime": "2.8"}, "other_weighting"),
        ({"ScanningSequence": None}, "unknown_weighting"),
        ({"EchoTime": None}, "unknown_weighting"),
        ({"ImageOrientationPatient": CORONAL}, "other_plane"),
        ({"ImageOrientationPatient": [-0.7, 0.7, 0, 0, 0, -1]}, "other_plane"),
        ({"ImageOrientationPatient": None}, "no_position"),
        ({"SeriesDescription": "t2_loc sag"}, "localizer"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, "computed"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, "computed"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "screenshot"),
        ({"ConversionType": "WSD"}, "screenshot"),
        ({"BurnedInAnnotation": "YES"}, "screenshot"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "colour"),
        ({"Modality": "CT", "SOPClassUID": CTImageStorage}, "other_modality"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "secondary_capture"),
        ({"SOPClassUID": SegmentationStorage}, "segmentation"),
        ({"SOPClassUID": BasicTextSRStorage}, "report"),
        ({"SOPClassUID": RTPlanStorage, "PhotometricInterpretation": None}, "no_image"),
        ({"Rows": None}, "no_image"),
        ({"PatientID": "pat-2"}, "unlisted_patient"),
        ({"PatientID": ""}, "unlisted_patient"),
    ],
)
def test_a_series_is_taken_for_what_was_measured_and_never_for_its_name(tmp_path, changes, reason):
    assert reasons(write_series(tmp_path, PLACES, **changes)) == [reason]


def test_few_slices_are_a_localizer_by_another_name(tmp_path):
    assert reasons(write_series(tmp_path, [0, 10])) == ["too_few_slices"]


def test_times_are_not_taken_for_slices(tmp_path):
    for time in range(2):
        write_series(tmp_path / str(time), PLACES, first=4 * time + 1)
    assert reasons(tmp_path) == ["several_images_in_a_place"]


def test_of_a_study_the_series_with_most_slices_is_taken_and_of_every_study_one(tmp_path):
    write_series(tmp_path / "a", PLACES, series="1.1")
    write_series(tmp_path / "b", [*PLACES, 12], series="1.2")
    write_series(tmp_path / "c", PLACES, series="1.3", StudyInstanceUID="1.2.9")
    assert reasons(tmp_path) == ["fewer_slices", "taken", "taken"]


def test_two_series_of_as_many_slices_are_decided_by_their_order(tmp_path):
    write_series(tmp_path / "a", PLACES, series="1.1")
    write_series(tmp_path / "b", PLACES, series="1.2")
    assert reasons(tmp_path) == ["taken", "fewer_slices"]


def test_a_series_of_two_patients_is_nobodys(tmp_path):
    write_series(tmp_path / "a", PLACES)
    write(tmp_path / "b", slice_of(12, 30, PatientID="pat-2"))
    assert reasons(tmp_path, listed=("pat-1", "pat-2")) == ["several_patients"]


def test_images_of_two_sizes_are_not_one_series(tmp_path):
    write_series(tmp_path / "a", PLACES)
    data = slice_of(12, 30)
    data.Rows, data.PixelData = 10, data.PixelData[:880]
    write(tmp_path / "b", data)
    assert reasons(tmp_path) == ["several_sizes"]


def test_without_a_rule_every_plane_and_weighting_will_do(tmp_path):
    changes = {"ImageOrientationPatient": CORONAL, "ScanningSequence": "GR"}
    assert reasons(write_series(tmp_path, [float(position) for position in range(8)], **changes), SeriesRule()) == [
        "taken"
    ]
