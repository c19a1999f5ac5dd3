"""Of a folder of raw files nothing disappears unseen, and nothing in it stops the reading."""

import os
import re
from pathlib import Path

import pytest

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import MANIFEST, QUARANTINE
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

ROOT = Path(__file__).resolve().parents[2]


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")


def test_files_passed_over_are_counted_by_their_ending(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    save(root / "a" / "photo.JFIF", picture(50), format="JPEG")
    touch(root, "a/1.heic", "a/2.HEIC", "b/1.dcm", "b/scan.nii.gz", "notes.txt", "README", "a/Thumbs.db", "ids.csv")
    touch(root, ".hidden.heic", "__MACOSX/a/0.png", "a/.thumbs/0.heic")
    (root / "groups.csv").write_text("path,group\na/0.png,p\n")
    (root / "ids.csv").write_text("id\na/0\na/1\na/photo\nb/0\n")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, groups="groups.csv", ids="ids.csv")
    assert "a/photo" in set(MANIFEST.read(out / "manifest.csv")["id"])
    record = read_json(out / "record.json")
    assert record["passed_over"] == {"(no ending)": 1, ".dcm": 1, ".heic": 2, ".nii.gz": 1, ".txt": 1}
    assert "6 files passed over, by their ending: .heic 2, .dcm 1, .nii.gz 1 (images of formats that are not" in said()
    assert "; (no ending) 1, .txt 1" in said()


def test_a_class_that_a_word_for_not_known_names_is_warned_of_unless_a_setting_names_it(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "NA", "Unknown", each=2)
    run_ingest(tmp_path / "named", sources={"folder": root}, classes=("a", "NA", "Unknown"))
    assert "counted as a class" not in said()
    run_ingest(tmp_path / "out", sources={"folder": root})
    words = "label 'NA' of 2 samples, label 'Unknown' of 2 samples: counted as a class; if that says that the diagnosis"
    assert words in said()


def test_a_folder_without_any_image_that_is_read_says_what_lies_there(tmp_path) -> None:
    touch(tmp_path / "raw", "a/1.heic", "b/2.heic", "b/3.svs")
    with pytest.raises(UserError, match=r"only \.heic 2, \.svs 1 \(images of formats.*that end in \.bmp") as error:
        run_ingest(tmp_path / "out", sources={"folder": tmp_path / "raw"})
    assert "\n" not in str(error.value)


def test_files_of_a_published_layout_that_are_no_samples_are_counted(tmp_path) -> None:
    for label in ("Metaplastic", "Parabasal"):
        for n in range(4):
            save(tmp_path / "raw" / f"im_{label}" / "CROPPED" / f"001_{n}.bmp", picture(n + len(label)))
        save(tmp_path / "raw" / f"im_{label}" / "001.bmp", picture(90))
        touch(tmp_path / "raw", f"im_{label}/CROPPED/001_cyt01.dat")
    out = run_ingest(tmp_path / "out", sources={"sipakmed": tmp_path / "raw"})
    assert read_json(out / "record.json")["passed_over"] == {".bmp": 2, ".dat": 2}


def test_pipes_devices_and_links_in_circles_are_refused_or_passed_over_and_nothing_hangs(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=20)
    os.mkfifo(root / "a" / "pipe.png")
    os.mkfifo(root / "a" / "pipe.txt")
    (root / "b" / "zero.png").symlink_to("/dev/zero")
    for name in ("one", "two"):
        (root / "a" / name).symlink_to(root)
        (root / name).symlink_to(".")
    out = run_ingest(tmp_path / "out", sources={"folder": root})
    assert QUARANTINE.read(out / "quarantine.csv")[["path", "reason"]].to_numpy().tolist() == [
        ["a/pipe.png", "special_file"],
        ["b/zero.png", "special_file"],
    ]
    record = read_json(out / "record.json")
    assert record["samples"] == 40 and record["links_not_followed"] == 4 and record["passed_over"] == {".txt": 1}
    assert "4 links to folders were not followed" in said()


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("results/mine/dataset", ("manifest.csv", "record.json")),
        ("results/mine/arrays", ("data.npy", "index.csv")),
        ("results/mine/examples", ("originals.npz", "montage.png")),
        ("results/mine/splits", ("grouped.leaks.csv",)),
        ("old/run/fold0-seed0", ("ledger.json", "record.json")),
    ],
)
def test_results_of_this_project_among_the_images_are_refused(tmp_path, folder, files) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    touch(root, *(f"{folder}/{name}" for name in files))
    save(root / folder / "montage.png", picture(60))
    for classes in (None, ["a", "b", folder.split("/")[0]]):
        with pytest.raises(UserError, match=f"{folder} holds results of this project") as error:
            run_ingest(tmp_path / "out", sources={"folder": root}, classes=classes)
        assert "\n" not in str(error.value)
    (root / folder / files[-1]).unlink()
    run_ingest(tmp_path / "out", sources={"folder": root})


