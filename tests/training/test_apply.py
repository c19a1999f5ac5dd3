"""A finished run applied to new images sees them as its own, says which are strange, and survives broken files."""

import json
import os
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests import made
from tests.training.applying import PACKING, arguments, cells, save
from workflow_scripts.application import new_pictures, sheet
from workflow_scripts.application.judging import doubt
from workflow_scripts.commands import apply
from workflow_scripts.contracts.dataset import QUARANTINE
from workflow_scripts.contracts.explanation import APPLIED
from workflow_scripts.contracts.run_tables import PREDICTIONS
from workflow_scripts.preprocessing.masks import mask
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json
from workflow_scripts.steps import finish_run, train


def test_masks_of_new_images_are_made_as_the_study_made_its_own(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    images = np.load(inputs.images)
    inputs.write_masks(np.stack([mask(pixels, "grey") for pixels in images]))
    inputs.vouch({"settings": {"ingest": {"max_megapixels": 1.0}}}, {"settings": {"preprocess": PACKING}})
    folder = inputs.root / "runs" / "published" / "tiny" / "fold0-seed0"
    settings = made.settings(epochs=1)
    train.main(inputs.arguments(out=folder, settings=settings))
    finish_run.main(inputs.arguments(run=folder, settings={**settings, "aggregate": "none"}))
    before = PREDICTIONS.read(folder / "predictions.csv").query("subset == 'test'")
    save(tmp_path / "new", {name: images[int(name.removeprefix("cell_"))] for name in before["id"]})
    apply.main(arguments(folder, tmp_path / "new"))
    after = APPLIED.read(inputs.root / "predict" / "mine" / "predictions.csv").set_index("path")
    columns = [f"p_{name}" for name in made.CLASSES]
    assert np.allclose(after.loc[before["id"] + ".png", columns], before[columns], atol=1e-5)


@pytest.fixture(scope="module")
def applied(fusion_study, tmp_path_factory):
    """Test samples of the study and strange ones, as new files; what applying the run to them left."""
    inputs, folder = fusion_study
    pixels = np.load(inputs.images)
    test = pd.read_csv(inputs.split).query("subset == 'test'").sort_values("id")["id"].tolist()
    images = tmp_path_factory.mktemp("images")
    save(images / "known", {name: pixels[int(name.removeprefix("cell_"))] for name in test})
    save(images / "odd", {"inverted": 255 - pixels[0], "wide": np.pad(pixels[0], ((0, 0), (16, 16), (0, 0)))})
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype="uint8")
    save(images / "odd", {"noise": noise})
    (images / "cut.png").write_bytes((images / "odd" / "noise.png").read_bytes()[:900])
    (images / "empty.jpg").write_bytes(b"")
    (images / "notes.txt").write_text("no image")
    apply.main(arguments(folder, images))
    return inputs, folder, images, inputs.root / "predict" / "mine"


def test_known_images_get_the_probabilities_they_had(applied):
    inputs, folder, _, out = applied
    table = APPLIED.read(out / "predictions.csv").set_index("path")
    before = PREDICTIONS.read(folder / "predictions.csv").query("subset == 'test'")
    columns = [f"p_{name}" for name in made.CLASSES]
    after = table.loc["known/" + before["id"] + ".png"]
    assert np.allclose(after[columns], before[columns], atol=1e-5) and len(after) == 18
    assert (after["predicted"].to_numpy() == np.array(made.CLASSES)[before[columns].to_numpy().argmax(1)]).all()


def test_images_are_packed_as_the_study_packed_its_own(applied):
    inputs, folder, images, out = applied
    save(images.parent / "narrow", {"same": np.load(inputs.images)[0]})
    apply.main(arguments(folder, images.parent / "narrow", "narrow"))
    narrow = APPLIED.read(inputs.root / "predict" / "narrow" / "predictions.csv").iloc[0]
    wide = APPLIED.read(out / "predictions.csv").set_index("path").loc["odd/wide.png"]
    assert np.allclose(*([row[f"p_{name}"] for name in made.CLASSES] for row in (narrow, wide)), atol=1e-6)
    assert wide["why"].startswith("width / height") and narrow["out_of_distribution"] == "no"


def test_strange_images_are_marked_and_familiar_ones_are_not(applied):
    table = APPLIED.read(applied[3] / "predictions.csv").set_index("path")
    assert (table.loc[["odd/inverted.png", "odd/noise.png", "odd/wide.png"], "out_of_distribution"] == "yes").all()
    known = table[table.index.str.startswith("known/")]
    assert (known["out_of_distribution"] == "no").mean() > 0.8
    assert ((table["why"] != "") == (table["out_of_distribution"] == "yes")).all()


