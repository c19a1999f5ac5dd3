"""Folders that are no classes and files that are no pictures are asked about; what the settings name is taken."""

from pathlib import Path

import pytest

from tests.raw import class_folders, picture, run_ingest, save
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.data.folder_layout import masks_of_images
from workflow_scripts.runtime.errors import UserError


def tree(root: Path, *paths: str) -> Path:
    for number, path in enumerate(paths):
        save(root / path, picture(number))
    return root


def nested(root: Path, outer: list[str], inner: list[str], each: int = 2) -> Path:
    return tree(root, *(f"{one}/{two}/{n}.png" for one in outer for two in inner for n in range(each)))


@pytest.mark.parametrize(
    ("outer", "inner", "said"),
    [
        (
            ["train", "val", "test"],
            ["a", "b"],
            "train, val look like parts of a split|test, train, val look like parts",
        ),
        (["Training Set", "Validation-Set"], ["a", "b"], "look like parts of a split"),
        (["fold1", "fold2"], ["a", "b"], "look like parts of a split"),
        (["patient 1", "patient 2", "patient 3"], ["a", "b"], "look like patients"),
        (["Meier", "Huber", "Bauer"], ["a", "b"], "all hold the folders a, b"),
        ([f"{n:03d}" for n in range(12)], ["x"], "look like patients"),
        ([f"{letter}{letter}" for letter in "abcdefgh"], ["x"], "8 folders .*, images in each: 2, look"),
    ],
)
def test_folders_that_are_no_classes_are_asked_about_in_one_line(tmp_path, outer, inner, said) -> None:
    root = nested(tmp_path / "raw", outer, inner)
    with pytest.raises(UserError, match=said) as error:
        run_ingest(tmp_path / "out", sources={"folder": root})
    assert "\n" not in str(error.value) and "ingest: {classes: [" in str(error.value)
    out = run_ingest(tmp_path / "out", sources={"folder": root}, classes=outer, masks="images", near_equal=0)
    assert set(MANIFEST.read(out / "manifest.csv")["label"]) == set(outer), (
        "the settings say that these are the classes"
    )


def test_a_test_folder_beside_the_classes_is_asked_about(tmp_path) -> None:
    root = class_folders(tmp_path / "raw", "benign", "malignant", "test", each=3)
    with pytest.raises(UserError, match=r"folder\(s\) test look like parts of a split"):
        run_ingest(tmp_path / "out", sources={"folder": root})


def test_patients_that_lack_a_class_are_asked_about_too(tmp_path) -> None:
    paths = [f"{name}/{label}/{n}.png" for name in "QRSTU" for label in ("a", "b") for n in range(5)]
    root = tree(tmp_path / "raw", *(path for path in paths if not path.startswith("Q/a")))
    with pytest.raises(UserError, match="all hold the folders a, b"):
        run_ingest(tmp_path / "out", sources={"folder": root})


@pytest.mark.parametrize(
    "paths",
    [
        [f"{label}/{label}{patient}/{n}.png" for label in "ab" for patient in range(3) for n in range(2)],
        [f"{label}/images/{n}.png" for label in "ab" for n in range(4)],
        [f"{grade}/{n}.png" for grade in "01234" for n in range(4)],
        [f"G{grade}/{n}.png" for grade in (1, 2, 3) for n in range(2)],
        [f"{label}/{n}.png" for label in ("no", "yes", "contest", "Trainer", "sub") for n in range(2)],
    ],
    ids=["patients inside classes", "one folder inside each", "grades", "few images", "words that only begin alike"],
)
def test_ordinary_folders_of_classes_are_not_asked_about(tmp_path, paths) -> None:
    out = run_ingest(tmp_path / "out", sources={"folder": tree(tmp_path / "raw", *paths)})
    assert len(MANIFEST.read(out / "manifest.csv")) == len(paths)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("b/benign (1).png", "b/benign (1)_mask.png"),
        ("b/benign (1).png", "b/benign (1)_mask_1.png"),
        ("b/1-2-3.BMP", "b/1-2-3-d.bmp"),
        ("b/x.png", "b/x_seg.png"),
        ("b/x.jpg", "b/x_GT.png"),
        ("b/x.png", "b/x_label.png"),
        ("b/x.png", "b/X Segmentation.tif"),
        ("b/x.png", "b/masks/x.png"),
        ("b/images/x.png", "b/masks/x.png"),
        ("b/images/x.png", "b/ground truth/x_gt.png"),
        ("images/b/x.png", "masks/b/x.png"),
        ("images/x.png", "labels/x.png"),
    ],
)
def test_a_mask_beside_its_image_is_recognised(image, mask) -> None:
    assert masks_of_images([image, mask, "b/other.png", "b/y_mask_of_nothing.png"]) == {mask: image}


