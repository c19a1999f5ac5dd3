"""Which samples are used: lists with repeats, wanted numbers, copies that never leave their original's side unseen."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from tests.raw import class_folders, run_ingest, run_preprocess
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST
from workflow_scripts.data.selecting import CHANGES, changed
from workflow_scripts.runtime.errors import UserError


def manifest_of(out):
    return MANIFEST.read(out / "manifest.csv")


def ingest(tmp_path, each=6, **changes):
    source = class_folders(tmp_path / "raw", "a", "b", each=each)
    return source, run_ingest(tmp_path / "dataset", sources={"folder": source}, **changes)


def test_more_samples_than_wanted_are_reduced_alike_every_time(tmp_path):
    _, out = ingest(tmp_path, counts={"a": 4})
    first = manifest_of(out)
    assert Counter(first["label"]) == {"a": 4, "b": 6} and (first["group"] == "").all()
    assert json.loads((out / "record.json").read_text())["wanted"] == {"a": {"wanted": 4, "listed": 6, "copies": 0}}
    again = run_ingest(tmp_path / "again", sources={"folder": tmp_path / "raw"}, counts={"a": 4, "b": 5})
    assert set(first.loc[first["label"] == "a", "id"]) == set(manifest_of(again).query("label == 'a'")["id"])
    fewer = manifest_of(run_ingest(tmp_path / "fewer", sources={"folder": tmp_path / "raw"}, counts={"a": 3}))
    assert set(fewer.query("label == 'a'")["id"]) < set(first["id"])


def test_fewer_samples_than_wanted_stay_fewer_and_the_record_says_so(tmp_path):
    _, out = ingest(tmp_path, counts={"a": 9})
    assert Counter(manifest_of(out)["label"]) == {"a": 6, "b": 6}
    assert json.loads((out / "record.json").read_text())["wanted"] == {"a": {"wanted": 9, "listed": 6, "copies": 0}}


def test_copies_fill_a_class_share_the_group_of_their_original_and_are_turned(tmp_path):
    source, out = ingest(tmp_path, counts={"a": 15}, fill="copies")
    table = manifest_of(out).set_index("id")
    copies = table[table["change"] != ""]
    assert len(copies) == 9 and Counter(table["label"]) == {"a": 15, "b": 6}
    for name, row in copies.iterrows():
        original = table.loc[name.partition("~")[0]]
        assert original["group"] == row["group"] != "" and original["path"] == row["path"]
        assert row["unit"] == name
    assert set(copies["change"]) == {"flip_left_right", "flip_up_down"}
    assert (table.loc[table["label"] == "b", "group"] == "").all()
    arrays = run_preprocess(out, tmp_path / "arrays", sources={"folder": source}, size=32)
    images = dict(zip(table.index, np.load(arrays / "data.npy"), strict=True))
    name = copies.index[copies["change"] == "flip_left_right"][0]
    flipped = images[name.partition("~")[0]][:, ::-1].astype(int)
    assert np.abs(images[name].astype(int) - flipped).max() <= 1  # resampling rounds


def test_copies_are_found_as_equal_pictures(tmp_path):
    _, out = ingest(tmp_path, counts={"a": 8}, fill="copies")
    pairs = EQUAL_PAIRS.read(out / "equal_pairs.csv")
    assert len(pairs) == 2 and set(pairs["kind"]) == {"equal_bytes"}


def test_a_list_takes_what_it_names_and_repeats_become_copies_of_one_group(tmp_path):
    source = class_folders(tmp_path / "raw", "a", "b", each=6)
    (source / "list.csv").write_text("id\na/0\na/0\na/0\na/2\nb/1\nb/5\n")
    table = manifest_of(run_ingest(tmp_path / "out", sources={"folder": source}, ids="list.csv")).set_index("id")
    assert list(table.index) == ["a/0", "a/0~2", "a/0~3", "a/2", "b/1", "b/5"]
    assert table.loc[["a/0", "a/0~2", "a/0~3"], "group"].nunique() == 1 and table.loc["a/2", "group"] == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"counts": {"c": 3}}, "ingest.counts names the class 'c'; the files have a, b"),
        ({"counts": {"a": 49}, "fill": "copies"}, "6 samples and their 7 flipped and turned copies are only 48"),
        ({"ids": "nowhere.csv"}, "nowhere.csv is missing"),
        ({"ids": "list.csv"}, "row 3: 'a/99' is no sample"),
        ({"ids": "empty.csv"}, "lacks the column 'id'"),
    ],
)
def test_what_does_not_fit_the_files_is_named(tmp_path, changes, said):
    source = class_folders(tmp_path / "raw", "a", "b", each=6)
    (source / "list.csv").write_text("id\na/0\na/99\n")
    (source / "empty.csv").write_text("name\na\n")
    with pytest.raises(UserError, match=said):
        run_ingest(tmp_path / "out", sources={"folder": source}, **changes)


def test_the_changes_are_the_seven_other_symmetries_of_a_square():
    image = Image.fromarray(np.arange(4, dtype="uint8").reshape(2, 2))
    shown = {np.asarray(changed(image, change)).tobytes() for change in ["", *CHANGES]}
    assert len(shown) == 8
