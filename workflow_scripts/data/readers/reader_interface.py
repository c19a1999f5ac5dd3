"""What every reader gives: samples inspected, and their rows, a whole sample or a part of it.

A reader is a class `<Modality>Reader` in a module `<modality>_reader.py` of this package; reader_registry finds it by
that name. Adapters say by `MODALITY` which one reads their files. What the interface is made for:

- image: one file a sample, or a box of it; rows are uint8 H×W×3 pixels;
- series of slices: a sample is a file, a frame of one (a `Part` with the field `frame`), or a folder of files, of which
  a part names the series; rows are uint16 H×W×1 pixels; spacing and position are columns of the modality;
- whole slide: a sample is a tile of a file of gigabytes, a part with left, top and side. `inspect` reads its header and
  digests its bytes in blocks, once for all tiles; tiles are uint8 side×side×3, read while the file stays open;
- table of visits: a sample is a patient, that is the rows of a table that bear a name; rows are float32 visits×D.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from workflow_scripts.contracts.dataset import CHANGE, REASONS, Modality
from workflow_scripts.runtime.files import digest_file, digest_text


@dataclass(frozen=True)
class Part:
    """Which part of its file a sample is, or is to be read. Each reader has a class of its own.

    Its fields (int, float or str) are columns of the manifest where samples are parts of their files.
    """

    @classmethod
    def columns(cls) -> dict[str, str]:
        """Name → type of each field, as in contracts.tables."""
        return {field.name: getattr(field.type, "__name__", str(field.type)) for field in fields(cls)}


@dataclass(frozen=True)
class Limits:
    """How files are opened.

    Pictures of more than `max_megapixels` million pixels are refused before they are decoded. `at_least` lets a decoder
    scale down as long as no side falls below so many pixels: faster, other pixels.
    """

    max_megapixels: float = float("inf")
    at_least: int | None = None


@dataclass(frozen=True)
class Picture:
    """What samples that are pictures are compared by, see data.equal_pairs.

    `digest`: sha256 of size and pixel values; `aspect`: width / height; `thumbnail`: float32 vector of length SIDE².
    """

    digest: str
    aspect: float
    thumbnail: np.ndarray


@dataclass(frozen=True)
class Seen:
    """What was seen of a sample.

    `values`: of the modality's columns; `sha256`: of the file's bytes, or of the part's rows; `picture` is None where
    samples are not compared by their looks; `rows`: digest of the numbers by which they are compared instead, empty
    where they are not.
    """

    values: Mapping[str, int | float | str]
    sha256: str
    picture: Picture | None = None
    rows: str = ""


class RefusedSampleError(Exception):
    """A sample that is not used: `reason` is one of contracts.dataset.REASONS, `detail` says what was seen."""

    def __init__(self, reason: str, detail: str) -> None:
        assert reason in REASONS, reason
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class OpenFile(ABC):
    """A file, or a series' folder, that is open; each method raises RefusedSampleError. Part None is all of it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def inspect(self, part: Part | None) -> Seen:
        """What the manifest says of the part, and what it is compared by; `sha256` is that of `digest`."""

    @abstractmethod
    def rows(self, part: Part | None) -> np.ndarray:
        """The part alone: pixels H×W×C or numbers rows×D, of the file's own depth."""

    def digest(self, part: Part | None) -> str:
        """sha256 of a file's bytes, or of a folder's names and bytes, read in blocks; of a part, of its rows."""
        if part is not None:
            rows = self.rows(part)
            total = hashlib.sha256(f"{rows.dtype.str} {rows.shape} ".encode())
            total.update(rows.tobytes())
            return total.hexdigest()
        if not self.path.is_dir():
            return digest_file(self.path)
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        return digest_text("".join(f"{path.relative_to(self.path)} {digest_file(path)}\n" for path in files))


class Reader(Protocol):
    """How the files of a modality are read; a frozen data class whose fields have defaults, so that it can be pickled.

    An adapter's `OPTIONS` are arguments of the class: what its layout says of the files, such as names of columns.

    modality: its name; columns: name → type of the columns that every sample has in the manifest; part: how parts of a
    file are named; symmetries: whether a flipped or turned sample is one, so that copies can be made. A reader may
    have `optional`, name → type of columns that only some of its layouts give, and `neighbours_alike`: whether samples
    of one group that follow each other look alike without being copies, as slices do.
    """

    modality: ClassVar[str]
    columns: ClassVar[Mapping[str, str]]
    part: ClassVar[type[Part]]
    symmetries: ClassVar[bool]

    def open(self, path: Path, limits: Limits) -> AbstractContextManager[OpenFile]:
        """Open a file or a series' folder for as long as parts of it are read. Raises RefusedSampleError."""


def modality_of(reader: Reader) -> Modality:
    """What the samples of a reader add to the manifest."""
    change = {CHANGE: "str"} if reader.symmetries else {}
    optional: Mapping[str, str] = getattr(reader, "optional", {})
    return Modality(reader.modality, dict(reader.columns), {**reader.part.columns(), **optional, **change})
