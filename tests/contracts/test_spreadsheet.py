"""A user's table is read as spreadsheets and statistics programs write it, or refused with the line that helps."""

import gzip
import os
from pathlib import Path

import pytest

from workflow_scripts.contracts.spreadsheet import formulas, read_sheet
from workflow_scripts.runtime.errors import UserError

ROWS = [["path", "group"], ["Größe/ä.png", "p 1"], ["b/1,5.png", "p2"]]
WANTED = {"path": ["Größe/ä.png", "b/1,5.png"], "group": ["p 1", "p2"]}


def text(delimiter: str = ",", end: str = "\n", quoted: bool = True) -> str:
    rows = [delimiter.join(f'"{cell}"' if quoted else cell for cell in row) for row in ROWS]
    return end.join(rows) + end


def read(tmp_path: Path, data: bytes | str, required: tuple[str, ...] = ("path", "group"), known: tuple = ("unit",)):
    path = tmp_path / "t.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_sheet(path, "ingest.groups", required, known)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_delimiter_line_ends_and_encoding_change_nothing(tmp_path, delimiter, end, encoding) -> None:
    sheet = read(tmp_path, text(delimiter, end).encode(encoding))
    assert sheet.columns == WANTED and sheet.rows == [2, 3]


@pytest.mark.parametrize(
    "written",
    [
        'sep=;\n"path";"group"\n"Größe/ä.png";"p 1"\n"b/1,5.png";p2\n',
        "path;group\nGröße/ä.png;p 1\nb/1,5.png;p2\n",
        ' Path ,GROUP\u00a0\nGröße/ä.png , p 1\n"b/1,5.png",\tp2\n',
        'path,group,,\n"Größe/ä.png",p 1,,\n,,,\n"b/1,5.png",p2,,\n,,,\n\n,,,\n',
        '\n\npath,group\nGro\u0308ße/a\u0308.png,p 1\n\n"b/1,5.png",p2',
        '"","path","group"\n"1","Größe/ä.png","p 1"\n"2","b/1,5.png","p2"\n',
        '\ufeff"path","group"\n"Größe/ä.png","p 1\u200b"\n"b/1,5.png","\ufeffp2"\n',
    ],
    ids=["sep line", "semicolons, commas inside", "case and white space", "empty rows and columns"]
    + ["decomposed letters, blank lines", "row names of R", "invisible marks"],
)
def test_what_programs_add_is_taken_away(tmp_path, written) -> None:
    columns = read(tmp_path, written).columns
    assert {name: columns[name] for name in WANTED} == WANTED and set(columns) == set(WANTED)


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path) -> None:
    assert read(tmp_path, "sep=,\n\npath,group\na,b\n\n,,\nc,d\n").rows == [4, 7]


def test_decimal_commas_become_points_where_the_whole_column_is_numbers(tmp_path) -> None:
    columns = read(tmp_path, "path;group;age;note\na;1;45,5;1,5\nb;2;;x\nc;3;50;2\n").columns
    assert columns["age"] == ["45.5", "", "50"] and columns["note"] == ["1,5", "x", "2"]


def test_decimal_commas_become_points_beside_words_and_words_stay_as_they_are(tmp_path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("path;age;hpv\na;31,5;16,18\nb;NA;16\nc;99,9;18,0\n")
    words = {"age": {"na", "99,9"}, "hpv": {"16,18"}}
    columns = read_sheet(path, "ingest.visits", ["path"], words=words).columns
    assert columns["age"] == ["31.5", "NA", "99,9"] and columns["hpv"] == ["16,18", "16", "18.0"]


def test_short_rows_are_filled_with_empty_cells(tmp_path) -> None:
    assert read(tmp_path, "path,group,unit\na,b\nc\n").columns == {
        "path": ["a", "c"],
        "group": ["b", ""],
        "unit": ["", ""],
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "has no row; its first row names the columns"),
        ("a.png,p\nb.png,q\n", "lacks the column 'path'; its first row is 'a.png', 'p'"),
        ("path,patient\na,b\n", "lacks the column 'group'"),
        ("path,group\na,b\na,b.png,q\n", "row 3 has more cells than the header"),
        ("path,group,\na,b,c\n", "row 2 has more cells than the header"),
        ("path,,group\na,1,c\n", "column 2 has cells and no name"),
        ("path,group,Path\na,b,c\n", None),
        ("path,group,group\na,b,c\n", "two columns 'group'"),
        ('path,group\n"a,b\nc,d\n', "quotation mark"),
        ('path,group\n"a"x,b\n', "row 2: .* quotation mark"),
        (f"path,group\n{'x' * 200_000},b\n", "row 2"),
        (b"path,group\na,\x81\n", "neither UTF-8 nor Latin-1"),
        (b"\xff\xfep\0a\0t", "begins like UTF-16"),
        (b"PK\x03\x04rest", "a workbook or zip file; save the table as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"\x1f\x8brest", "compressed"),
        (b"path,group\na\0,b\n", "no text file"),
        (f"path,group\na,{'b' * 140_000}\n", "row 2: a cell of over 131072 letters; shorten it"),
    ],
)
def test_what_is_no_table_is_one_line_that_helps(tmp_path, written, said) -> None:
    if said is None:
        assert read(tmp_path, written).columns["path"] == ["a"], "the exact spelling is the column"
        return
    with pytest.raises(UserError, match=said) as error:
        read(tmp_path, written)
    assert "\n" not in str(error.value) and str(error.value).startswith(f"ingest.groups: {tmp_path}")


def test_a_compressed_table_is_read_and_one_that_is_cut_off_is_named(tmp_path) -> None:
    packed = gzip.compress(b"path,group\na,b\n" * 100)
    (tmp_path / "t.csv.gz").write_bytes(packed)
    assert read_sheet(tmp_path / "t.csv.gz", "ingest.groups", ("path",)).columns["path"][0] == "a"
    for broken in (packed[:-20], b"path,group\na,b\n"):
        (tmp_path / "t.csv.gz").write_bytes(broken)
        with pytest.raises(UserError, match="ends in .gz and is no whole gzip file"):
            read_sheet(tmp_path / "t.csv.gz", "ingest.groups", ("path",))


def test_folders_pipes_devices_and_missing_files_are_named_and_not_read(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, said in (
        (".", "is a folder"),
        ("pipe", "pipe or device"),
        ("zero", "pipe or device"),
        ("no", "is missing; put the file there, or correct the path"),
    ):
        with pytest.raises(UserError, match=said):
            read_sheet(tmp_path / name, "ingest.groups", ("path",))


def test_what_a_spreadsheet_takes_for_a_formula() -> None:
    begun = ["=1", "@SUM(1)", "+49 x", "-d", "=HYPERLINK(1)", "-1+1"]
    plain = ["-5", "+1.5e-3", "-1,5", "-", "+", "a=1", "", "1-2", "-inf", "+49 89"]
    assert formulas(begun + plain) == sorted(begun)
