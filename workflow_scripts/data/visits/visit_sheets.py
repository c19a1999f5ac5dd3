"""The user's tables of visits and of outcomes: whose a row is, and when it was.

Messages name rows and columns, never patients. Times are numbers in the unit of the settings, of dates in days.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from workflow_scripts.contracts.missing_words import MISSING, missing_words, says_nothing
from workflow_scripts.contracts.spreadsheet import Sheet, read_sheet
from workflow_scripts.contracts.step_settings.visit_settings import VisitTable
from workflow_scripts.data.groups import warn_of_alike, without_unknown
from workflow_scripts.runtime.errors import UserError

SETTING = "ingest.visits"
# Units of time in a year.
PER_YEAR: Mapping[str, float] = {"date": 365.25, "days": 365.25, "months": 12.0, "years": 1.0}
# A year beyond is a typing error, or stands for "never".
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Fault:
    """Why a patient, or a row, cannot be used: `reason` is one of contracts.dataset.REASONS; `detail` names the row."""

    reason: str
    detail: str


@dataclass(frozen=True)
class PatientRows:
    """A table and whose its rows are; `lines` count from 0, `sheet.rows` holds their numbers in a spreadsheet."""

    sheet: Sheet
    patients: tuple[str, ...]
    missing: frozenset[str]

    @cached_property
    def lines_of(self) -> dict[str, list[int]]:
        """Patient → lines, in the order of the table; rows of nobody are left out."""
        lines: dict[str, list[int]] = {}
        for line, patient in enumerate(self.patients):
            if patient:
                lines.setdefault(patient, []).append(line)
        return lines

    def cell(self, column: str, line: int) -> str:
        """A cell; empty where it says that nothing is known."""
        text = self.sheet.columns[column][line]
        return "" if says_nothing(text, self.missing) else text

    def where(self, line: int, column: str = "") -> str:
        """How messages call a row, or a cell of it."""
        return f"row {self.sheet.rows[line]}" + (f", column {column}" if column else "")


@dataclass(frozen=True)
class VisitSheets:
    """Both tables; `outcomes` is the one of visits where no other is named.

    times: of each row of visits, NaN where there is none; faults: line → why; unit: of all times.
    """

    visits: PatientRows
    outcomes: PatientRows
    times: np.ndarray
    faults: Mapping[int, Fault]
    unit: str

    @property
    def per_year(self) -> float:
        """Units of time in a year."""
        return PER_YEAR[self.unit]


def moment(cell: str, unit: str) -> float:
    """A time as a number in its unit, of an ISO date in days. ValueError for what is none, or of no possible year."""
    if unit == "date":
        when = datetime.fromisoformat(cell)
        if when.tzinfo is not None:
            when = when.astimezone(UTC)
        if not _FIRST_YEAR <= when.year <= _LAST_YEAR:
            raise ValueError(when.year)
        return when.toordinal() + (when.hour * 3600 + when.minute * 60 + when.second) / _SECONDS_A_DAY
    number = float(cell)
    if "_" in cell or not math.isfinite(number):
        raise ValueError(cell)
    return number


def no_moment(where: str, unit: str) -> Fault:
    """What is said of a cell that holds no time."""
    wanted = "a possible date, such as 2014-01-31" if unit == "date" else f"a number of {unit}"
    return Fault("impossible_date", f"{where}: not {wanted}")


def read_visit_sheets(root: Path, table: VisitTable) -> VisitSheets:
    """Both tables below `root`. UserError where one is not there, lacks a column, or names a patient twice."""
    roles = table.roles()
    of_outcomes = ("outcome.", "landmark.") if table.outcomes else ("none",)
    own = [column for key, column in roles.items() if not key.startswith(of_outcomes)]
    if table.landmark.kind == "age" and table.landmark.column:
        own.append(table.landmark.column)
    visits = _rows(root / table.file, f"{SETTING}.file", [*own, *table.columns], table)
    if table.patient is None:
        width = max(4, len(str(len(visits.sheet.rows))))
        numbered = tuple(f"row{number:0{width}d}" for number in range(1, len(visits.sheet.rows) + 1))
        visits = PatientRows(visits.sheet, numbered, visits.missing)
    outcomes = visits
    if table.outcomes:
        further = [column for key, column in roles.items() if key.startswith(of_outcomes)]
        outcomes = _rows(root / table.outcomes, f"{SETTING}.outcomes", [table.patient or "", *further], table)
        _check_once(outcomes)
    if table.patient:
        warn_of_alike(_places(outcomes) | _places(visits), SETTING)
    unit = table.time.unit if table.time else "years"
    times, faults = _times(visits, table.time.column if table.time else None, unit)
    return VisitSheets(visits, outcomes, times, faults, unit)


def _rows(path: Path, setting: str, columns: Sequence[str], table: VisitTable) -> PatientRows:
    sheet = read_sheet(path, setting, list(dict.fromkeys(columns)), words=_words(table, columns))
    if not sheet.rows:
        raise UserError(f"{setting}: {path} has no row below the names of its columns")
    missing = missing_words(table.missing)
    names = sheet.columns[table.patient] if table.patient else [""] * len(sheet.rows)
    patients_named = without_unknown(names, path) if table.patient else names
    # As written: to a name `09` and `9` are two.
    nobody = MISSING | {word.casefold() for word in table.missing}
    patients = tuple("" if name.casefold() in nobody else " ".join(name.split()) for name in patients_named)
    return PatientRows(sheet, patients, missing)


def _words(table: VisitTable, columns: Iterable[str]) -> dict[str, set[str]]:
    """Column → words, in small letters, that stand there beside numbers: for what is missing, and of the settings."""
    words = {name: {*MISSING, *(word.casefold() for word in table.missing)} for name in columns}
    for name, rule in table.columns.items():
        words.setdefault(name, set()).update(word.casefold() for word in (*rule.missing, *rule.coded()))
    return words


def _places(rows: PatientRows) -> dict[str, str]:
    """Patient → how messages call the first row of it."""
    return {name: f"row {rows.sheet.rows[lines[0]]} of {rows.sheet.path.name}" for name, lines in rows.lines_of.items()}


def _check_once(outcomes: PatientRows) -> None:
    for lines in outcomes.lines_of.values():
        if len(lines) > 1:
            first, second = (outcomes.sheet.rows[line] for line in lines[:2])
            raise UserError(
                f"{SETTING}.outcomes: rows {first} and {second} are of one patient; the table has a row a patient, "
                "keep one of them"
            )


def _times(visits: PatientRows, column: str | None, unit: str) -> tuple[np.ndarray, dict[int, Fault]]:
    """The time of each row, and the rows that have none; 0 for all where a patient has one visit."""
    times = np.zeros(len(visits.sheet.rows))
    faults: dict[int, Fault] = {}
    for line in range(len(times)) if column else ():
        assert column is not None
        cell = visits.cell(column, line)
        if not cell:
            times[line] = math.nan
            faults[line] = Fault("no_time", f"{visits.where(line, column)}: no time of the visit")
            continue
        try:
            times[line] = moment(cell, unit)
        except (ValueError, OverflowError):
            times[line] = math.nan
            faults[line] = no_moment(visits.where(line, column), unit)
    return times, faults
