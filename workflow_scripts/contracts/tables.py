"""What all CSV contracts share: columns with types, one reader, one atomic writer."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, open_file
from workflow_scripts.runtime.results_layout import remedy

SIGNIFICANT = "%.9g"
# What nine significant digits of a probability, and of the sum of hundreds of them, may be beside the true value.
TOLERANCE, SUM_TOLERANCE = 1e-9, 1e-5
SPOILT = "the model has diverged, or the file was edited"


class _Rows(io.TextIOBase):
    """Takes rows that end in CR LF, one at a time, and writes them with LF."""

    def __init__(self, handle: TextIO) -> None:
        self.handle = handle

    def write(self, row: str) -> int:
        return self.handle.write(row.removesuffix("\r\n") + "\n")


@dataclass(frozen=True)
class Table:
    """A CSV contract: its name, its columns with pandas types, and whether further columns may follow.

    Types are "str", "int", "float"; text columns never hold NaN (an empty cell is the empty string). Rows keep the
    order in which they are written. `key` names the columns whose values must be unique together. `absent` is how a
    number that there is not is written and read. `values`: all that a column may hold. `shares`: how the further
    columns begin that hold a probability each: finite, in [0, 1], and together 1 in every row. `optional`: types of
    further columns that need not be there and whose cells may be empty (int: pandas' Int64, with NA).
    """

    name: str
    columns: dict[str, str]
    open: bool = False
    key: tuple[str, ...] = ()
    absent: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shares: str = ""
    optional: Mapping[str, str] = field(default_factory=dict)

    def check(self, frame: pd.DataFrame, where: str) -> None:
        """Raise UserError when columns are missing, unexpected or repeat a key."""
        missing = [column for column in self.columns if column not in frame.columns]
        if missing:
            raise UserError(
                f"{where}: {self.name} lacks the column(s) {', '.join(missing)}; "
                f"it has {', '.join(map(str, frame.columns))}"
            )
        extra = [str(column) for column in frame.columns if column not in {**self.columns, **self.optional}]
        if extra and not self.open:
            raise UserError(f"{where}: {self.name} has the unknown column(s) {', '.join(extra)}")
        if self.key and frame.duplicated(list(self.key)).any():
            first = frame[frame.duplicated(list(self.key))].iloc[0][list(self.key)].to_dict()
            raise UserError(f"{where}: {self.name} repeats the row {first}; each {' + '.join(self.key)} may occur once")

        for column, allowed in self.values.items():
            wrong = ~frame[column].isin(allowed)
            if wrong.any():
                row = int(wrong.to_numpy().argmax())
                raise UserError(
                    f"{where}, row {row + 2}: {column} {frame[column].iloc[row]!r}; use {', '.join(allowed)}"
                )
        if self.shares:
            self._check_shares(frame, where)

    def _check_shares(self, frame: pd.DataFrame, where: str) -> None:
        """Raise UserError for the first row whose probabilities are none."""
        columns = [column for column in frame.columns if str(column).startswith(self.shares)]
        if not columns:
            raise UserError(f"{where}: {self.name} has no column {self.shares}<class> with a probability")
        numbers = frame[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype="float64")
        total = numbers.sum(axis=1)
        for wrong, what in (
            (~np.isfinite(numbers), "is no number"),
            (~((numbers >= -TOLERANCE) & (numbers <= 1 + TOLERANCE)), "is no probability"),
        ):
            if wrong.any():
                row, column = (int(part) for part in np.argwhere(wrong)[0])
                cell = frame[columns[column]].iloc[row]
                raise UserError(f"{where}, row {row + 2}: {columns[column]} {str(cell)!r} {what}; {SPOILT}")
        wrong = np.abs(total - 1) > SUM_TOLERANCE
        if wrong.any():
            row = int(wrong.argmax())
            raise UserError(f"{where}, row {row + 2}: the probabilities sum to {total[row]:.6g}, not to 1; {SPOILT}")

    def write(self, path: Path, frame: pd.DataFrame) -> None:
        """Check and write; the contract's columns come first, then further ones in the order they have."""
        self.check(frame, str(path))
        extra = [column for column in frame.columns if column not in self.columns]
        # Python quotes what holds a sign of the line end: with both, a name with a carriage return stays one cell.
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
            frame[[*self.columns, *extra]].to_csv(
                _Rows(handle), index=False, float_format=SIGNIFICANT, lineterminator="\r\n", na_rep=self.absent
            )

    def as_text(self, path: Path) -> pd.DataFrame:
        """Read and check, every cell as it is written; an empty cell is the empty string."""
        try:
            with open_file(path) as handle:
                frame = pd.read_csv(handle, dtype=str, keep_default_na=False, encoding="utf-8")
        except FileNotFoundError:
            raise UserError(f"{path} is missing; {remedy(path)}") from None
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is not a readable CSV file ({error})") from None
        if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what is too much for names of the rows
            raise UserError(
                f"{path}: rows have more cells than the first line has names, is there a comma at their end?"
            )
        if frame.isna().any(axis=None):
            row = int(frame.isna().any(axis=1).to_numpy().argmax())
            raise UserError(f"{path}, row {row + 2}: fewer cells than the first line has names")
        self.check(frame, str(path))
        return frame

    def read(self, path: Path) -> pd.DataFrame:
        """Read and check; further columns are numbers where every cell is one."""
        return self.typed(self.as_text(path), str(path))

    def typed(self, frame: pd.DataFrame, where: str) -> pd.DataFrame:
        """The table with the contract's types, from one of text; UserError names the first cell that is no number."""
        frame = frame.copy()
        for column in frame.columns:
            kind = self.columns.get(column) or self.optional.get(column)
            required = column in self.columns
            frame[column] = self._convert(frame[column], kind, f"{where}, column {column}", required)
        return frame

    def _convert(self, values: pd.Series, kind: str | None, where: str, required: bool) -> pd.Series:
        if kind == "str":
            return values
        numbers = pd.to_numeric(values.where(values != self.absent), errors="coerce")
        wrong = numbers.isna() & (values != self.absent)
        if kind is None:
            return values if wrong.any() or not len(values) else numbers
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise UserError(f"{where}, row {row + 2}: {values.iloc[row]!r} is not a number")
        if kind == "int":
            if required and numbers.isna().any():
                row = int(numbers.isna().to_numpy().argmax())
                raise UserError(f"{where}, row {row + 2}: an empty cell, a whole number is wanted")
            # Beyond 2^53 a number that is not written as a whole one is no longer exact.
            wrong = (numbers.notna() & ~((numbers % 1 == 0) & (numbers.abs() <= 2**53))).to_numpy()
            if numbers.dtype != "int64" and wrong.any():
                row = int(wrong.argmax())
                raise UserError(f"{where}, row {row + 2}: {values.iloc[row]!r} is no whole number of up to 2^53")
            return numbers.astype("int64" if required else "Int64")
        return numbers.astype("float64")
