"""Identifiers in every place that files, folders and tables have, looked for in all that ingest leaves and says."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from tests.data.dicom.written_dicom import slice_of, write
from tests.data.private_ingest import ingested
from workflow_scripts.contracts.dataset import QUARANTINE, read_manifest
from workflow_scripts.contracts.series_table import SERIES
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, SeriesRule
from workflow_scripts.data.dicom.headers import read_headers

# What stands in the files and nowhere else; every part of it is looked for in small letters.
NAME, BORN, CITY, WORDS = "Quillfeather", "19470823", "Zwiesel", "xylograph"
UID, NUMBER, ACCESSION = "1.2.826.0.1.99887", "PID00918273", "ACC55443322"
PLANTED = (NAME, BORN, CITY, WORDS, UID, NUMBER, ACCESSION)
INGEST = Ingest(patients="patients.csv", series=SeriesRule("sagittal", "T2", min_slices=3))
PATIENTS = (f"{NUMBER}1", f"{NUMBER}2")


def identified(data: Dataset, number: int) -> Dataset:
    """A slice with identifiers in elements of every kind."""
    data.PatientName, data.PatientBirthDate = f"{NAME}^Ottilie", BORN
    data.OtherPatientIDs, data.AccessionNumber, data.PatientAddress = f"{NUMBER}X", ACCESSION, CITY
    data.InstitutionName, data.StationName, data.ReferringPhysicianName = f"Clinic {CITY}", CITY, f"{NAME}^Doc"
    data.StudyDescription = data.ProtocolName = data.RequestedProcedureDescription = f"pelvis {NAME}"
    data.SeriesDescription, data.ImageComments = f"t2 sag {NAME}", f"{WORDS} {NAME}"
    data.StudyDate = data.SeriesDate = data.ContentDate = BORN
    data.SequenceName, data.DeviceSerialNumber, data.FrameOfReferenceUID = WORDS, ACCESSION, f"{UID}.7"
    block = data.private_block(0x0029, NAME, create=True)
    block.add_new(0x10, "LO", f"{NAME} {WORDS}")
    nested = Dataset()
    nested.PatientID, nested.PersonName = NUMBER, NAME
    data.ReferencedImageSequence = data.RequestAttributesSequence = [nested]
    data.add_new(0x60000022, "LO", f"{WORDS} {NAME}")
    data.add_new(0x60001500, "LO", NAME)
    data.add_new(0x60003000, "OW", NAME.encode() * 2)
    data.SOPInstanceUID = f"{data.SeriesInstanceUID}.{number}"
    return data


@pytest.fixture(scope="module")
def hospital(tmp_path_factory) -> Path:
    """Two patients, a screenshot, broken files, files of other kinds; names of people everywhere."""
    root = tmp_path_factory.mktemp("hospital") / "raw"
    for index, patient in enumerate(PATIENTS):
        folder = root / f"{NAME}_Ottilie_{BORN}" / patient
        own = {"PatientID": patient, "StudyInstanceUID": f"{UID}.{index}"}
        for number in range(1, 5):
            series = f"{UID}.{index}.1"
            data = slice_of(3.0 * number, number + 10 * index, series, **own)
            write(folder / f"{NAME}.{WORDS}{number}", identified(data, number))
        data = identified(slice_of(0, 90, f"{UID}.{index}.2", SOPClassUID=SecondaryCaptureImageStorage, **own), 90)
        write(folder / f"screenshot {NAME}.dcm", data)
        write(folder / f"localizer_{NAME}.dcm", identified(slice_of(0, 91, f"{UID}.{index}.3", **own), 91))
    cut = folder / f"{NAME}.{WORDS}4"
    cut.write_bytes(cut.read_bytes()[:-800])
    (root / f"{NAME}.dcm").write_text(f"{NAME} was born on {BORN}")
    (root / f"letter of {NAME}.{WORDS}").write_text(NAME)
    (root / f"{NAME}.IMA").symlink_to(f"nowhere/{NAME}")
    cells = f"{PATIENTS[0]},SCC,{NAME},50-59\n{PATIENTS[1]},AC,{NAME},40-49\n{NUMBER}9,AC,{NAME},40-49\n"
    (root / "patients.csv").write_text(f"patient,label,remarks,age\n{cells}")
    boxes = f"{PATIENTS[0]},2,1,1,9,9\n{PATIENTS[1]},{UID}.1.1.3,1,1,9,9\n{NUMBER}9,7,1,1,9,9\n"
    (root / "lesions.csv").write_text(f"patient,instance,left,top,right,bottom\n{boxes}")
    return root


def test_nothing_that_identifies_is_in_any_table_or_log(hospital, tmp_path):
    status, text = ingested(("dicom", hospital), INGEST, tmp_path / "whole")
    assert status == 0, text
    assert not [word for word in PLANTED if word.lower() in text.lower()]
    out = tmp_path / "whole" / "out"
    assert len(read_manifest(out)) == 7 and set(read_manifest(out)["age"]) == {"50-59", "40-49"}
    assert sorted(SERIES.read(out / "series.csv")["reason"]) == sorted(
        ["taken", "secondary_capture", "too_few_slices"] * 2
    )
    assert sorted(QUARANTINE.read(out / "quarantine.csv")["reason"]) == ["missing_file", "not_dicom", "truncated"]
    assert (tmp_path / "whole" / "private" / "k").read_text().strip() not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lesions": "lesions.csv"}, "no_slice"),
        ({"max_refused": 0.0}, "samples are refused"),
        ({"series": {"plane": "coronal", "weighting": "any", "min_echo_time_ms": 0.0, "min_slices": 1}}, "none of the"),
        ({"labels": {"SCC": "a"}}, "ingest.labels"),
        ({"patients": "lesions.csv"}, "lacks the column 'label'"),
        ({"lesions": "patients.csv"}, "lacks the column 'instance'"),
    ],
)
def test_nothing_that_identifies_is_in_what_a_failed_run_says(hospital, tmp_path, changes, said):
    _, text = ingested(("dicom", hospital), INGEST, tmp_path / "failed", **changes)
    assert said in text
    assert not [word for word in PLANTED if word.lower() in text.lower()]


def test_a_header_holds_of_the_planted_words_only_what_pseudonyms_are_made_of(hospital):
    kept = " ".join(repr(item) for item in read_headers(hospital)).replace(str(hospital), "")
    for word in (CITY, ACCESSION, f"{UID}.7", "Ottilie^", "Clinic"):
        assert word not in kept