def test_a_turned_training_image_is_named_as_a_copy_and_test_images_are_none(applied):
    inputs, folder, images, out = applied
    table = APPLIED.read(out / "predictions.csv").set_index("path")["copy_of"]
    assert (table[table.index.str.startswith("known/")] == "").all()
    # Padded, but of the first image, which was learned from.
    assert table["odd/wide.png"] == "cell_000"
    learned = pd.read_csv(inputs.split).query("subset == 'train'")["id"].iloc[0]
    pixels = np.load(inputs.images)[int(learned.removeprefix("cell_"))]
    save(images.parent / "copies", {"turned": np.rot90(pixels)[:, ::-1]})
    apply.main(arguments(folder, images.parent / "copies", "copies"))
    assert APPLIED.read(inputs.root / "predict" / "copies" / "predictions.csv")["copy_of"].tolist() == [learned]


def test_broken_files_are_set_aside_with_a_reason(applied):
    quarantine = QUARANTINE.read(applied[3] / "quarantine.csv").set_index("path")
    wanted = {"cut.png": "truncated", "empty.jpg": "empty_file", "notes.txt": "other_ending"}
    assert quarantine["reason"].to_dict() == wanted
    assert not set(quarantine.index) & set(APPLIED.read(applied[3] / "predictions.csv")["path"])


def test_the_record_says_what_was_applied_and_names_no_place_of_this_machine(applied):
    inputs, _, images, out = applied
    record = read_json(out / "record.json")
    assert record["settings"]["run"] == "tiny" and record["settings"]["preprocess"] == PACKING and record["synthetic"]
    assert record["images"]["out_of_distribution"] >= 3
    assert {name: record["images"][name] for name in ("read", "refused", "passed_over")} == {
        "read": 21,
        "refused": 2,
        "passed_over": 1,
    }
    assert "runs/published/tiny/fold0-seed0/weights.safetensors" in record["inputs"] and set(record["outputs"]) >= {
        "index.html",
        "gradcam.png",
    }
    assert str(images.parent) not in json.dumps(record) and str(inputs.root) not in json.dumps(record)
    assert Image.open(out / "gradcam.png").size[1] > 500


