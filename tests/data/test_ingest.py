"""Ingest: the same tables whatever the machine, bad files quarantined, wrong settings named in one line."""

import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import MANIFEST, QUARANTINE
from workflow_scripts.data.copies.copy_search import find_copies
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json
from workflow_scripts.runtime.locks import lock

TABLES = ("manifest.csv", "quarantine.csv", "equal_pairs.csv", "record.json")


def broken_files(root: Path) -> dict[str, str]:
    """One file of each kind that is to be refused; path → reason."""
    (root / "x" / "empty.png").touch()
    (root / "x" / "text.jpg").write_text("not an image")
    (root / "x" / "gone.png").symlink_to(root / "nowhere.png")
    whole = save(root / "x" / "whole.bmp", picture(99)).read_bytes()
    (root / "x" / "cut.bmp").write_bytes(whole[: len(whole) // 2])
    (root / "x" / "whole.bmp").unlink()
    save(root / "y" / "tiny.png", Image.new("RGB", (4, 40)))
    save(root / "y" / "huge.png", Image.new("L", (1200, 1000)))
    save(root / "y" / "deep.png", Image.new("I;16", (20, 20), 900))
    save(root / "loose.png", picture(98))
    return {
        "loose.png": "no_label",
        "x/cut.bmp": "truncated",
        "x/empty.png": "empty_file",
        "x/gone.png": "missing_file",
        "x/text.jpg": "not_an_image",
        "y/deep.png": "unsupported_mode",
        "y/huge.png": "too_large",
        "y/tiny.png": "too_small",
    }


def test_every_kind_of_broken_file_is_quarantined_with_its_reason(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=4)
    wanted = broken_files(root)
    out = run_ingest(tmp_path / "out", sources={"folder": root}, max_refused=0.9, max_megapixels=1.0)
    quarantine = QUARANTINE.read(out / "quarantine.csv")
    assert dict(zip(quarantine["path"], quarantine["reason"], strict=True)) == wanted
    assert list(quarantine["path"]) == sorted(quarantine["path"]) and (quarantine["detail"] != "").all()
    record = read_json(out / "record.json")
    assert record["samples"] == 8 and sum(record["refused"].values()) == len(wanted)


def test_the_number_of_jobs_changes_no_byte(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", "z", each=15)
    broken_files(root)
    for jobs in (1, 3):
        run_ingest(tmp_path / str(jobs), jobs=jobs, sources={"folder": root}, max_refused=0.9)
    for name in TABLES:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes(), name


def test_one_process_at_a_time_searches_what_studies_of_one_name_keep(tmp_path: Path, monkeypatch) -> None:
    """Two folders of results share `.work`: one wrote its keypoints while the other still read its own rows of them."""
    refused = []

    def searched(pictures, tasks, how):
        with (
            pytest.raises(UserError, match="near copies of test") as second,
            lock(how.folder / "search.lock", "near copies of test"),
        ):
            pass
        refused.append(second.value)
        return find_copies(pictures, tasks, how)

    monkeypatch.setattr("workflow_scripts.data.copies.copy_search.find_copies", searched)
    run_ingest(tmp_path / "out", sources={"folder": class_folders(tmp_path / "raw", "x", "y", each=4)})
    assert len(refused) == 1


def test_too_many_refused_stop_the_run_with_one_line(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=9)
    (root / "x" / "empty.png").touch()
    (root / "x" / "empty2.png").touch()
    run_ingest(tmp_path / "enough", sources={"folder": root}, max_refused=0.1)
    with pytest.raises(UserError, match="2 of 20 samples are refused.*2 empty_file; first x/empty.png") as error:
        run_ingest(tmp_path / "out", sources={"folder": root}, max_refused=0.099)
    assert "\n" not in str(error.value) and not list((tmp_path / "out").glob("*"))


def test_the_manifest_says_what_the_files_are(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=2)
    (root / "groups.csv").write_text("path,group\nx/0.png,p\nx/1.png,p\ny/0.png,q\n")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, groups="groups.csv")
    manifest = MANIFEST.read(out / "manifest.csv")
    assert list(manifest["id"]) == ["x/0", "x/1", "y/0", "y/1"] == list(manifest["unit"])
    assert list(manifest["group"]) == ["p", "p", "q", ""]
    assert set(manifest["width"]) == {60} and set(manifest["height"]) == {50}
    assert manifest["sha256"].iat[0] == digest_file(root / "x" / "0.png")
    record = read_json(out / "record.json")
    assert record["classes"] == ["x", "y"] and record["counts"] == {"x": 2, "y": 2}
    assert record["groups_known"] is False
    assert record["outputs"]["manifest.csv"] == digest_file(out / "manifest.csv")
    assert str(tmp_path) not in (out / "record.json").read_text()


def test_ids_are_unique_readable_and_keep_unicode(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=1)
    save(root / "x" / "0.BMP", picture(5), format="BMP")
    decomposed = unicodedata.normalize("NFD", "Größe 1, links")
    save(root / "y" / f"{decomposed}.png", picture(6))
    out = run_ingest(tmp_path / "out", sources={"folder": root})
    manifest = MANIFEST.read(out / "manifest.csv")
    assert list(manifest["id"]) == ["x/0.BMP", "x/0.png", "y/0", "y/Größe 1, links"]
    assert (root / manifest["path"].iat[3]).exists()


def test_two_files_of_one_name_but_for_its_spelling_keep_only_the_first(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=9)
    for form in ("NFC", "NFD"):
        save(root / "x" / f"{unicodedata.normalize(form, 'ü')}.png", picture(7))
    if len(list((root / "x").iterdir())) == 10:
        pytest.skip("this file system does not tell the two spellings apart")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, max_refused=0.1)
    assert list(QUARANTINE.read(out / "quarantine.csv")["reason"]) == ["duplicate_id"]


def test_a_name_that_is_no_utf8_is_quarantined(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=9)
    try:
        (root / "x" / "b\udcffd.png").write_bytes((root / "x" / "0.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, max_refused=0.1)
    assert QUARANTINE.read(out / "quarantine.csv").to_numpy().tolist() == [
        ["x/b?d.png", "unreadable", "the file's name is not UTF-8"]
    ]


def test_several_sources_never_share_ids_or_groups(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / "herlev" / "normal_columnar" / f"1-2-{number}.bmp", picture(number))
        save(tmp_path / "peripheral_blood" / "monocyte" / f"MO_{number}.jpg", picture(10 + number))
    sources = {adapter: tmp_path / adapter for adapter in ("herlev", "peripheral_blood")}
    out = run_ingest(tmp_path / "out", sources=sources, classes=["normal_columnar", "monocyte"])
    manifest = MANIFEST.read(out / "manifest.csv")
    assert manifest["id"].iat[0] == "herlev/normal_columnar/1-2-0" and manifest["group"].iat[0] == "herlev/1-2"
    assert manifest["path"].iat[0] == "normal_columnar/1-2-0.bmp"
    assert set(manifest["source"]) == set(sources)
    assert read_json(out / "record.json")["classes"] == ["normal_columnar", "monocyte"]


def test_labels_are_merged_and_left_out_as_the_settings_say(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", "c", "d", each=2)
    labels = {"a": "one", "b": "one", "c": "two", "d": None}
    out = run_ingest(tmp_path / "out", sources={"folder": root}, labels=labels)
    record = read_json(out / "record.json")
    assert record["counts"] == {"one": 4, "two": 2} and record["left_out"] == {"d": 2}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"labels": {"normal": "n", "CIS": "c"}},
            "does not name the label 'Normal' .*did you mean 'normal'",
        ),
        ({"labels": {"Normal": "n", "CIS": "c", "CIN": None}}, "names 'CIN', which no file has"),
        ({"classes": ["CIS", "Nromal"]}, "lacks the class 'Normal' that the files have .did you mean 'Nromal'"),
        ({"classes": ["CIS"]}, "write `classes: null`, which takes every class that there is, or leave the class out"),
        ({"classes": ["CIS", "Normal", "LSIL"]}, "names 'LSIL', of which there is no readable image"),
        ({"labels": {"Normal": "n", "CIS": None}}, "the files have 1 class"),
    ],
)
def test_settings_that_do_not_fit_the_files_are_named_in_one_line(tmp_path: Path, changes: dict, said: str) -> None:
    root = class_folders(tmp_path / "raw", "Normal", "CIS", each=2)
    with pytest.raises(UserError, match=said) as error:
        run_ingest(tmp_path / "out", sources={"folder": root}, **changes)
    assert "\n" not in str(error.value)


def test_a_missing_or_empty_source_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, said in (("nowhere", "is no folder"), ("empty", "is empty")):
        with pytest.raises(UserError, match=said):
            run_ingest(tmp_path / "out", sources={"folder": tmp_path / folder})


def test_an_old_record_does_not_outlive_a_failed_run(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "raw", "x", "y", each=3)
    out = run_ingest(tmp_path / "out", sources={"folder": root})
    with pytest.raises(UserError):
        run_ingest(out, sources={"folder": root}, classes=["x"])
    assert not (out / "record.json").exists()