def test_masks_are_asked_about_left_out_or_taken_as_the_setting_says(tmp_path) -> None:
    paths = [f"{label}/{n}{end}.png" for label in "ab" for n in range(4) for end in ("", "_mask")]
    root = tree(tmp_path / "raw", *paths)
    (root / "g.csv").write_text("path,group\n" + "".join(f"{path},p\n" for path in paths))
    with pytest.raises(
        UserError, match="8 image.* look like masks of others, first 'a/0_mask.png' beside 'a/0.png'"
    ) as error:
        run_ingest(tmp_path / "out", sources={"folder": root}, classes=["a", "b"])
    assert "masks: leave_out" in str(error.value)
    for masks, number in (("leave_out", 8), ("images", 16)):
        out = run_ingest(tmp_path / masks, sources={"folder": root}, masks=masks, groups="g.csv")
        assert len(MANIFEST.read(out / "manifest.csv")) == number


@pytest.mark.parametrize("lone", ["a/z_mask.png", "a/masks/z.png"])
def test_a_mask_whose_image_is_missing_is_left_out_with_the_others(tmp_path, lone) -> None:
    mask = "{}/{}_mask.png" if lone.endswith("_mask.png") else "{}/masks/{}.png"
    paths = [name for label in "ab" for n in range(4) for name in (f"{label}/{n}.png", mask.format(label, n))]
    root = tree(tmp_path / "raw", *paths, lone)
    out = run_ingest(tmp_path / "out", sources={"folder": root}, masks="leave_out")
    assert len(MANIFEST.read(out / "manifest.csv")) == 8
    with pytest.raises(UserError, match="9 image.* look like masks of others"):
        run_ingest(tmp_path / "asked", sources={"folder": root})


def test_a_file_called_like_a_mask_where_there_are_no_masks_is_a_sample_and_said(tmp_path, said) -> None:
    root = tree(tmp_path / "raw", *(f"{label}/{n}.png" for label in "ab" for n in range(4)), "a/z_mask.png")
    out = run_ingest(tmp_path / "out", sources={"folder": root})
    assert len(MANIFEST.read(out / "manifest.csv")) == 9
    assert "1 of 9 images are called like masks, first 'a/z_mask.png'" in said()


def test_a_folder_called_masks_that_holds_none_is_asked_about_as_a_class(tmp_path) -> None:
    root = tree(tmp_path / "raw", "photos/0.png", "photos/1.png", "masks/2.png", "masks/3.png")
    with pytest.raises(UserError, match=r"the folder\(s\) masks look like masks, not like a class"):
        run_ingest(tmp_path / "out", sources={"folder": root})


def test_images_and_masks_in_two_folders_of_classes_are_told_apart_by_the_setting(tmp_path) -> None:
    root = tree(tmp_path / "raw", *(f"{kind}/{c}/{n}.png" for kind in ("images", "masks") for c in "ab" for n in "123"))
    with pytest.raises(UserError, match="6 image.* first 'masks/a/1.png' beside 'images/a/1.png'.*masks: leave_out"):
        run_ingest(tmp_path / "out", sources={"folder": root})
    manifest = MANIFEST.read(run_ingest(tmp_path / "out", sources={"folder": root}, masks="leave_out") / "manifest.csv")
    assert set(manifest["label"]) == {"a", "b"} and set(manifest["path"].str[:7]) == {"images/"}
