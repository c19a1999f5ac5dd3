"""The one reader of the tables that users give: text files as spreadsheets and statistics programs write them.

Taken are commas, semicolons, tabs and bars; UTF-8 with and without byte-order mark, UTF-16, UTF-32 and Latin-1
(Windows-1252); line ends of every system; quoted cells and headers; Excel's first line `sep=;`; empty rows and columns
at the ends; a first column without a name (R and pandas write row names there); each of these compressed with gzip,
under a name that ends in .gz.
"""

import csv
import gzip
import io
import re
import stat
import unicodedata
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LARGEST = 256_000_000
# Rows with a fault that are named beside the first.
_FURTHER_ROWS = 8
# White space that `str.strip` leaves, and marks that no screen shows.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_MARKS = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHER_FORMATS = {
    b"PK\x03\x04": "a workbook or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF file",
    b"{\\rtf": "an RTF file",
}
# What begins so is a formula to a spreadsheet, unless it is a number or the sign alone.
FORMULA = ("=", "+", "-", "@")
_NO_FORMULA = re.compile(r"[+-]([\d., ]*|inf|nan)([eE][+-]?\d+)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")


@dataclass(frozen=True)
class Sheet:
    """A user's table: the file, its columns by name, and the number that a spreadsheet shows beside each row."""

    path: Path
    columns: dict[str, list[str]]
    rows: list[int]

    def refuse_rows(self, where: str, faults: Mapping[int, str]) -> None:
        """UserError, beginning with `where`, if there are faults: row → what is wrong there and what to do.

        The first is told whole, of the others the rows.
        """
        if not faults:
            return
        row, fault = next(iter(faults.items()))
        further = [str(number) for number in list(faults)[1:]]
        shown = further[:_FURTHER_ROWS]
        more = f", and {len(further) - len(shown)} more" if len(further) > len(shown) else ""
        rows = f"; row{'s' if len(further) > 1 else ''} {', '.join(shown)}{more}, too" if further else ""
        raise UserError(f"{where}: {self.path}, row {row}: {fault}{rows}")


def tidy(text: str) -> str:
    """A cell as it is compared: no white space or invisible marks at its ends, composed letters (NFC)."""
    return unicodedata.normalize("NFC", text.strip().strip(_INVISIBLE).strip())


def read_sheet(
    path: Path,
    setting: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    words: Mapping[str, Container[str]] = MappingProxyType({}),
) -> Sheet:
    """Read a user's table; every cell tidy, every column of as many cells as there are rows.

    `setting` is the key that names the file. `required` are columns that must be there, in any case of letters;
    `optional` are further ones that are matched so. `words`: column → cells, in small letters, that are taken as they
    are; where all else is numbers, decimal commas become points. Raises UserError, one line, for what is no such table.
    """
    where = f"{setting}: {path}"
    text = read_text(path, where)
    lines, delimiter = _lines(text, where, [*required, *optional])
    if not lines:
        raise UserError(f"{where} has no row; its first row names the columns ({', '.join(required)})")
    names, cells = _header(lines[0], lines[1:], where, required, optional)
    rows = [number for number, _ in cells]
    columns = {name: [row[index] for _, row in cells] for index, name in enumerate(names) if name}
    if delimiter != ",":
        columns = {name: _with_points(values, words.get(name, ())) for name, values in columns.items()}
    return Sheet(path, columns, rows)


def formulas(names: Iterable[str]) -> list[str]:
    """Those of the names, sorted, that a spreadsheet takes for formulas: they begin so and are no numbers."""
    return sorted({name for name in names if name.startswith(FORMULA) and not _NO_FORMULA.fullmatch(name)})


def read_text(path: Path, where: str) -> str:
    """Text of a file that a user gives, whatever its encoding; UserError, beginning with `where`, for what is none.

    Pipes and devices are not read, nor what is larger than any table.
    """
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise UserError(f"{where} is a folder; name the CSV file inside it")
        if not stat.S_ISREG(state.st_mode):
            raise UserError(f"{where} is a pipe or device and no file; name a CSV file")
        if state.st_size > LARGEST:
            raise UserError(f"{where} has {state.st_size / 1e6:.0f} MB, more than any list of images; name a CSV file")
        data = _unpacked(path) if path.suffix == ".gz" else path.read_bytes()
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UserError(f"{where} ends in .gz and is no whole gzip file; compress the table again") from None
    except FileNotFoundError:
        raise UserError(f"{where} is missing; put the file there, or correct the path") from None
    except OSError as error:
        raise UserError(f"{where} cannot be read ({error.strerror}); make it readable") from None
    kind = next((kind for start, kind in _OTHER_FORMATS.items() if data.startswith(start)), None)
    if kind:
        raise UserError(f"{where} is {kind}; save the table as CSV UTF-8 and name that file")
    if len(data) > LARGEST:
        raise UserError(f"{where} holds more than {LARGEST / 1e6:.0f} MB, more than any table; name a CSV file")
    text = _decoded(data, where)
    if "\0" in text:
        raise UserError(f"{where} is no text file; save the table as CSV UTF-8 and name that file")
    return text


