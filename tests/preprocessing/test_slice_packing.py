"""Slices of scans: window of the whole slice, crop, local contrast, resize, in this order; grey pictures for people."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.vouched import vouch
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.example_files import read_originals
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, SlicePacking, TilePacking
from workflow_scripts.data.readers.dicom_reader import Slice
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, Seen, modality_of
from workflow_scripts.data.reading import FileSample
from workflow_scripts.data.slice_crop import crop_fault, crop_window
from workflow_scripts.preprocessing import packer_registry
from workflow_scripts.preprocessing.slice_packing import (
    BOX_COLOUR,
    SlicePacker,
    black_and_white,
    packed_slice,
    resized,
    windowed,
)
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json
from workflow_scripts.steps import examples, preprocess

CLAHE = SlicePacking(local_contrast="clahe")


class StackOfSlices(OpenFile):
    """Frames×H×W numbers in a NumPy file, read as a scan is."""

    def inspect(self, part: Part | None) -> Seen:
        return Seen({"width": 1, "height": 1}, self.digest(part))

    def frame(self, index: int) -> np.ndarray:
        return np.load(self.path)[index, ..., None].astype(np.float32)

    def rows(self, part: Part | None) -> np.ndarray:
        assert isinstance(part, Slice)
        return self.frame(part.frame)[crop_window((10**6, 10**6), part)]


@dataclass(frozen=True)
class StackReader:
    modality: ClassVar[str] = "dicom"
    columns: ClassVar[dict[str, str]] = {"width": "int", "height": "int"}
    part: ClassVar[type[Part]] = Slice
    symmetries: ClassVar[bool] = True

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[StackOfSlices]:
        yield StackOfSlices(path)


def scan(seed: int = 0, height: int = 80, width: int = 100) -> np.ndarray:
    """A slice of smooth tissue and noise, float32, values as a scanner has them."""
    generator = np.random.default_rng(seed)
    rough = generator.normal(600, 200, (8, 10)).astype(np.float32)
    tissue = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.maximum(0, tissue + generator.normal(0, 20, tissue.shape)).round().astype(np.float32)


def whole(frame: np.ndarray) -> Slice:
    return Slice(0, 0, 0, frame.shape[1], frame.shape[0])


@pytest.mark.parametrize("kind", ["whole numbers", "below zero", "fractions", "a wide range", "uint16", "int16"])
def test_the_window_ends_at_pixels_of_the_whole_slice(kind: str) -> None:
    frame = scan()
    frame = {
        "whole numbers": frame,
        "below zero": frame - 1024,
        "fractions": frame * 0.37 - 5,
        "a wide range": frame * 1000,
        "uint16": frame.astype(np.uint16),
        "int16": (frame - 300).astype(np.int16),
    }[kind]
    for ends in ((1.0, 99.0), (0.0, 100.0), (2.5, 60.0)):
        assert black_and_white(frame, ends) == tuple(np.percentile(frame, ends, method="inverted_cdf"))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32"])
def test_whole_numbers_are_packed_as_the_same_numbers_in_float32(dtype: str) -> None:
    frame = (scan() / scan().max() * 200).round()
    frame = frame - 150 if dtype.startswith("int") else frame
    box = Slice(0, 10, 5, 60, 45)
    whole_numbers, numbers = (packed_slice(frame.astype(kind), box, 24, CLAHE) for kind in (dtype, "float32"))
    assert (whole_numbers == numbers).all() and whole_numbers.std() > 0


def test_a_slice_that_is_nearly_all_one_value_is_shown_from_its_lowest_to_its_highest() -> None:
    frame = np.zeros((50, 50), np.float32)
    frame[10:12, 10:12] = (100, 200)
    assert black_and_white(frame, (1, 99)) == (0, 200)
    assert not windowed(frame * 0 + 7, (7, 7)).any()


def test_window_crop_local_contrast_and_size_follow_each_other() -> None:
    frame, box = scan(), Slice(0, 30, 20, 70, 60)
    low, high = np.percentile(frame, (1, 99), method="inverted_cdf")
    grey = ((frame - low) / (high - low) * 255).round().clip(0, 255).astype(np.uint8)
    crop = np.ascontiguousarray(grey[16:64, 26:74])  # a tenth of 40 pixels around it
    clear = cv2.createCLAHE(2.0, (6, 6)).apply(crop)  # eight tiles would have less than eight pixels a side
    wanted = cv2.resize(clear, (24, 24), interpolation=cv2.INTER_AREA)
    packed = packed_slice(frame, box, 24, CLAHE)
    assert packed.shape == (24, 24, 1) and packed.dtype == np.uint8
    assert np.abs(packed[..., 0].astype(int) - wanted).max() <= 2  # float32 beside float64
    plainly = packed_slice(frame, box, 24, replace(CLAHE, local_contrast="none"))[..., 0]
    assert np.abs(plainly.astype(int) - cv2.resize(crop, (24, 24), interpolation=cv2.INTER_AREA)).max() <= 1
    assert np.abs(plainly.astype(int) - wanted).max() > 20


def test_a_bright_spot_elsewhere_in_the_slice_darkens_the_crop() -> None:
    frame, box = scan(), Slice(0, 0, 0, 30, 30)
    before = packed_slice(frame, box, 16, SlicePacking())
    frame[60:, 60:] *= 3
    assert packed_slice(frame, box, 16, SlicePacking()).mean() < 0.7 * before.mean()


def test_the_margin_ends_at_the_edge_of_the_slice() -> None:
    assert crop_window((80, 100), Slice(0, 2, 70, 22, 80), 0.5) == (slice(65, 80), slice(0, 32))
    assert crop_window((80, 100), Slice(0, 0, 0, 100, 80), 0.5) == (slice(0, 80), slice(0, 100))


def test_a_side_that_grows_is_drawn_between_pixels_and_one_that_shrinks_is_averaged() -> None:
    stripes = np.tile(np.array([0, 200], np.uint8), (4, 20))
    small = resized(stripes, 20, "area")
    assert small.shape == (20, 20) and set(np.unique(small)) == {100}
    assert set(np.unique(resized(stripes, 20, "bilinear"))) != {200}
    steps = resized(np.array([[0, 100]], np.uint8), 4, "area")
    assert (np.diff(steps[0].astype(int)) >= 0).all() and len(np.unique(steps)) == 4


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (Slice(0, 10, 10, 30, 30), None),
        (Slice(0, -10, -10, 30, 30), None),
        (Slice(0, 60, 60, 70, 70), "constant_image"),
        (Slice(0, 10, 10, 11, 11), "constant_image"),
        (Slice(0, 100, 0, 120, 30), "outside_image"),
        (Slice(0, -20, 0, 0, 30), "outside_image"),
        (Slice(0, 30, 30, 30, 40), "outside_image"),
    ],
)
def test_a_crop_of_one_value_or_of_nothing_is_a_fault(box: Slice, reason: str | None) -> None:
    frame = scan()
    frame[60:, 60:] = 5
    for pixels in (frame, frame[..., None]):
        fault = crop_fault(pixels, box)
        assert (fault and fault.reason) == reason


def test_the_region_of_a_lesion_lies_where_the_row_shows_it(tmp_path: Path) -> None:
    frame, lesion = scan() * 0.1, np.zeros((80, 100), np.uint8)
    lesion[30:45, 50:60] = 1
    frame[lesion > 0] = 1000
    np.save(tmp_path / "a.npy", frame[None])
    packer = SlicePacker(32, SlicePacking(margin=0.5))
    sample = FileSample(0, Slice(0, 44, 24, 70, 50))
    row = packer.row(StackOfSlices(tmp_path / "a.npy"), sample)
    assert ((row[..., 0] > 127) == packer.region(lesion, sample)).mean() > 0.98
    assert 0.03 < packer.region(lesion, sample).mean() < 0.3


def test_people_see_the_whole_slice_with_a_frame_around_what_is_packed(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", scan()[None])
    packer, opened = SlicePacker(16, SlicePacking(margin=0)), StackOfSlices(tmp_path / "a.npy")
    framed = packer.shown(opened, Slice(0, 20, 10, 60, 50))
    assert framed.shape == (80, 100, 3) and framed.dtype == np.uint8
    marked = (framed == BOX_COLOUR).all(axis=2)
    assert marked[10, 20:60].all() and marked[10:50, 59].all() and not marked[15:45, 25:55].any()
    bare = packer.shown(opened, whole(scan()))
    assert not (bare == BOX_COLOUR).all(axis=2).any() and (bare[..., 0] == bare[..., 2]).all()


@pytest.mark.parametrize(
    ("modality", "packing", "says"),
    [
        ("image", Packing(slices=SlicePacking()), "preprocess.slices is given"),
        ("dicom", Packing(), "preprocess.slices is not given"),
        ("slide", Packing(), "preprocess.tiles is not given"),
        ("slide", Packing(tiles=TilePacking(), slices=SlicePacking()), "preprocess.slices is given"),
    ],
)
def test_settings_of_another_modality_are_refused(modality: str, packing: Packing, says: str) -> None:
    with pytest.raises(UserError, match=says):
        packer_registry.load(modality, packing)


def dataset_of_slices(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset of six slices of two classes, each with a box."""
    monkeypatch.setattr("workflow_scripts.data.readers.reader_registry.load", lambda *_: StackReader())
    (root / "raw").mkdir()
    rows = []
    for number in range(2):
        path = root / "raw" / f"{number}.npy"
        np.save(path, np.stack([scan(10 * number + frame) for frame in range(3)]))
        for frame in range(3):
            box = Slice(frame, 10 + frame, 5, 60, 45)
            sha256 = StackOfSlices(path).digest(box)
            core = {"id": f"p{number}/{frame}", "path": path.name, "label": "ab"[number], "group": f"p{number}"}
            rows.append({**core, "unit": f"p{number}", "source": "scans", "width": 100, "height": 80})
            rows[-1] |= {"sha256": sha256, **vars(box)}
    folder = root / "dataset"
    folder.mkdir()
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    modality = modality_of(StackReader()).as_record()
    facts = {"modality": modality, "readers": {"scans": {}}, "classes": ["a", "b"], "synthetic": True}
    vouch(folder / "record.json", **facts)
    return folder


