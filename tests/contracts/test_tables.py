"""Tables give back what was written; what does not fit their columns is one line, never taken for something else."""

import pandas as pd
import pytest

from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError

NAMES = Table("names", {"id": "str", "label": "str"}, key=("id",))
COUNTS = Table("made", {"id": "str", "n": "int", "x": "float"}, open=True)


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\t", '"', ",", " ", "\x07", "\u2028", "\x1f"])
def test_a_name_is_read_as_it_was_written(tmp_path, sign):
    names = [f"a{sign}b", f"{sign}a", f"a{sign}", sign]
    NAMES.write(tmp_path / "t.csv", pd.DataFrame({"id": names, "label": names[::-1]}))
    found = NAMES.read(tmp_path / "t.csv")
    assert list(found["id"]) == names and list(found["label"]) == names[::-1]


def test_lines_end_in_a_line_feed_alone(tmp_path):
    NAMES.write(tmp_path / "t.csv", pd.DataFrame({"id": ["a", "b"], "label": ["x", ""]}))
    assert (tmp_path / "t.csv").read_bytes() == b"id,label\na,x\nb,\n"


@pytest.mark.parametrize("cell", ["0.5", "inf", "1e30", "99999999999999999999", "-0.1"])
def test_a_whole_number_is_not_cut_out_of_another(tmp_path, cell):
    (tmp_path / "t.csv").write_text(f"id,fold\na,0\nb,{cell}\n")
    with pytest.raises(UserError, match=f"column fold, row 3: '{cell}' is no whole number"):
        Table("split", {"id": "str", "fold": "int"}).read(tmp_path / "t.csv")


def test_a_spreadsheets_way_to_write_whole_numbers_is_taken(tmp_path):
    (tmp_path / "t.csv").write_text("id,fold\na,0.0\nb,1\nc,4294967295\n")
    assert list(Table("split", {"id": "str", "fold": "int"}).read(tmp_path / "t.csv")["fold"]) == [0, 1, 4294967295]


@pytest.mark.parametrize("cell", ["3.7", "1e30", "9" * 30, "inf", "-inf", "1e999", "9007199254740994.0"])
def test_a_count_that_is_no_whole_number_is_refused(tmp_path, cell):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\na,1,1\nb,{cell},1\n")
    with pytest.raises(UserError, match=r"column n, row 3: .* is no whole number"):
        COUNTS.read(path)


@pytest.mark.parametrize(("cell", "value"), [("-1", -1), ("1e3", 1000), ("9007199254740993", 9007199254740993)])
def test_a_whole_number_is_read_exactly(tmp_path, cell, value):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\na,{cell},1\n")
    assert COUNTS.read(path)["n"].tolist() == [value]


@pytest.mark.parametrize("rows", ["a,1,1,\nb,1,1,\n", "a,1,1,5\nb,1,1\n", "a,1,1,5,6\nb,1,1,5,6\n", "a,1,1\nb,1,1,5\n"])
def test_rows_that_are_longer_than_the_first_line_are_refused(tmp_path, rows):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\n{rows}")
    with pytest.raises(
        UserError, match="rows have more cells than the first line has names|Expected 3 fields in line 3"
    ):
        COUNTS.read(path)