def test_results_that_would_lie_among_the_images_are_refused_before_anything_is_written(tmp_path) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    with pytest.raises(UserError, match="the results lie in the folder of images"):
        run_ingest(root / "results" / "mine" / "dataset", sources={"folder": root})
    assert not (root / "results").exists()


@pytest.mark.parametrize("wrapped", ["", "images/"])
def test_a_folder_of_a_class_without_a_file_is_named(tmp_path, said, wrapped) -> None:
    root = class_folders(tmp_path / "raw" / wrapped, "a", "b", each=2)
    for name in ("c/sub", ".cache", "__MACOSX/c"):
        (root / name).mkdir(parents=True)
    (root / "link").symlink_to(root / "c")
    run_ingest(tmp_path / "out", sources={"folder": tmp_path / "raw"})
    assert "folder 'c' is no class, no file is in it" in said() and said().count("no file is in it") == 1


def test_a_class_of_which_every_image_is_refused_is_named(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    touch(root, "c/1.png", "c/2.png")
    out = run_ingest(tmp_path / "out", sources={"folder": root}, max_refused=0.5)
    assert read_json(out / "record.json")["classes"] == ["a", "b"]
    assert "class 'c' is left out: all of it is refused (2); the log says why" in said() and "'a'" not in said()


def test_a_class_whose_images_are_not_read_is_named(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    touch(root, "c/1.heic", "c/2.heic", "docs/readme.txt")
    run_ingest(tmp_path / "out", sources={"folder": root})
    assert "folder 'c' is no class, no image in it is read: .heic 2" in said() and "'docs'" not in said()
    for path in (root / "b").iterdir():
        path.rename(path.with_suffix(".dcm"))
    with pytest.raises(UserError, match=r"1 class.*; passed over: \.dcm 2, \.heic 2 .images of formats"):
        run_ingest(tmp_path / "out", sources={"folder": root})


def test_images_that_are_not_read_beside_images_of_a_class_are_warned_of(tmp_path, said) -> None:
    root = class_folders(tmp_path / "raw", "a", "b", each=2)
    touch(root, "a/1.jp2", "a/2.JP2", "b/1.dcm", "a/notes.txt", "README.pdf")
    run_ingest(tmp_path / "out", sources={"folder": root})
    assert "3 files in folders of classes are no samples: .jp2 2, .dcm 1 (images of formats that are not read" in said()


def test_images_in_no_folder_are_put_into_folders_as_use_your_own_images_md_says(tmp_path) -> None:
    images, table, rows = tmp_path / "images", tmp_path / "labels.csv", {"1 ä.png": "a", "2.png": "b", "3.png": "a"}
    for number, name in enumerate((*rows, "4.png")):
        save(images / name, picture(number))
    with pytest.raises(UserError, match="its 4 images lie in no class folder; put those of each class") as error:
        run_ingest(tmp_path / "out", sources={"folder": images})
    assert "\n" not in str(error.value)
    lines = ["path,label", *(f"{name},{label}" for name, label in rows.items()), "4.png,"]
    table.write_text("\n".join(lines), encoding="utf-8-sig")
    block = re.search(
        r"```python\n(.*?)```", (ROOT / "docs/how-to/use_your_own_images.md").read_text("utf-8"), re.DOTALL
    )
    code = block[1].replace("/path/to/images", str(images)).replace("/path/to/classes", str(tmp_path / "classes"))
    exec(code.replace("/path/to/labels.csv", str(table)), {})
    out = run_ingest(tmp_path / "out", sources={"folder": tmp_path / "classes"})
    manifest = MANIFEST.read(out / "manifest.csv").set_index("path")["label"]
    assert manifest.to_dict() == {f"{label}/{name}": label for name, label in rows.items()}


def test_classes_whose_names_are_nearly_equal_are_warned_of(tmp_path, said) -> None:
    run_ingest(tmp_path / "out", sources={"folder": class_folders(tmp_path / "raw", "Benign", "benign ", "x", each=2)})
    assert "classes 'Benign' and 'benign ' are nearly equal" in said()