def test_the_log_says_how_many_are_unlike(fusion_study, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(apply.entry.log, "propagate", True)
    images = save(tmp_path / "images", {name: 255 - image for name, image in cells(4).items()})
    apply.main(arguments(fusion_study[1], images, "inverted"))
    assert "4 images, 0 refused, 4 (100.0 %) out of the training distribution" in caplog.text


def test_every_new_file_without_a_prediction_has_a_row_and_is_counted(fusion_study, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(apply.entry.log, "propagate", True)
    images = save(tmp_path / "images", cells(2))
    (images / "cell_00.png").rename(images / "cell_00.PNG")
    for number, picture in enumerate(cells(3, seed=6).values()):
        Image.fromarray(picture).save(images / f"j{number}.jfif", format="JPEG")
    wanted = {"a.heic": "other_ending", "b.HEIC": "other_ending", "c.dcm": "other_ending", "d": "other_ending"}
    for name in wanted:
        (images / name).write_text("x")
    (images / "Thumbs.db").write_text("x")
    os.mkfifo(images / "pipe.png")
    (images / "circle").symlink_to(".")
    apply.main(arguments(fusion_study[1], images, "odd_files"))
    out = fusion_study[0].root / "predict" / "odd_files"
    assert len(APPLIED.read(out / "predictions.csv")) == 5
    quarantine = QUARANTINE.read(out / "quarantine.csv").set_index("path")["reason"].to_dict()
    assert quarantine == {**wanted, "pipe.png": "special_file", "circle": "folder_link"}
    line = next(line for line in caplog.text.splitlines() if "passed over" in line)
    assert "5 files passed over" in line and ".heic 2, .dcm 1" in line and "(no ending) 1" in line


def test_a_folder_without_an_image_that_is_read_says_what_lies_there(fusion_study, tmp_path):
    for name in ("a.heic", "b.jp2"):
        (tmp_path / name).write_text("x")
    with pytest.raises(UserError, match=r"only \.heic 1, \.jp2 1 .*; read are \.bmp") as error:
        apply.main(arguments(fusion_study[1], tmp_path, "none_read"))
    assert "\n" not in str(error.value)


def test_equal_images_are_equal_bytes_whatever_their_folder_is_called(fusion_study, tmp_path):
    inputs, folder = fusion_study
    for name in ("once", "twice"):
        apply.main(arguments(folder, save(tmp_path / name, cells(5)), name))
    once, twice = (inputs.root / "predict" / name for name in ("once", "twice"))
    for name in (*apply.TABLES, *(f"gradcam.{ending}" for ending in ("png", "webp", "pdf"))):
        assert (once / name).read_bytes() == (twice / name).read_bytes()
    pages = [(folder / "index.html").read_text(encoding="utf-8") for folder in (once, twice)]
    assert pages[0].replace("once", "twice") == pages[1]


def test_the_page_shows_the_most_doubtful_first_with_every_warning(applied):
    out = applied[3]
    page, table = (out / "index.html").read_text(encoding="utf-8"), APPLIED.read(out / "predictions.csv")
    shown = re.findall(r'<img src="data:image/webp;base64,[^"]*" alt="((?:known|odd)/[^"]*)"', page)
    assert shown == table.sort_values(["doubt", "path"], ascending=[False, True])["path"].tolist()
    assert page.count("Out of distribution:") == (table["out_of_distribution"] == "yes").sum()
    assert "which it has learned from" in page and "not been evaluated" in page


def test_doubt_is_the_entropy_of_the_probabilities():
    p = np.array([[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0.0]])
    np.testing.assert_allclose(doubt(p), [0, 1, np.log(2) / np.log(3)], atol=1e-12)


def test_grad_cam_is_of_the_surest_of_each_class_and_then_of_the_most_doubtful():
    columns = {"path": list("abcdef"), "predicted": list("xxyyxy"), "doubt": [0.1, 0.9, 0.3, 0.5, 0.8, 0.2]}
    assert sheet.chosen(pd.DataFrame(columns), 2)["path"].tolist() == ["a", "f", "b", "e"]


def test_labels_are_held_against_the_predictions(fusion_study, tmp_path):
    inputs, folder = fusion_study
    images = save(tmp_path / "images", cells(9))
    true = [made.CLASSES[number % 3] for number in range(8)]
    labels = pd.DataFrame({"path": [f"cell_{number:02d}.png" for number in range(8)], "label": true})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    apply.main(arguments(folder, images, "labelled", labels=tmp_path / "labels.csv"))
    out = inputs.root / "predict" / "labelled"
    right = int((APPLIED.read(out / "predictions.csv")["predicted"].iloc[:8] == true).sum())
    page = (out / "index.html").read_text(encoding="utf-8")
    assert f"{right} of 8 labelled images" in page and "1 image has no label" in page
    assert page.count('class="wrong"') == 8 - right
    assert read_json(out / "record.json")["labels_sha256"]


def test_labelled_files_without_a_prediction_and_files_passed_over_are_told_on_the_page(fusion_study, tmp_path):
    inputs, folder = fusion_study
    learned = pd.read_csv(inputs.split).query("subset == 'train'")["id"].iloc[0]
    images = save(tmp_path / "images", {"copy": np.load(inputs.images)[int(learned.removeprefix("cell_"))]})
    (images / "cut.png").write_bytes((images / "copy.png").read_bytes()[:300])
    (images / "scan.jp2").write_text("x")
    (tmp_path / "l.csv").write_text(f"path,label\ncut.png,{made.CLASSES[0]}\ncopy.png,{made.CLASSES[0]}\n")
    apply.main(arguments(folder, images, "untold", labels=tmp_path / "l.csv"))
    page = (inputs.root / "predict" / "untold" / "index.html").read_text(encoding="utf-8")
    assert "1 file could not be read, 1 of other endings was passed over" in page
    assert "of 1 labelled image;" in page and "1 labelled file could not be read and does not count" in page
    assert "All of them are copies of images that it has learned from" in page


def test_copies_do_not_count_for_the_accuracy_without_them(fusion_study, tmp_path):
    inputs, folder = fusion_study
    learned = pd.read_csv(inputs.split).query("subset == 'train'")["id"].iloc[0]
    pixels = np.load(inputs.images)[int(learned.removeprefix("cell_"))]
    images = save(tmp_path / "images", {**cells(2), "copy": pixels[:, ::-1]})
    true = [made.CLASSES[0], made.CLASSES[1], made.CLASSES[0]]
    table = pd.DataFrame({"path": ["cell_00.png", "cell_01.png", "copy.png"], "label": true})
    table.to_csv(tmp_path / "labels.csv", index=False)
    apply.main(arguments(folder, images, "copied", labels=tmp_path / "labels.csv"))
    page = (inputs.root / "predict" / "copied" / "index.html").read_text(encoding="utf-8")
    assert "of 3 labelled images" in page
    assert re.search(r"Without copies of images that it has learned from:.*?of 2 images", page, re.DOTALL)


def test_more_images_than_are_read_at_a_time_are_all_there_in_order(fusion_study, tmp_path, monkeypatch):
    monkeypatch.setattr(new_pictures, "AT_A_TIME", 4)
    images = save(tmp_path / "images", cells(10))
    (images / "cell_05.png").write_bytes(b"nothing")
    apply.main(arguments(fusion_study[1], images, "many", doubtful=6))
    table = APPLIED.read(fusion_study[0].root / "predict" / "many" / "predictions.csv")
    assert table["path"].tolist() == [f"cell_{number:02d}.png" for number in range(10) if number != 5]
