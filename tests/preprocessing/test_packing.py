"""Packed pixels: the right rows, the same bytes for any number of jobs, whole or not at all."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.raw import class_folders, picture, run_ingest, run_preprocess, run_synthesise, save
from tests.vouched import vouch
from workflow_scripts.contracts import array_writer
from workflow_scripts.contracts.array_writer import RowWriter
from workflow_scripts.contracts.arrays import ARRAY_INDEX
from workflow_scripts.contracts.dataset import MANIFEST, Modality
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.reading import FileTask
from workflow_scripts.preprocessing import packed_array
from workflow_scripts.preprocessing.montage import chosen_rows
from workflow_scripts.preprocessing.packed_array import Places, pack_file
from workflow_scripts.preprocessing.packer import Packer
from workflow_scripts.preprocessing.packing import fitted
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Path]:
    return {"folder": class_folders(tmp_path / "raw", "x", "y", "z", each=12)}


def test_each_row_is_the_image_of_its_line_of_the_manifest(tmp_path: Path, raw: dict) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    out = run_preprocess(dataset, tmp_path / "arrays", jobs=2, sources=raw, size=24, interpolation="bicubic")
    images = np.load(out / "data.npy", mmap_mode="r")
    manifest = MANIFEST.read(dataset / "manifest.csv")
    assert images.shape == (36, 24, 24, 3) and images.dtype == np.uint8 and images.flags.c_contiguous
    for row, path in enumerate(manifest["path"]):
        wanted = Image.open(raw["folder"] / path).convert("RGB").resize((24, 24), Image.Resampling.BICUBIC)
        assert (images[row] == np.asarray(wanted)).all(), path
    index = ARRAY_INDEX.read(out / "index.csv")
    assert list(index["id"]) == list(manifest["id"])
    assert list(index["first"]) == list(range(36)) and set(index["count"]) == {1}
    record = read_json(out / "record.json")
    assert record["array"] == {"kind": "pixels", "dtype": "uint8", "row_shape": [24, 24, 3], "scale": 255}
    assert record["order"][-1] == "squash, bicubic to 24×24"
    assert record["rows"] == 36 and record["synthetic"] is False
    names = ("data.npy", "index.csv")
    assert record["outputs"] == {name: digest_file(out / name) for name in names}
    assert set(record["inputs"]) == {"dataset/manifest.csv", "dataset/record.json"}


def test_samples_of_a_modality_without_packer_are_not_packed(tmp_path: Path, raw: dict) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    sound = Modality("sound", {"seconds": "int"}).as_record()
    vouch(dataset / "record.json", modality=sound)
    with pytest.raises(UserError, match="nothing packs samples of the modality sound; there are image, dicom"):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw)


def test_the_number_of_jobs_changes_no_byte(tmp_path: Path) -> None:
    raw = {"cric": run_synthesise(tmp_path / "made", "cric", samples_per_class=5, samples_per_field=3)}
    dataset = run_ingest(tmp_path / "dataset", sources=raw, crop=50)
    for jobs in (1, 3):
        run_preprocess(dataset, tmp_path / str(jobs), jobs=jobs, sources=raw, size=20)
    for name in ("data.npy", "index.csv", "record.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes(), name


def test_squash_pad_and_crop_do_what_they_say() -> None:
    image = Image.new("RGB", (40, 20), (9, 9, 9))
    image.paste((200, 0, 0), (10, 4, 30, 16))
    by = {fit: np.asarray(fitted(image, Packing(20, fit, "bilinear", False))) for fit in ("squash", "pad", "crop")}
    assert all(pixels.shape == (20, 20, 3) for pixels in by.values())
    assert by["squash"][10, 3].tolist() == [9, 9, 9] and by["squash"][10, 10].tolist() == [200, 0, 0]
    assert (by["pad"][:5] == 9).all() and (by["pad"][15:] == 9).all() and by["pad"][10, 10, 0] == 200
    assert by["crop"][10, 1:19, 0].min() == 200 and by["crop"][1, 10].tolist() == [9, 9, 9]


def test_padding_takes_the_colour_of_the_border() -> None:
    image = Image.new("RGB", (40, 20), (180, 150, 200))
    image.paste((0, 0, 0), (5, 5, 35, 15))
    pixels = np.asarray(fitted(image, Packing(16, "pad", "lanczos", False)))
    assert (pixels[:2] == (180, 150, 200)).all()


def test_draft_changes_large_jpegs_only_a_little(tmp_path: Path) -> None:
    for index, name in enumerate(("x", "y")):
        save(tmp_path / "raw" / name / "a.jpg", picture(index, 640, 600), quality=90)
        save(tmp_path / "raw" / name / "b.png", picture(10 + index, 640, 600))
    raw = {"folder": tmp_path / "raw"}
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    full, drafted = (
        np.load(run_preprocess(dataset, tmp_path / str(draft), sources=raw, size=32, draft=draft) / "data.npy")
        for draft in (False, True)
    )
    gap = np.abs(full.astype(int) - drafted).max(axis=(1, 2, 3))
    assert 0 < gap[0] < 30 and 0 < gap[2] < 30
    assert gap[1] == gap[3] == 0


def test_a_file_that_changed_or_went_since_ingest_stops_the_step(tmp_path: Path, raw: dict) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    save(raw["folder"] / "y" / "3.png", picture(77))
    with pytest.raises(UserError, match="y/3.png has changed since ingest"):
        run_preprocess(dataset, tmp_path / "arrays", jobs=2, sources=raw, size=16)
    (raw["folder"] / "y" / "3.png").unlink()
    with pytest.raises(UserError, match="y/3.png.*missing_file.*; `snakemake .*dataset/record.json --force"):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    with pytest.raises(UserError, match="files of 'folder'"):
        run_preprocess(dataset, tmp_path / "arrays", sources={"herlev": raw["folder"]}, size=16)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failure_leaves_neither_a_half_array_nor_an_old_record(tmp_path: Path, raw: dict, jobs: int) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    out = run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    before = digest_file(out / "data.npy")
    (raw["folder"] / "z" / "11.png").write_bytes(b"")
    with pytest.raises(UserError, match="empty_file"):
        run_preprocess(dataset, out, jobs=jobs, sources=raw, size=20)
    assert digest_file(out / "data.npy") == before and not (out / "record.json").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_known_before_the_work_begins(tmp_path: Path, raw: dict, monkeypatch) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(array_writer.os, "posix_fallocate", full, raising=False)
    monkeypatch.setattr(packed_array, "pack_file", None)
    with pytest.raises(OSError, match="No space left"):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    assert not (tmp_path / "arrays" / "data.npy").exists()
    assert not list((tmp_path / ".work" / "arrays").iterdir()), "the room that it took is not given back"


def counted(monkeypatch, after: Callable[[int], None] = lambda count: None) -> list[str]:
    """Names of the files that are packed from now on, each kept at once; `after` gets their number."""
    names: list[str] = []

    def listed_pack_file(task: FileTask, packer: Packer, rows: RowWriter, rows_of_samples: Places) -> range:
        after(len(names))
        names.append(task.path.name)
        return pack_file(task, packer, rows, rows_of_samples)

    monkeypatch.setattr(packed_array, "pack_file", listed_pack_file)
    monkeypatch.setattr(array_writer, "KEEP_EVERY", 0.0)
    return names


def test_a_packing_that_was_stopped_goes_on_with_the_files_that_are_left(
    tmp_path: Path, raw: dict, monkeypatch
) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    whole = run_preprocess(dataset, tmp_path / "whole", sources=raw, size=16)

    def stop(count: int) -> None:
        if count == 5:
            raise KeyboardInterrupt

    first = counted(monkeypatch, stop)
    with pytest.raises(KeyboardInterrupt):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    assert len(first) == 5 and not (tmp_path / "arrays" / "data.npy").exists()
    second = counted(monkeypatch)
    out = run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    names = [Path(path).name for path in pd.read_csv(dataset / "manifest.csv")["path"]]
    assert first + second == names
    for name in ("data.npy", "index.csv"):
        assert digest_file(out / name) == digest_file(whole / name)
    assert not list((tmp_path / ".work" / "arrays").iterdir())


def test_a_killed_packing_goes_on_with_the_files_that_are_left(tmp_path: Path, raw: dict, monkeypatch) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)
    whole = run_preprocess(dataset, tmp_path / "whole", sources=raw, size=16)

    def kill(count: int) -> None:
        if count == 7:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        counted(monkeypatch, kill)
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    left = counted(monkeypatch)
    out = run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    assert len(left) == 36 - 7
    assert digest_file(out / "data.npy") == digest_file(whole / "data.npy")


@pytest.mark.parametrize("change", ["size", "manifest"])
def test_what_was_packed_for_other_settings_or_another_manifest_is_packed_again(
    tmp_path: Path, raw: dict, monkeypatch, change: str
) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)

    def stop(count: int) -> None:
        if count == 5:
            raise KeyboardInterrupt

    counted(monkeypatch, stop)
    with pytest.raises(KeyboardInterrupt):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
    if change == "manifest":
        save(raw["folder"] / "y" / "3.png", picture(77))
        dataset = run_ingest(tmp_path / "dataset", sources=raw)
    size = 20 if change == "size" else 16
    names = counted(monkeypatch)
    out = run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=size)
    assert len(names) == len(np.load(out / "data.npy"))


def test_two_processes_do_not_pack_the_same(tmp_path: Path, raw: dict, monkeypatch) -> None:
    dataset = run_ingest(tmp_path / "dataset", sources=raw)

    def again(count: int) -> None:
        if count == 2:
            with pytest.raises(UserError, match=f"already being worked on by process {os.getpid()}"):
                run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)
            raise KeyboardInterrupt

    counted(monkeypatch, again)
    with pytest.raises(KeyboardInterrupt):
        run_preprocess(dataset, tmp_path / "arrays", sources=raw, size=16)


def test_examples_are_spread_over_a_class_and_never_repeated() -> None:
    manifest = pd.DataFrame({"label": ["a"] * 9 + ["b"] * 2})
    assert chosen_rows(manifest, "a") == [0, 3, 5, 8]
    assert chosen_rows(manifest, "b") == [9, 10]
