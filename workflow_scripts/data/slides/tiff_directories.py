"""Whether a TIFF file holds all of its directories: tifffile passes over those that lie beyond the end of the file."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workflow_scripts.data.readers.reader_interface import RefusedSampleError

_BIG = 43


@dataclass(frozen=True)
class _Widths:
    """Bytes of an offset, of a directory's number of entries, and of an entry."""

    offset: int
    count: int
    entry: int


def check_directories(path: Path) -> None:
    """RefusedSampleError: truncated where a directory of the main chain is cut off, unreadable where they circle."""
    size = path.stat().st_size
    with path.open("rb") as file:
        order: Literal["little", "big"] = "little" if file.read(2) == b"II" else "big"
        big = int.from_bytes(file.read(2), order) == _BIG
        widths = _Widths(8, 8, 20) if big else _Widths(4, 2, 12)
        seen: set[int] = set()
        file.seek(8 if big else 4)
        while offset := int.from_bytes(file.read(widths.offset), order):
            if offset in seen:
                raise RefusedSampleError("unreadable", "its directories go round in a circle")
            seen.add(offset)
            if offset + widths.count > size:
                raise RefusedSampleError("truncated", "the file ends before one of its directories")
            file.seek(offset)
            entries = int.from_bytes(file.read(widths.count), order) * widths.entry
            if offset + widths.count + entries + widths.offset > size:
                raise RefusedSampleError("truncated", "the file ends inside one of its directories")
            file.seek(entries, os.SEEK_CUR)
