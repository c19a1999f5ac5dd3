"""Trying a study's preprocessing on a folder: figures, and masks scored against annotations."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.preprocessing.test_masks import BLUE, BROWN, field
from tests.raw import save
from workflow_scripts.commands import try_preprocessing
from workflow_scripts.reporting.paper_figures import panels
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.runtime.errors import UserError

OFF = panels.UNCHANGED


def run(root: Path, **changes: object) -> pd.DataFrame:
    given = {"study": "zeb2_ihc", "images": root / "images", "annotations": None, "scale": "demo", "show": 2}
    try_preprocessing.main(argparse.Namespace(**{**given, "out": root / "out", "log": None, **changes}))
    return pd.read_csv(root / "out" / "masks.csv")


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    for number in range(2):
        pixels, where = field((20 + number, 20, BLUE), (60, 50, BROWN), side=96, seed=number)
        save(tmp_path / "images" / f"{number}.png", Image.fromarray(pixels))
        colours = np.where(where[..., None], (255, 0, 0), 0).astype(np.uint8)
        save(tmp_path / "annotations" / f"{number}.png", Image.fromarray(colours))
    return tmp_path


def test_every_kind_of_mask_is_scored_where_an_annotation_is_there(fields: Path) -> None:
    table = run(fields, annotations=fields / "annotations").set_index(["path", "mask"])["dice"]
    assert len(table) == 8 and table["0.png", "stained"] > 0.9
    # One of the two spots is blue, the other one brown: a mask of the brown stain alone finds half of them.
    assert table["0.png", "dab"] == pytest.approx(2 / 3, abs=0.1)
    (fields / "annotations" / "1.png").unlink()
    assert run(fields, annotations=fields / "annotations").set_index("path")["dice"]["1.png"].isna().all()
    for name in ("preprocessing.png", "augmentation.png"):
        assert Image.open(fields / "out" / name).width > 400


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.ones((96, 96), np.uint8), r"the brightest pixel of .*0\.png is 1 of 255, so that all of it would be backg"),
        (np.full((96, 96), 700, np.uint16), r"annotations/0\.png is not read: unsupported_mode: more than 8 bits"),
        (None, r"no file below .*annotations is called as an image, such as 0\.png"),
    ],
)
def test_annotations_that_say_nothing_as_they_are_are_no_score(fields: Path, pixels, words) -> None:
    for path in (fields / "annotations").iterdir():
        path.unlink()
        if pixels is not None:
            save(path, Image.fromarray(pixels))
    with pytest.raises(UserError, match=words):
        run(fields, annotations=fields / "annotations")


def test_a_wrong_study_or_an_empty_folder_is_one_line(fields: Path) -> None:
    with pytest.raises(UserError, match="there is no such study; there are cvm_cervix"):
        run(fields, study="zeb")
    (fields / "empty").mkdir()
    with pytest.raises(UserError, match="no readable image"):
        run(fields, images=fields / "empty")


def test_the_panel_of_changes_has_a_line_for_each_active_change_and_one_for_all() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    figure = panels.augmentation_figure(image, replace(OFF, rotate=20.0, noise=0.1)).figure
    assert [axis.get_ylabel() for axis in figure.axes[:: panels.DRAWS + 1]] == [
        "rotation\n(20)",
        "Gaussian noise\n(0.1)",
        "all together",
    ]
    noisy = figure.axes[panels.DRAWS + 2].images[0].get_array()
    assert noisy.std() > 5  # an image of noise, not the black one
    with pytest.raises(NotDrawnError, match="random changes"):
        panels.augmentation_figure(image, OFF)


def test_every_setting_of_the_augmentation_has_its_line() -> None:
    assert set(panels.CHANGES) == set(asdict(panels.UNCHANGED))


def test_the_panel_of_steps_shows_masks_and_noise_only_where_there_are_some() -> None:
    pixels, where = field((20, 20, BROWN), side=48)
    with_mask = panels.Example("a", pixels, pixels, where.astype(np.uint8))
    without = panels.Example("a", pixels, pixels, None)

    def titles(example: panels.Example, noise: float) -> list[str]:
        return [axis.get_title() for axis in panels.preprocessing_figure([example], noise, "image").figure.axes]

    assert titles(with_mask, 0.02) == ["as in the file", "resized", "mask", "masked", "with noise"]
    assert titles(without, 0) == ["as in the file", "resized"]
    assert not with_mask.masked[~where].any() and (with_mask.masked[where] == pixels[where]).all()