def test_slices_become_rows_of_one_channel_and_pictures_for_people(tmp_path: Path, monkeypatch) -> None:
    dataset = dataset_of_slices(tmp_path, monkeypatch)
    settings = {"study": "test", "preprocess": plain(Packing(size=24, slices=CLAHE))}
    given = {"settings": settings, "code": "c", "log": None, "source": [f"scans={tmp_path / 'raw'}"]}
    arrays, shown = tmp_path / "arrays", tmp_path / "examples"
    places = {"dataset": dataset, "out": arrays, "work": tmp_path / ".work"}
    preprocess.main(argparse.Namespace(**given, **places, jobs=1, key=None))
    data, record = np.load(arrays / "data.npy"), read_json(arrays / "record.json")
    assert record["array"] == {"kind": "pixels", "dtype": "uint8", "row_shape": [24, 24, 1], "scale": 255}
    assert [line.split()[0] for line in record["order"]] == ["window", "crop", "CLAHE,", "resize"]
    assert (data[4] == packed_slice(scan(11), Slice(0, 11, 5, 60, 45), 24, CLAHE)).all()
    assert (data[5] == packed_slice(scan(12), Slice(0, 12, 5, 60, 45), 24, CLAHE)).all()
    examples.main(argparse.Namespace(**given, dataset=dataset, arrays=arrays, out=shown, key=None))
    originals = read_originals(shown / "originals.npz")
    assert {name: picture.shape for name, picture in originals.items()} == {"p0/0": (80, 100, 3), "p1/0": (80, 100, 3)}
    assert Image.open(shown / "montage.png").width > 400
