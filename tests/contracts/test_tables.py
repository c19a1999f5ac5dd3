"""Tables give back what was written, whatever signs the names hold."""

import pandas as pd
import pytest

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.tables import Table

TABLE = Table("names", {"id": "str", "label": "str"}, key=("id",))


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\t", '"', ",", " ", "\x07", "\u2028", "\x1f"])
def test_a_name_is_read_as_it_was_written(tmp_path, sign):
    names = [f"a{sign}b", f"{sign}a", f"a{sign}", sign]
    TABLE.write(tmp_path / "t.csv", pd.DataFrame({"id": names, "label": names[::-1]}))
    found = TABLE.read(tmp_path / "t.csv")
    assert list(found["id"]) == names and list(found["label"]) == names[::-1]


def test_lines_end_in_a_line_feed_alone(tmp_path):
    TABLE.write(tmp_path / "t.csv", pd.DataFrame({"id": ["a", "b"], "label": ["x", ""]}))
    assert (tmp_path / "t.csv").read_bytes() == b"id,label\na,x\nb,\n"


@pytest.mark.parametrize("cell", ["0.5", "inf", "1e30", "99999999999999999999", "-0.1"])
def test_a_whole_number_is_not_cut_out_of_another(tmp_path, cell):
    (tmp_path / "t.csv").write_text(f"id,fold\na,0\nb,{cell}\n")
    with pytest.raises(UserError, match=f"column fold, row 3: '{cell}' is no whole number"):
        Table("split", {"id": "str", "fold": "int"}).read(tmp_path / "t.csv")


def test_a_spreadsheets_way_to_write_whole_numbers_is_taken(tmp_path):
    (tmp_path / "t.csv").write_text("id,fold\na,0.0\nb,1\nc,4294967295\n")
    assert list(Table("split", {"id": "str", "fold": "int"}).read(tmp_path / "t.csv")["fold"]) == [0, 1, 4294967295]
