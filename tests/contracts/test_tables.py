"""Tables give back what was written, whatever signs the names hold."""

import pandas as pd
import pytest

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
