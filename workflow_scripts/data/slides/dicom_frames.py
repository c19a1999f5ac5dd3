"""Frames of a DICOM file that holds a level of a slide: where they lie, and each decoded alone by pydicom."""

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, parse_basic_offsets, parse_fragments
from pydicom.pixels import get_decoder

from workflow_scripts.data.quiet import quiet
from workflow_scripts.data.readers.reader_interface import RefusedSampleError

_UNDEFINED = 0xFFFFFFFF
# Tag and length of an item of encapsulated pixels, in bytes.
_ITEM = 8


@dataclass(frozen=True)
class _Places:
    """Pieces of frames in a file in bytes; `first`: the number of each frame's first piece, and of all at the end."""

    starts: np.ndarray
    lengths: np.ndarray
    first: np.ndarray
    encapsulated: bool


class Frames:
    """The frames of an open file whose header was read up to its pixels. Raises RefusedSampleError."""

    def __init__(self, file: BinaryIO, header: FileDataset) -> None:
        """`header`: of which the group 0028 is needed."""
        self._file = file
        self._places = _places(file, header)
        self._decoder = get_decoder(header.file_meta.TransferSyntaxUID)
        self._options = _options(header)

    @property
    def count(self) -> int:
        """Frames in the file."""
        return len(self._places.first) - 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def frame(self, index: int) -> np.ndarray:
        """uint8 rows×columns×3 RGB of a frame, counted from 0. Raises RefusedSampleError."""
        stored_frames = self._places
        with quiet():
            pieces = []
            for piece in range(stored_frames.first[index], stored_frames.first[index + 1]):
                length = int(stored_frames.lengths[piece])
                pieces.append(os.pread(self._file.fileno(), length, int(stored_frames.starts[piece])))
                if len(pieces[-1]) < length:
                    raise RefusedSampleError("truncated", "the file ends inside its pixels")
            data = b"".join(pieces)
            stored = encapsulate([data]) if stored_frames.encapsulated else data
            return self._decoder.as_array(stored, index=0, **self._options)[0]


def _places(file: BinaryIO, header: FileDataset) -> _Places:
    size = os.fstat(file.fileno()).st_size
    count = int(header.get("NumberOfFrames", 1) or 1)
    implicit, _ = header.original_encoding
    head = file.read(8 if implicit else 12)
    if head[:4] != b"\xe0\x7f\x10\0":
        raise RefusedSampleError("truncated", "no pixels follow its header")
    if int.from_bytes(head[-4:], "little") == _UNDEFINED:
        stored_frames = _encapsulated(file, count)
    else:
        length = header.Rows * header.Columns * header.SamplesPerPixel * header.BitsAllocated // 8
        starts = file.tell() + length * np.arange(count, dtype=np.int64)
        stored_frames = _Places(starts, np.full(count, length, np.int64), np.arange(count + 1), False)
    if (stored_frames.starts + stored_frames.lengths).max(initial=0) > size:
        raise RefusedSampleError("truncated", "it holds fewer pixels than its header says")
    return stored_frames


def _encapsulated(file: BinaryIO, count: int) -> _Places:
    table = parse_basic_offsets(file)
    base = file.tell()
    pieces, positions = parse_fragments(file)
    starts = np.array(positions, np.int64) + _ITEM
    lengths = np.zeros(pieces, np.int64)
    for piece, position in enumerate(positions):
        file.seek(position + 4)
        lengths[piece] = int.from_bytes(file.read(4), "little")
    if pieces == count:
        first = np.arange(count + 1)
    elif count == 1:
        first = np.array([0, pieces])
    elif len(table) == count and all(before < after for before, after in pairwise(table)):
        first = np.append(np.searchsorted(starts - _ITEM, base + np.array(table, np.int64)), pieces)
    elif pieces < count:
        raise RefusedSampleError("truncated", "it holds fewer frames than its header says")
    else:
        raise RefusedSampleError("unreadable", "it does not say which of its pieces are whose frame")
    return _Places(starts, lengths, first, True)


def _options(header: FileDataset) -> dict[str, Any]:
    """What pydicom needs to know of a frame."""
    return {
        "rows": header.Rows,
        "columns": header.Columns,
        "samples_per_pixel": header.SamplesPerPixel,
        "planar_configuration": header.get("PlanarConfiguration", 0),
        "photometric_interpretation": header.PhotometricInterpretation,
        "bits_allocated": header.BitsAllocated,
        "bits_stored": header.BitsStored,
        "pixel_representation": header.get("PixelRepresentation", 0),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
        "transfer_syntax_uid": header.file_meta.TransferSyntaxUID,
    }
