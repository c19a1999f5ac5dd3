"""train.stain: a reference of training units alone, kept with the weights, seen by whatever applies the run."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open

from tests import made
from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.stain_reference import StainReference
from workflow_scripts.models.weights import read_trained
from workflow_scripts.preprocessing.stains import with_stain_of
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training.feeders import stained
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.feeders.stained import StainedRows, fitted_reference
from workflow_scripts.training.finished import Network
from workflow_scripts.training.randomness import keys_of

CPU = torch.device("cpu")
METHODS = ("reinhard", "macenko")
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])


def tissue(count: int, seed: int = 0, size: int = 32) -> np.ndarray:
    """uint8 N×S×S×3 of two stains."""
    generator = np.random.default_rng(seed)
    amounts = np.abs(generator.normal(0.6, 0.5, (count, size, size, 2)))
    return np.clip(256 * np.exp(-amounts @ STAINS) - 1, 0, 255).astype("uint8")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> made.Inputs:
    """A study of stained pictures: each class has more of one stain."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("stained"))
    np.save(inputs.images, tissue(60))
    return inputs.vouch()


def trained(inputs: made.Inputs, out, **changes):
    settings = made.settings(epochs=1, **changes)
    train.main(inputs.arguments(out=out, settings=settings))
    return settings, read_trained(out / "weights.safetensors", made.training(settings))


@pytest.mark.parametrize("method", METHODS)
def test_the_reference_stands_in_the_weights_file_and_in_the_record(inputs, tmp_path, method):
    out = tmp_path / "fold0-seed0"
    settings, weights = trained(inputs, out, stain=method)
    assert weights.stain.method == method and weights.stain.units == stained.UNITS
    assert settings["train"]["stain"] == method
    finish_run.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
    assert read_json(out / "record.json")["stain"]["units"] == stained.UNITS
    assert "stain" not in read_json(out / "ledger.json")["train"]


def test_without_stain_nothing_new_is_written(inputs, tmp_path):
    settings, weights = trained(inputs, tmp_path / "fold0-seed0")
    assert weights.stain is None and "stain" not in settings["train"]
    with safe_open(tmp_path / "fold0-seed0" / "weights.safetensors", framework="pt") as file:
        assert set(file.metadata()) == {"settings", "code", "mean", "std", "classes"}
        assert "stain" not in json.loads(file.metadata()["settings"])["train"]
    assert "stain" not in read_json(tmp_path / "fold0-seed0" / "train.json")


@pytest.mark.parametrize("method", METHODS)
def test_pictures_that_are_not_trained_on_do_not_move_the_reference(inputs, tmp_path, method):
    _, before = trained(inputs, tmp_path / "a" / "fold0-seed0", stain=method)
    pictures, split = np.load(inputs.images), pd.read_csv(inputs.split)
    other = (split["subset"] != "train").to_numpy()
    poisoned = pictures.copy()
    poisoned[other] = np.array([200, 30, 30], "uint8") - pictures[other] // 8
    try:
        np.save(inputs.images, poisoned)
        inputs.vouch()
        _, after = trained(inputs, tmp_path / "b" / "fold0-seed0", stain=method)
    finally:
        np.save(inputs.images, pictures)
        inputs.vouch()
    assert after.stain == before.stain and (after.mean, after.std) == (before.mean, before.std)
    moved = pictures.copy()
    moved[~other] = 255 - (255 - pictures[~other]) // 2
    subset = made.subset(np.flatnonzero(~other), np.zeros(36, dtype="int64"), keys_of(map(str, range(36))))
    assert fitted_reference(method, 1, made.arrays_of(moved), subset, made.units(36)) != before.stain


def test_the_same_seed_draws_the_same_units_and_another_others(inputs):
    arrays, subset = made.arrays_of(tissue(60)), made.subset(np.arange(60), np.zeros(60, "int64"), keys_of("a" * 60))
    units = np.array([f"slide {number // 3}" for number in range(60)])
    first, again, other = (fitted_reference("reinhard", seed, arrays, subset, units) for seed in (1, 1, 2))
    assert first == again and first != other and first.units == stained.UNITS


