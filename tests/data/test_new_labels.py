"""Labels of new images are read as any table that users bring."""

import unicodedata

import pytest

from workflow_scripts.data.new_labels import read_labels
from workflow_scripts.runtime.errors import UserError

IMAGES = ["Größe 1.png", "b/2.png"]
CLASSES = ["HSIL", "gesund"]
TRUE = {"Größe 1.png": "gesund", "b/2.png": "HSIL"}


@pytest.mark.parametrize(
    "data",
    ["path,label\nGröße 1.png,gesund\nb/2.png,HSIL\n".encode(),
     "\ufeffpath;label\r\nGröße 1.png;gesund\r\nb/2.png;HSIL\r\n".encode(),
     "Path\tLabel\nGröße 1.png\tgesund\nb\\2.png\tHSIL\n".encode("utf-16"),
     "path;label\r\n\"Größe 1.png\";gesund \r\nb/2.png;HSIL\r\n;\r\n".encode("cp1252"),
     unicodedata.normalize("NFD", "path,label\nGröße 1.png,gesund\nb/2.png,HSIL\n").encode()],
)  # fmt: skip
def test_labels_are_read_as_a_spreadsheet_program_saves_them(tmp_path, data):
    (tmp_path / "labels.csv").write_bytes(data)
    assert read_labels(tmp_path / "labels.csv", CLASSES, tmp_path, IMAGES) == TRUE


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("b/2.png,hsil\n", r"--labels: .*labels.csv, row 2: 'hsil' is no class of this run; .*HSIL"),
        ("2.png,HSIL\n", r"--labels: .*labels.csv, row 2: no image '2.png' in .*; did you mean 'b/2.png'\?"),
        ("b/2.png,HSIL\nb/2.png,gesund\n", r"row 3: 'b/2.png' is given twice; keep one row"),
        ("2.png,HSIL\nb/2.png,HSIL\n3.png,HSIL\n", r"row 2: no image '2.png' .*; row 4, too$"),
        ("x.png,HSIL\n" * 12, r"row 2: no image 'x.png' .*; rows 3, 4, 5, 6, 7, 8, 9, 10, and 3 more, too$"),
    ],
)
def test_what_is_wrong_with_labels_is_named_with_its_row(tmp_path, rows, message):
    (tmp_path / "labels.csv").write_text("path,label\n" + rows)
    with pytest.raises(UserError, match=message):
        read_labels(tmp_path / "labels.csv", CLASSES, tmp_path, IMAGES)


def test_a_row_without_a_label_labels_nothing_and_a_word_that_is_a_class_does(tmp_path):
    (tmp_path / "labels.csv").write_text("path,label\na.png,NaN\nb.png,none\nc.png,\nd.png,benign\n")
    given = read_labels(tmp_path / "labels.csv", ["benign ", "none"], tmp_path, ["a.png", "b.png", "c.png", "d.png"])
    assert given == {"b.png": "none", "d.png": "benign "}


@pytest.mark.parametrize("rows", ["", "b/2.png,\n"])
def test_a_table_without_any_label_is_one_line(tmp_path, rows):
    (tmp_path / "labels.csv").write_text("path,label\n" + rows)
    with pytest.raises(UserError, match=r"--labels: no row of .*labels.csv has a label; fill in"):
        read_labels(tmp_path / "labels.csv", CLASSES, tmp_path, IMAGES)
