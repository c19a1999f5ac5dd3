"""The user's table beside slides: which files are taken, and of whom they are.

Messages name rows, never files or patients.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.missing_words import MISSING
from workflow_scripts.contracts.spreadsheet import Sheet, read_sheet, tidy
from workflow_scripts.data.groups import further_cells, warn_of_alike, without_unknown
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file

SETTING = "ingest.slides"
# The columns that are read; `patient` and `microns` need not be there.
REQUIRED, OPTIONAL = ("slide", "label"), ("patient", "microns")
# µm per pixel that somebody may have typed: beyond it is a typing error, or no microscope.
_MOST_MICRONS = 50.0


@dataclass(frozen=True)
class SlideRow:
    """A row of the table. path: of the file, relative to the source, empty where there is none.

    named: what the row calls it; patient: empty where nobody knows; microns: µm per pixel, None where the row says
    none; attributes: its further columns.
    """

    row: int
    path: str
    named: str
    label: str
    patient: str
    microns: float | None
    attributes: Mapping[str, str]


def read_slide_rows(root: Path, name: str | None, files: Iterable[str]) -> list[SlideRow]:
    """The rows of a table below `root`; `files` are the paths that there are, relative to it.

    UserError for a row that says too little, is doubtful or repeated, and where no row names a file.
    """
    if name is None:
        raise UserError(
            "ingest.slides is not set: slides say no diagnosis; write a CSV file with the columns slide (path relative "
            "to the source) and label, put it into the source and name it there"
        )
    sheet = read_sheet(root / name, SETTING, REQUIRED, OPTIONAL, words={"microns": MISSING})
    rows = _rows(sheet, _Files(files))
    if rows and not any(row.path for row in rows):
        raise UserError(
            f"{SETTING}: no file in the source is called as any row says; the column slide holds paths relative to the "
            "source, with the file's ending"
        )
    _check_repeated(rows)
    warn_of_alike({row.patient: f"row {row.row}" for row in reversed(rows) if row.patient}, SETTING)
    missing = [row.row for row in rows if not row.path]
    if missing:
        log.warning("%s: %d slides are missing, the first in row %d", SETTING, len(missing), min(missing))
    return rows


class _Files:
    """The files of a source, to be looked up by what a table calls them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_path: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            self._by_path[tidy(path)] = path
            self._by_name[tidy(path.rpartition("/")[2])].append(path)

    def path_of(self, cell: str, row: int) -> str:
        """The path of the file that a cell means; empty where there is none."""
        # A backslash separates folders where the table comes from Windows, and may stand in a name elsewhere.
        for named in (cell, cell.replace("\\", "/").removeprefix("./")):
            if named in self._by_path:
                return self._by_path[named]
            if len(paths := self._by_name.get(named, [])) > 1:
                raise UserError(f"{SETTING}: row {row}: {len(paths)} files have this name; write the path of the one")
            if paths:
                return paths[0]
        return ""


def _rows(sheet: Sheet, files: _Files) -> list[SlideRow]:
    nothing = [""] * len(sheet.rows)
    patients = without_unknown(sheet.columns.get("patient", nothing), sheet.path)
    attributes = further_cells(sheet, (*REQUIRED, *OPTIONAL))
    microns = sheet.columns.get("microns", nothing)
    rows = []
    lacking: dict[int, str] = {}
    for line, (row, named) in enumerate(zip(sheet.rows, sheet.columns["slide"], strict=True)):
        label = sheet.columns["label"][line]
        if not named or not label:
            lacking[row] = f"no {'label' if named else 'slide'}; fill it in, or leave the row out"
            continue
        patient = " ".join(patients[line].split())
        rows.append(
            SlideRow(
                row, files.path_of(named, row), named, label, patient, _microns(microns[line], row), attributes[line]
            )
        )
    sheet.refuse_rows(SETTING, lacking)
    return rows


def _microns(cell: str, row: int) -> float | None:
    if not cell:
        return None
    try:
        number = float(cell)
        if not 0 < number <= _MOST_MICRONS:
            raise ValueError
    except ValueError:
        raise UserError(
            f"{SETTING}: row {row}: microns is no number of µm per pixel, such as 0.25; correct it, or leave it empty"
        ) from None
    return number


def _check_repeated(rows: list[SlideRow]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        name = row.path or row.named
        if name in first:
            raise UserError(f"{SETTING}: rows {first[name]} and {row.row} name one slide; keep one of them")
        first[name] = row.row


def check_classes(rows: Iterable[SlideRow], labels: Mapping[str, str | None] | None) -> None:
    """UserError where slides of one patient are of two classes; `labels`: published label → class, as in the settings.

    A patient is on one side of a split, and is judged as one where the protocol says so.
    """
    first: dict[str, tuple[int, str]] = {}
    for row in rows:
        name = row.label if labels is None else labels.get(row.label, row.label)
        if not row.patient or name is None:
            continue
        earlier, class_ = first.setdefault(row.patient, (row.row, name))
        if class_ != name:
            raise UserError(
                f"{SETTING}: rows {earlier} and {row.row} give one patient the classes {class_} and {name}; correct "
                "one, or take out the slides of one class"
            )


def equal_slides(root: Path, rows: Iterable[SlideRow]) -> dict[int, int]:
    """Row → another row whose file has the same bytes and is kept, of all rows whose slide is to be left out.

    Only files of equal sizes are read. UserError where two such rows do not say the same.
    """
    by_size: dict[int, list[SlideRow]] = defaultdict(list)
    for row in rows:
        if row.path and (root / row.path).is_file():
            by_size[(root / row.path).stat().st_size].append(row)
    copies: dict[int, int] = {}
    for alike in by_size.values():
        kept: dict[str, SlideRow] = {}
        # Of copies the row that knows the patient is kept, whatever the order of the rows.
        for row in sorted(alike, key=lambda row: (not row.patient, row.path)) if len(alike) > 1 else ():
            first = kept.setdefault(digest_file(root / row.path), row)
            if first is row:
                continue
            _check_alike(first, row)
            copies[row.row] = first.row
    return copies


def _check_alike(first: SlideRow, second: SlideRow) -> None:
    """UserError where the rows of equal files name two labels or patients."""
    differ = (
        "labels" if first.label != second.label else "patients" if second.patient not in ("", first.patient) else ""
    )
    if differ:
        low, high = sorted((first.row, second.row))
        raise UserError(
            f"{SETTING}: rows {low} and {high} name files of the same bytes and give them two {differ}; correct the "
            "rows, or take one out"
        )
