"""A test that shows what was learned from is listed with what was done to it; what only looks alike is not."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.made_copies import flipped, picture, turned
from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES
from workflow_scripts.data.copies.learned_copies import LearnedCopies, copies_of_learned
from workflow_scripts.runtime.study_paths import StudyPaths

SIDE = 96


def study(root: Path, images: list[np.ndarray], labels: list[str], subsets: list[str], **record: object) -> FoldFiles:
    """A study of pictures, each with an id of its own."""
    ids = [f"{root.name}{number:02}" for number in range(len(images))]
    paths = StudyPaths(root)
    manifest = pd.DataFrame({"id": ids, "path": ids, "label": labels, "group": "", "unit": ids, "source": "s"})
    digests = [sha256(image.tobytes()).hexdigest() for image in images]
    MANIFEST.write(paths.manifest, manifest.assign(width=SIDE, height=SIDE, sha256=digests))
    paths.arrays.mkdir()
    np.save(paths.array, np.stack(images))
    ARRAY_INDEX.write(paths.arrays / "index.csv", pd.DataFrame({"id": ids, "first": range(len(ids)), "count": 1}))
    SPLIT.write(paths.split("p"), pd.DataFrame({"id": ids, "fold": 0, "subset": subsets}))
    array = ArrayDescription("pixels", "uint8", images[0].shape, 255).as_record()
    vouch(paths.dataset_record, modality=IMAGES, classes=sorted(set(labels)), **record)
    vouch(paths.arrays_record, array=array)
    vouch(paths.split_record("p"))
    return FoldFiles(paths.dataset, paths.arrays, paths.split("p"))


def predicted(files: FoldFiles) -> pd.DataFrame:
    table = MANIFEST.read(files.dataset / "manifest.csv")[["id", "unit", "label"]].assign(first=range(6))
    return table.assign(subset=SPLIT.read(files.split)["subset"])[lambda rows: rows["subset"] != "train"]


def images(number: int) -> np.ndarray:
    return picture(number, side=SIDE)


@pytest.fixture(scope="module")
def copies(tmp_path_factory) -> LearnedCopies:
    """Learned: 0 to 2 of training, 3 of validation; 4 was tested there and is new."""
    root = tmp_path_factory.mktemp("two")
    subsets = ["train", "train", "train", "validation", "test"]
    there = study(root / "there", [images(number) for number in range(5)], [*"XXYYX"], subsets)
    shown = [images(9), images(0), turned(images(1), 90), flipped(images(3)), turned(images(4), 30), images(8)]
    here = study(root / "here", shown, [*"xxxxyy"], ["train", "validation", "test", "test", "test", "test"])
    return copies_of_learned(predicted(here), here, there, 0, {"X": "x", "Y": "y"})


def test_what_was_learned_from_is_listed_two_labels_first(copies):
    TRAINING_COPIES.check(copies.table, "copies")
    rows = copies.table[["id", "learned_id", "label", "learned_label", "kind"]]
    assert rows.to_numpy().tolist() == [
        ["here03", "there03", "x", "y", "flipped"],
        ["here02", "there01", "x", "x", "turned"],
        ["here01", "there00", "x", "x", "equal_bytes"],
    ]
    near = copies.table.set_index("id")
    assert near.loc["here02", "changes"] == "turned 90° anticlockwise" and near.loc["here02", "correlation"] > 0.95
    assert near.loc["here03", "by_chance"] < 0.01 and near.loc["here01", "changes"] == ""


def test_copies_are_counted_by_subset_and_the_search_is_told(copies):
    frame = pd.DataFrame({"subset": ["validation", "test"]})
    assert copies.counts(frame) == {"test": 2, "validation": 1}
    assert copies.search is not None and copies.search.pictures == 8 and copies.search.proven == 2


def test_a_class_that_was_left_out_has_no_second_label(tmp_path):
    there = study(tmp_path / "there", [images(number) for number in range(2)], [*"XY"], ["train", "train"])
    shown = [images(9), images(8), flipped(images(0)), images(7), images(6), images(5)]
    here = study(tmp_path / "here", shown, [*"xxxxyy"], ["train", *["test"] * 5])
    table = copies_of_learned(predicted(here), here, there, 0, {"X": None, "Y": "y"}).table
    assert table[["id", "learned_label"]].to_numpy().tolist() == [["here02", ""]]


def test_slices_that_look_alike_raise_what_is_asked_of_a_copy(tmp_path):
    """One patient's slices follow each other and are nearly one; the same picture, turned, is not more alike."""
    stack = [images(1), turned(images(1), 1)]
    shown = [images(9), images(8), turned(images(1), 40), images(7), images(6), images(5)]
    here = study(tmp_path / "here", shown, [*"xxxxyy"], ["train", *["test"] * 5])
    counts = []
    for name, alike in (("plain", False), ("slices", True)):
        there = study(tmp_path / name, stack, ["x", "x"], ["train", "train"], neighbours_alike=alike)
        manifest = MANIFEST.read(there.dataset / "manifest.csv").assign(group="p")
        MANIFEST.write(there.dataset / "manifest.csv", manifest)
        vouch(there.dataset / "record.json")
        counts.append(len(copies_of_learned(predicted(here), here, there, 0, None).table))
    assert counts == [1, 0]
