"""Baselines without a network: they find the traces in the border, the colour or the size, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from tests import made
from workflow_scripts.baselines import simple_features
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.data.readers.reader_registry import readers
from workflow_scripts.kinds.baseline import MODALITIES


def settings(*names):
    job = {"study": "made", "protocol": "published", "run": "control", "fold": 0, "seed": 0}
    return {**job, "spec": {"kind": "baseline", "features": list(names)}, "aggregate": "none"}


def accuracy(inputs, out, *names):
    inputs.make_run(settings(*names), out)
    units = pd.read_csv(out / "units.csv")
    test = units[units["subset"] == "test"]
    columns = [f"p_{name}" for name in made.CLASSES]
    predicted = test[columns].idxmax(axis=1).str.removeprefix("p_")
    return (predicted == test["label"]).mean()


def noise(root, plant):
    """Images of pure noise in which `plant(images, manifest, class numbers)` leaves a trace of the class."""
    inputs = made.make_inputs(root, per_class=40)
    images = np.load(inputs.images)
    images[:] = np.random.default_rng(0).integers(60, 200, images.shape)
    path = inputs.root / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    plant(images, manifest, pd.Index(made.CLASSES).get_indexer(manifest["label"]))
    np.save(inputs.images, images)
    MANIFEST.write(path, manifest)
    return inputs.vouch()


def in_border(images, manifest, classes):
    images[:, 0] = (60 + 60 * classes)[:, None, None]


def in_middle(images, manifest, classes):
    images[:, 12:20, 12:20] = (60 + 60 * classes)[:, None, None, None]


def in_colour(images, manifest, classes):
    images[..., 0] += (20 * classes).astype("uint8")[:, None, None]


def in_size(images, manifest, classes):
    manifest["width"] = 50 + 10 * classes


@pytest.mark.parametrize(
    ("plant", "found_by", "not_by"),
    [
        (in_border, "border", "size"),
        (in_middle, "colour", "border"),
        (in_colour, "colour", "size"),
        (in_size, "size", "border"),
    ],
)
def test_a_baseline_sees_what_it_is_called_after_and_nothing_else(tmp_path, plant, found_by, not_by):
    inputs = noise(tmp_path, plant)
    assert accuracy(inputs, tmp_path / "found", found_by) > 0.9
    assert accuracy(inputs, tmp_path / "missed", not_by) < 0.65


def test_every_feature_says_of_which_modality_it_is_taken():
    assert MODALITIES.keys() == simple_features.FEATURES.keys()
    assert set(MODALITIES.values()) <= set(readers())


def test_it_is_fitted_on_the_training_subset_alone(tmp_path):
    inputs = made.make_inputs(tmp_path)
    accuracy(inputs, tmp_path / "a", "border", "colour")
    split, images = SPLIT.read(inputs.split), np.load(inputs.images)
    one = int((split["subset"] == "test").idxmax())
    images[(split["subset"] == "test") & (split.index != one)] = 0
    np.save(inputs.images, images)
    inputs.vouch()
    accuracy(inputs, tmp_path / "b", "border", "colour")
    first, second = (pd.read_csv(tmp_path / name / "predictions.csv").set_index("id") for name in "ab")
    name = split["id"][one]
    assert first.loc[name].equals(second.loc[name]) and not first.equals(second)


def test_equal_runs_are_equal_bytes(tmp_path):
    inputs = made.make_inputs(tmp_path)
    for name in "ab":
        accuracy(inputs, tmp_path / name, "border", "colour", "size")
    assert (tmp_path / "a/predictions.csv").read_bytes() == (tmp_path / "b/predictions.csv").read_bytes()


@pytest.mark.parametrize("side", [20, 32, 48, 90])
def test_the_rim_is_the_rim_at_every_size(side):
    width = -(-2 * side // 32)  # two of 32 rows, rounded up
    framed = np.zeros((1, side, side, 3), dtype="uint8")
    framed[:, 2 * width : -2 * width, 2 * width : -2 * width] = 255
    assert simple_features.border(framed, pd.DataFrame()).max() == 0
    assert simple_features.border(255 - framed, pd.DataFrame()).min() == 255
