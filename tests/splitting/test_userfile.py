"""A user's split file: what is refused, and with which words."""

import pandas as pd
import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.userfile import read_split

MANIFEST = pd.DataFrame({"id": [f"s{n}" for n in range(6)], "label": ["a", "b"] * 3})
PARTS = ["train", "train", "validation", "validation", "test", "test"]
GOOD = ["s0,0,train", "s1,0,train", "s2,0,validation", "s3,0,validation", "s4,0,test", "s5,0,test"]


def read(tmp_path, rows, folds=1, head="id,fold,subset"):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return read_split(path, MANIFEST, folds, ["a", "b"])


def test_a_good_file_comes_back_in_manifest_order(tmp_path):
    table = read(tmp_path, GOOD[::-1])
    assert table["id"].tolist() == MANIFEST["id"].tolist() and table["subset"].tolist()[0] == "train"


def test_folds_are_checked_one_by_one(tmp_path):
    second = [row.replace(",0,", ",1,") for row in GOOD]
    assert len(read(tmp_path, GOOD + second, folds=2)) == 12
    with pytest.raises(UserError, match="fold 1: 1 of 6 samples .* missing, first 's5'"):
        read(tmp_path, GOOD + second[:5], folds=2)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (GOOD[:5], "1 of 6 samples of manifest.csv are missing, first 's5'"),
        ([*GOOD, "s9,0,test"], "row 8: id 's9' is not in manifest.csv"),
        ([*GOOD[:5], "s5,0,testing"], "row 7: subset 'testing'; use train, validation, test"),
        ([*GOOD, "s5,0,train"], "repeats the row"),
        ([*GOOD[:5], "s5,0,train"], "class 'b' has no sample in subset test"),
        ([*GOOD[:5], "s5,1,test"], "folds 0, 1 found, the protocol says folds: 1"),
        ([*GOOD[:5], "s5,zero,test"], "'zero' is not a number"),
        ([], "folds none found"),
    ],
)
def test_mistakes_are_named_in_one_line(tmp_path, rows, says):
    with pytest.raises(UserError, match=says) as caught:
        read(tmp_path, rows)
    assert "mine.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(UserError, match="lacks the column"):
        read(tmp_path, [row.replace(",0,", ",") for row in GOOD], head="id,subset")


@pytest.mark.parametrize(
    ("end", "encoding"),
    [("\r\n", "utf-8-sig"), ("\r", "latin-1"), ("\n", "utf-16")],
    ids=["Excel", "old Mac", "UTF-16"],
)
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_a_file_is_read_as_spreadsheets_write_it(tmp_path, delimiter, end, encoding):
    manifest = MANIFEST.assign(id=[f"Größe {n}" for n in range(6)])
    rows = [["id", "Fold", "subset", ""], *([f" Größe {n} ", "0", part, ""] for n, part in enumerate(PARTS)), [""] * 4]
    text = end.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode(encoding))
    table = read_split(path, manifest, 1, ["a", "b"])
    assert table["id"].tolist() == manifest["id"].tolist() and table["subset"].tolist() == PARTS
    assert table["fold"].tolist() == [0] * 6
