"""What a synthetic hospital writes about its patients: every identifier in the headers and names of its files."""

from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from workflow_scripts.data.dicom.invented import MARK

# Keywords of tags that name a person, a place, a date of birth or an examination.
IDENTIFYING = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientAddress", "PatientComments", "AccessionNumber"),
    *("InstitutionName", "InstitutionAddress", "ReferringPhysicianName", "OperatorsName", "StationName"),
    *("StudyDescription", "DeviceSerialNumber", "ImageComments", "RequestedProcedureDescription", "StudyDate"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"),
)


def planted_identifiers(folder: Path) -> set[str]:
    """Texts below which no result may be found, of every DICOM file in the folder, headers and names of folders alike.

    MARK stands in every name of a person or place, alone too.
    """
    texts = {MARK, MARK.upper()}
    for path in dicom_files(folder):
        header = dcmread(path, stop_before_pixels=True)
        texts |= _of(header)
        texts |= {part for part in path.relative_to(folder).parts[:-1] if any(sign.isdigit() for sign in part)}
    return texts


def dicom_files(folder: Path) -> list[Path]:
    """Every file below the folder that begins as DICOM files do."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.read_bytes()[128:132] == b"DICM"]


def _of(data: Dataset) -> set[str]:
    texts = set()
    for element in data.iterall():
        if element.keyword in IDENTIFYING or element.tag.is_private or element.tag.group == 0x6000:
            value = element.value
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            if len(text) >= 8 and "\0" not in text:
                texts |= {text, *text.replace("^", " ").split()}
    return {text for text in texts if len(text) >= 8}
