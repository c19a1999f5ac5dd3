"""Tags of DICOM files: which are read, and how, without what pydicom says.

Its warnings and errors may quote names: none is passed on. Values are read as they stand in the file, because to make
elements of them takes as long as to read the header.
"""

import math
import struct
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.charset import convert_encodings
from pydicom.dataelem import convert_raw_data_element
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import BaseTag

from workflow_scripts.data.readers.reader_interface import RefusedSampleError

CHARACTER_SET = 0x00080005
# All that is read of a header. No name, no date, no place, no private tag; identities only to be replaced.
IMAGE_TYPE, SOP_CLASS, INSTANCE_UID, MODALITY, CONVERSION = 0x00080008, 0x00080016, 0x00080018, 0x00080060, 0x00080064
DESCRIPTION, PATIENT_ID, STUDY_UID, SERIES_UID = 0x0008103E, 0x00100020, 0x0020000D, 0x0020000E
SEQUENCE, THICKNESS, REPETITION_TIME, ECHO_TIME, FIELD = 0x00180020, 0x00180050, 0x00180080, 0x00180081, 0x00180087
PULSE_SEQUENCE, ECHO_PLANAR, INSTANCE_NUMBER = 0x00189008, 0x00189018, 0x00200013
POSITION, ORIENTATION, SPACING, BURNED_IN = 0x00200032, 0x00200037, 0x00280030, 0x00280301
SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS = 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011
SHARED, PER_FRAME = 0x52009229, 0x52009230
TAGS = sorted(
    (IMAGE_TYPE, SOP_CLASS, INSTANCE_UID, MODALITY, CONVERSION, DESCRIPTION, PATIENT_ID, STUDY_UID, SERIES_UID)
    + (SEQUENCE, THICKNESS, REPETITION_TIME, ECHO_TIME, FIELD, PULSE_SEQUENCE, ECHO_PLANAR, INSTANCE_NUMBER)
    + (POSITION, ORIENTATION, SPACING, BURNED_IN, SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS, SHARED, PER_FRAME)
)
# Sequences of the functional groups, and what is read inside them.
PLANE_ORIENTATION, PLANE_POSITION, PIXEL_MEASURES, MR_ECHO = 0x00209116, 0x00209113, 0x00289110, 0x00189114
MR_TIMING, EFFECTIVE_ECHO_TIME = 0x00189112, 0x00189082

# How a file without a preamble begins: the first group of a header, in either byte order.
_BARE_STARTS = (b"\x08\0", b"\x02\0", b"\0\x08", b"\0\x02")
PREAMBLE, _META = 132, 512


class Elements:
    """The elements of a data set by their tags, as they stand in the file.

    pydicom makes an object of every tag that it is asked for, which takes longer than to find the element.
    """

    __slots__ = ("_data", "stored")

    def __init__(self, stored: dict[int, Any], data: Dataset | None = None) -> None:
        self.stored = stored
        self._data = data

    @classmethod
    def of(cls, data: Dataset) -> "Elements":
        """The elements of a data set."""
        return cls({int(tag): element for tag, element in data.items()}, data)

    @property
    def data(self) -> Dataset:
        """The data set, which knows the file's character set; made when it is asked for."""
        if self._data is None:
            self._data = Dataset({BaseTag(tag): element for tag, element in self.stored.items()})
            words = self.stored.get(CHARACTER_SET)
            encodings = convert_encodings(convert_raw_data_element(words).value if words is not None else None)
            self._data.set_original_encoding(False, True, encodings)
        return self._data

    def __contains__(self, tag: int) -> bool:
        return tag in self.stored

    def item(self, tag: int, index: int = 0) -> "Elements | None":
        """An item of a sequence; None where there is none."""
        items = self.data[tag].value if tag in self.stored else None
        return Elements.of(items[index]) if items and index < len(items) else None

    def text(self, tag: int) -> str:
        """A tag's text in plain letters, without the space at its ends; empty where it is missing."""
        if (element := self.stored.get(tag)) is None or (value := element.value) is None:
            return ""
        if isinstance(value, bytes):
            return value.decode("latin-1").strip(" \0")
        several = not isinstance(value, str) and hasattr(value, "__iter__")
        return "\\".join(map(str, value)) if several else str(value).strip()

    def letters(self, tag: int) -> str:
        """The same of a tag that may hold letters of any alphabet, read by the file's character set."""
        if (element := self.stored.get(tag)) is None or (value := element.value) is None:
            return ""
        if isinstance(value, bytes) and value.isascii() and b"\x1b" not in value:
            return value.decode("ascii").strip(" \0")
        return str(self.data[tag].value or "").strip()

    def words(self, tag: int) -> tuple[str, ...]:
        """The words of a tag of several values, in capitals."""
        text = self.text(tag)
        return tuple([word.strip().upper() for word in text.split("\\")]) if text else ()

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The numbers of a tag that holds decimals as text, or a double; none where one is no number."""
        if (element := self.stored.get(tag)) is None:
            return ()
        if tag == EFFECTIVE_ECHO_TIME and isinstance(element.value, bytes):
            double = "<d" if element.is_little_endian else ">d"
            return struct.unpack(double, element.value[:8]) if len(element.value) >= 8 else ()
        try:
            return tuple([float(part) for part in self.text(tag).split("\\")])
        except ValueError:
            return ()

    def number(self, tag: int, otherwise: float = math.nan) -> float:
        """The first number of such a tag."""
        numbers = self.numbers(tag)
        return numbers[0] if numbers else otherwise

    def short(self, tag: int) -> int:
        """The number of a tag that holds two bytes; 0 where it is missing."""
        if (element := self.stored.get(tag)) is None:
            return 0
        if isinstance(element.value, bytes):
            return int.from_bytes(element.value[:2], "little" if element.is_little_endian else "big")
        return element.value if isinstance(element.value, int) else 0


def open_dataset(file: BinaryIO, tags: list[BaseTag]) -> FileDataset:
    """The data set of an open file with its pixels, of these tags alone. RefusedSampleError where it is none."""
    _, bare = start_of(file)
    return dcmread(file, force=bare, specific_tags=[*tags])


def start_of(file: BinaryIO) -> tuple[bytes, bool]:
    """The first bytes of a file, and whether it lacks the preamble. RefusedSampleError where it is no DICOM file."""
    start = file.read(_META)
    file.seek(0)
    if not start:
        raise RefusedSampleError("empty_file", "0 bytes")
    bare = start[128:PREAMBLE] != b"DICM"
    if bare and start[:2] not in _BARE_STARTS:
        raise RefusedSampleError("not_dicom", "neither a preamble nor a header")
    return start, bare
