"""Tables of visits: a row a visit, and the rows that bear a patient's name are a sample, in the order of their time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np

from workflow_scripts.contracts.missing_words import MISSING
from workflow_scripts.contracts.spreadsheet import Sheet, read_sheet
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, RefusedSampleError, Seen
from workflow_scripts.runtime.errors import UserError

LARGEST_NUMBER = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Patient(Part):
    """The visits of a patient: the rows of a table that bear this name."""

    patient: str


@dataclass(frozen=True)
class TableReader:
    """CSV tables as contracts.spreadsheet reads them; the fields name their columns.

    `patient`: whose visit a row is; `order`: when it was, all numbers or all ISO dates; visits of one time keep the
    order of their rows. `values`: the D columns that become numbers, in this order; none: all the others. `codes`:
    column → word → number, for columns of words. Where the layout knows them, the manifest says of each patient the
    `outcome` (contracts.patient_flow.OUTCOMES) and the years from the landmark to it (`followup`).
    """

    modality: ClassVar[str] = "table"
    columns: ClassVar[Mapping[str, str]] = {"visits": "int"}
    optional: ClassVar[Mapping[str, str]] = {"outcome": "str", "followup": "float"}
    part: ClassVar[type[Part]] = Patient
    symmetries: ClassVar[bool] = False

    patient: str = "patient"
    order: str = "visit"
    values: Sequence[str] = ()
    codes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator["TableFile"]:
        """Read a table once, for all of its patients; `limits` speak of pictures only. Raises RefusedSampleError."""
        yield TableFile(self, path)


class TableFile(OpenFile):
    """A table with the rows of each patient. Raises RefusedSampleError for what is no such table."""

    def __init__(self, reader: TableReader, path: Path) -> None:
        super().__init__(path)
        self.reader = reader
        self.sheet = _read(reader, path)
        self.names = list(reader.values) or [name for name in self.sheet.columns if name not in self._keys()]
        self.rows_of: dict[str, list[int]] = {}
        for row, name in enumerate(self.sheet.columns[reader.patient]):
            self.rows_of.setdefault(name, []).append(row)

    def inspect(self, part: Part | None) -> Seen:
        """The number of visits; patients are compared by all their numbers."""
        digest = self.digest(part)
        return Seen({"visits": len(self._rows(part))}, digest, rows=digest)

    def rows(self, part: Part | None) -> np.ndarray:
        """float32 visits×D in the order of time; NaN where a cell is empty or says that nothing is known."""
        numbers = [[self._number(row, name) for name in self.names] for row in self._rows(part)]
        return np.array(numbers, dtype=np.float32)

    def _keys(self) -> tuple[str, str]:
        return self.reader.patient, self.reader.order

    def _rows(self, part: Part | None) -> list[int]:
        """Rows of the sheet, ordered by time."""
        assert part is None or isinstance(part, Patient), part
        rows = list(range(len(self.sheet.rows))) if part is None else self.rows_of.get(part.patient, [])
        if not rows:
            raise RefusedSampleError("incomplete", "no visit in the table")
        times = [self._time(row) for row in rows]
        if len({type(time) for time in times}) > 1:
            raise RefusedSampleError("not_a_number", f"{self.reader.order} holds numbers and dates")
        return [row for _, row in sorted(zip(times, rows, strict=True))]

    def _time(self, row: int) -> float | datetime:
        cell = self.sheet.columns[self.reader.order][row]
        if not cell:
            raise RefusedSampleError("incomplete", f"row {self.sheet.rows[row]}: {self.reader.order} is empty")
        number = _finite(cell)
        if number is not None:
            return number
        try:
            moment = datetime.fromisoformat(cell)
            return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
        except ValueError:
            raise RefusedSampleError("not_a_number", self._words(row, self.reader.order, "nor an ISO date")) from None

    def _number(self, row: int, name: str) -> float:
        cell = self.sheet.columns[name][row]
        if name in self.reader.codes and cell in self.reader.codes[name]:
            return float(self.reader.codes[name][cell])
        if not cell or cell.casefold() in MISSING:
            return math.nan
        number = _finite(cell)
        if number is None or name in self.reader.codes:
            raise RefusedSampleError("not_a_number", self._words(row, name, "nor one of its codes"))
        return number

    def _words(self, row: int, name: str, nor: str) -> str:
        cell = self.sheet.columns[name][row]
        return f"row {self.sheet.rows[row]}: {name} {cell!r} is neither a number {nor}"


def _read(reader: TableReader, path: Path) -> Sheet:
    """The table, its columns checked."""
    if not path.exists():
        raise RefusedSampleError("missing_file", "no such file, or a link to nothing")
    needed = list(dict.fromkeys([reader.patient, reader.order, *reader.values]))
    try:
        sheet = read_sheet(path, "table", needed)
    except UserError as error:
        # Of the folder nothing may get into the results.
        raise RefusedSampleError("unreadable", str(error).replace(str(path), path.name)) from None
    if not sheet.rows:
        raise RefusedSampleError("empty_file", "no row below the names of the columns")
    return sheet


def _finite(cell: str) -> float | None:
    """The number in a cell, None where there is none that float32 can hold."""
    try:
        number = float(cell) if "_" not in cell else math.nan
    except ValueError:
        return None
    return number if abs(number) <= LARGEST_NUMBER else None
