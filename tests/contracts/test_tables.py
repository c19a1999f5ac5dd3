"""A table holds what its file says: what does not fit its columns is one line, never taken for something else."""

import pytest

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.tables import Table

TABLE = Table("made", {"id": "str", "n": "int", "x": "float"}, open=True)


@pytest.mark.parametrize("cell", ["3.7", "1e30", "9" * 30, "inf", "-inf", "1e999", "9007199254740994.0"])
def test_a_count_that_is_no_whole_number_is_refused(tmp_path, cell):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\na,1,1\nb,{cell},1\n")
    with pytest.raises(UserError, match=r"column n, row 3: .* is no whole number"):
        TABLE.read(path)


@pytest.mark.parametrize(("cell", "value"), [("-1", -1), ("1e3", 1000), ("9007199254740993", 9007199254740993)])
def test_a_whole_number_is_read_exactly(tmp_path, cell, value):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\na,{cell},1\n")
    assert TABLE.read(path)["n"].tolist() == [value]


@pytest.mark.parametrize("rows", ["a,1,1,\nb,1,1,\n", "a,1,1,5\nb,1,1\n", "a,1,1,5,6\nb,1,1,5,6\n", "a,1,1\nb,1,1,5\n"])
def test_rows_that_are_longer_than_the_first_line_are_refused(tmp_path, rows):
    path = tmp_path / "table.csv"
    path.write_text(f"id,n,x\n{rows}")
    with pytest.raises(
        UserError, match="rows have more cells than the first line has names|Expected 3 fields in line 3"
    ):
        TABLE.read(path)