@pytest.mark.parametrize("kept", [0, 2**31])
def test_every_picture_is_shown_with_the_stain_of_the_reference(monkeypatch, kept):
    monkeypatch.setattr(stained, "KEPT_BYTES", kept)
    pictures = tissue(12, seed=3)
    reference = StainReference("macenko", 3, (0.55, 0.75, 0.36, 0.2, 0.9, 0.38, 2.0, 1.5))
    wanted = np.stack([with_stain_of(reference, picture) for picture in pictures])
    subset = made.subset(np.arange(12)[::-1].copy(), np.zeros(12, dtype="int64"), keys_of("abcdefghijkl"))
    masks = np.random.default_rng(0).integers(0, 2, (12, 32, 32)).astype("uint8")
    arrays = made.arrays_of(pictures, masks)
    view = PixelView(made.train(augment={"horizontal_flip": 0}), 1, [0.0] * 3, [1 / 255] * 3, reference)
    for feeder in (view.training(arrays, subset, CPU), view.applied(arrays, subset, CPU)):
        for _ in range(2):
            shown = feeder.batch(np.arange(12)).inputs[0].permute(0, 2, 3, 1).numpy()
            np.testing.assert_array_equal(shown.round(), (wanted * masks[..., None])[::-1])
    assert (wanted != pictures).mean() > 0.5


def test_a_picture_is_changed_once_where_memory_allows(monkeypatch):
    rows, calls = StainedRows(tissue(4), StainReference("reinhard", 1, (60, 30, -20, 10, 8, 6))), []
    monkeypatch.setattr(stained, "with_stain_of", lambda reference, picture: calls.append(1) or picture)
    for chosen in ([0, 1], [1, 1, 2], [2, 0]):
        assert rows[np.array(chosen)].shape == (len(chosen), 32, 32, 3)
    assert len(calls) == 3


def test_mean_and_spread_are_those_of_the_changed_pictures(inputs, tmp_path):
    _, weights = trained(inputs, tmp_path / "fold0-seed0", stain="macenko")
    rows = np.flatnonzero((pd.read_csv(inputs.split)["subset"] == "train").to_numpy())
    changed = np.stack([with_stain_of(weights.stain, picture) for picture in np.load(inputs.images)[rows]]) / 255
    np.testing.assert_allclose(weights.mean, changed.mean((0, 1, 2)))
    np.testing.assert_allclose(weights.std, changed.std((0, 1, 2)))


def test_new_pictures_are_seen_as_those_of_the_study(inputs, tmp_path):
    settings, weights = trained(inputs, tmp_path / "fold0-seed0", stain="reinhard")
    pictures = np.load(inputs.images)
    description = ArrayDescription("pixels", "uint8", pictures.shape[1:], 255)
    network = Network(torch.nn.Identity(), weights, description, CPU)
    batch = network.batches(pictures[:3], ["a", "b", "c"]).batch(np.arange(3))
    seen = batch.inputs[0].permute(0, 2, 3, 1).numpy()
    changed = np.stack([with_stain_of(weights.stain, picture) for picture in pictures[:3]])
    np.testing.assert_allclose(seen * weights.std + weights.mean, changed / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("description", "says"),
    [
        (ArrayDescription("pixels", "uint8", (8, 8, 1), 255), "in colour of 8 bits"),
        (ArrayDescription("pixels", "uint16", (8, 8, 3), 4095), "in colour of 8 bits"),
        (ArrayDescription("pixels", "uint8", (8, 8, 3), 255), "too little stained tissue; set none"),
    ],
)
def test_pictures_that_have_no_stain_are_refused(description, says):
    white = np.full((4, *description.row_shape), description.scale, description.dtype)
    subset = made.subset(np.arange(4), np.zeros(4, dtype="int64"), keys_of("abcd"))
    with pytest.raises(UserError, match=says):
        fitted_reference("macenko", 1, Arrays.of_rows(description, white), subset, made.units(4))