def _unpacked(path: Path) -> bytes:
    """The first bytes of what a file compresses, of which there may be LARGEST."""
    with gzip.open(path) as handle:
        return handle.read(LARGEST + 1)


def _decoded(data: bytes, where: str) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    # Without a mark: a Latin letter in two bytes has a zero beside it.
    if encoding is None and len(data) > 1 and data[:2].count(0) == 1:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        return data.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError:
        if encoding:
            raise UserError(f"{where} begins like {encoding.upper()} and is none; save it as CSV UTF-8") from None
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise UserError(f"{where} is neither UTF-8 nor Latin-1; save it as CSV UTF-8") from None
    log.warning("%s is not UTF-8; read as Latin-1 (Windows-1252)", where)
    return text


def _lines(text: str, where: str, wanted: Sequence[str]) -> tuple[list[tuple[int, list[str]]], str]:
    """(row number, tidy cells) of the rows that hold anything, and the delimiter that gives most names of `wanted`."""
    first, _, rest = text.lstrip("\r\n").partition("\n")
    named = re.fullmatch(r"\"?sep=(.)\"?\r?", first)
    skipped = 1 if named else 0
    if named:
        text = rest
    choices = [named[1]] if named else list(DELIMITERS)
    ranked = []
    for rank, delimiter in enumerate(choices):
        head = next((row for _, row in _rows(io.StringIO(text, newline=""), delimiter, where, True) if any(row)), [])
        hits = len({name.casefold() for name in head} & {name.casefold() for name in wanted})
        ranked.append((hits, len(head), -rank, delimiter))
    delimiter = max(ranked)[3]
    rows = _rows(io.StringIO(text, newline=""), delimiter, where, False)
    return [(number + skipped, row) for number, row in rows if any(row)], delimiter


def _rows(handle: io.StringIO, delimiter: str, where: str, lenient: bool) -> list[tuple[int, list[str]]]:
    """Rows with their numbers; `lenient` ends at the first with a cell and forgives what a wrong delimiter spoils."""
    rows, number = [], 0
    try:
        for row in csv.reader(handle, delimiter=delimiter, strict=not lenient):
            number += 1
            rows.append((number, [tidy(cell) for cell in row]))
            if lenient and any(rows[-1][1]):
                break
    except csv.Error as error:
        if not lenient and "field limit" in str(error):
            raise UserError(
                f"{where}, row {number + 1}: a cell of over {csv.field_size_limit()} letters; shorten it, or close "
                "the quotation mark that opens it"
            ) from None
        if not lenient:
            raise UserError(
                f"{where}, row {number + 1}: {error}; a quotation mark opens a cell and does not close it as CSV wants"
            ) from None
    return rows


def _header(
    head: tuple[int, list[str]],
    cells: list[tuple[int, list[str]]],
    where: str,
    required: Sequence[str],
    optional: Sequence[str],
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, empty where a column has none and is not used, and rows of that length."""
    names = list(head[1])
    while names and not names[-1]:
        names.pop()
    for number, row in cells:
        if any(row[len(names) :]):
            raise UserError(
                f"{where}, row {number} has more cells than the header ({', '.join(names)}); a cell that holds the "
                "separator must stand in quotation marks"
            )
    for index, name in enumerate(names):
        if not name and index and any(row[index] for _, row in cells if index < len(row)):
            raise UserError(f"{where}: column {index + 1} has cells and no name; name it in the first row")
    by_key = {name.casefold(): name for name in (*required, *optional)}
    exact = set(names)
    names = [name if (wanted := by_key.get(name.casefold(), name)) in exact else wanted for name in names]
    for name in required:
        if name not in names:
            raise UserError(
                f"{where} lacks the column {name!r}; its first row is {', '.join(map(repr, filter(None, names)))} and "
                f"must name the columns {', '.join(required)}"
            )
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise UserError(f"{where} has two columns {twice!r}; rename or remove one")
    return names, [(number, [*row, *[""] * len(names)][: len(names)]) for number, row in cells]


def _with_points(values: list[str], words: Container[str]) -> list[str]:
    """Numbers with a decimal point where every cell of the column is a number or a word, and some have a comma."""
    numbers = {value for value in values if value and value.casefold() not in words}
    if not all(_DECIMAL_COMMA.fullmatch(value) for value in numbers) or not any("," in value for value in numbers):
        return values
    return [value.replace(",", ".") if value in numbers else value for value in values]
