"""What a synthetic hospital writes about its patients: every identifier in the headers and names of its files."""

import re
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from tifffile import TiffFile, TiffFileError

from workflow_scripts.data.dicom.invented import MARK

# Keywords of tags that name a person, a place, a date of birth or an examination.
IDENTIFYING = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientAddress", "PatientComments", "AccessionNumber"),
    *("InstitutionName", "InstitutionAddress", "ReferringPhysicianName", "OperatorsName", "StationName"),
    *("StudyDescription", "DeviceSerialNumber", "ImageComments", "RequestedProcedureDescription", "StudyDate"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"),
)

# In the descriptions of SVS files and of OME-TIFF.
SAID_OF_PEOPLE = re.compile(
    r"(?:ScanScope ID|Filename|Title|User|ImageID|DSR ID) = ([^|]+)"
    r'|(?:UserName|LastName|Institution|SerialNumber|Name)="([^"]+)"|<Value>([^<]+)</Value>'
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


def planted_slide_identifiers(folder: Path) -> set[str]:
    """The same of every slide in the folder: what its header says of people and places, and the names of its paths."""
    texts = {MARK, MARK.upper()}
    for path in slide_files(folder):
        with TiffFile(path) as slide:
            description = slide.pages[0].description
        words = SAID_OF_PEOPLE.findall(description)
        texts |= {word for groups in words for text in groups for word in (text, *text.split())}
        texts |= {path.name, path.name.partition(".")[0], path.parent.name}
    return {text for text in texts if len(text) >= 7}


def slide_files(folder: Path) -> list[Path]:
    """Every synthetic slide below the folder that can be opened."""
    return [path for ending in ("*.svs", "*.ome.tif") for path in sorted(folder.rglob(ending)) if _opens(path)]


def _opens(path: Path) -> bool:
    try:
        with TiffFile(path) as slide:
            return bool(slide.pages[0].description)
    except (TiffFileError, ValueError, IndexError):
        return False


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
