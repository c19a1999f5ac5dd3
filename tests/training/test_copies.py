"""The fourfold training set: four of each training image, nowhere else, and no copy has a name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.step_settings.train_settings import Augment
from workflow_scripts.models.weights import read_trained
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import augment, loop, one_training
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels, fourfold
from workflow_scripts.training.randomness import ORDER, keys_of, order

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")
UNCHANGED = Normalisation([0.0] * 3, [1 / 255] * 3, channels_last=False)  # leaves the bytes as they are


def subset(count, first=0):
    ids = [f"cell_{number}" for number in range(count)]
    return made.subset(np.arange(first, first + count), np.arange(count) % 2, keys_of(ids))


def pictures(images, chosen):
    """The fourfold pictures of a subset."""
    copies, variants = fourfold(chosen)
    return Pixels(made.arrays_of(images), copies, CPU, UNCHANGED, variants=variants)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3)).astype("uint8")


def test_each_image_is_there_as_it_is_turned_and_flipped_both_ways(images):
    chosen = subset(5, first=3)
    feeder = pictures(images, chosen)
    (batch,), targets = feeder.batch(np.arange(20)).inputs, feeder.batch(np.arange(20)).targets
    shown = batch.permute(0, 2, 3, 1).reshape(4, 5, 16, 16, 3).round().numpy()
    given = images[3:8]
    for found, expected in zip(
        shown, (given, np.rot90(given, 2, (1, 2)), given[:, :, ::-1], given[:, ::-1]), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert targets.tolist() == [0, 1, 0, 1, 0] * 4
    # In any batch and order, copies of one image are this image's.
    some = np.array([17, 2, 8])
    assert torch.equal(feeder.batch(some).inputs[0], batch[some])


def test_pixels_held_on_a_device_are_those_of_the_samples_once(images):
    feeder = pictures(images, subset(5, first=3))
    before = feeder.ordered(np.arange(20)).pixels(0, 20)
    feeder.resident = torch.from_numpy(images[3:8])
    assert feeder.held_at.max() == 4 and torch.equal(feeder.ordered(np.arange(20)).pixels(0, 20), before)


def test_the_counts_are_those_of_table_4():
    paper = read_published(ROOT / "workflow_scripts" / "studies" / "cvm_cervix" / "published.yaml")
    printed = [int(paper.claim(f"table4.{name}.train").value) for name in ("abnormal", "normal")]
    # The training shares of 675 and 242 images; in test_protocols they follow from the split's rule.
    targets = np.repeat([0, 1], [405, 146])
    single = made.subset(np.arange(551), targets, keys_of(map(str, range(551))))
    assert np.bincount(fourfold(single)[0].targets).tolist() == printed == [1620, 584]


def test_an_epoch_shows_every_copy_once_each_with_its_own_random_changes(images):
    chosen, _ = fourfold(subset(200))
    assert len(np.unique(chosen.keys)) == 800 and (chosen.keys[:200] == subset(200).keys).all()
    indices = order(1, 0, chosen.keys, ORDER)
    assert sorted(indices) == list(range(800))
    firsts = np.argsort(indices)[:200] < 400
    assert 60 < firsts.sum() < 140  # the samples themselves are spread among their copies
    settings = Augment(horizontal_flip=0.5)
    flips = (
        augment.draw(settings, 1, 0, chosen.keys, CPU, made.arrays_of(images).description)
        .horizontal.numpy()
        .reshape(4, 200)
    )
    assert (abs(flips.mean(1) - 0.5) < 0.15).all() and (flips != flips[0]).any(0).mean() > 0.6


def run(inputs, out, **changes):
    settings = made.settings(epochs=2, **changes)
    train.main(inputs.arguments(out=out, settings=settings))
    finish_run.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
    return settings


def test_only_training_sees_copies_and_predictions_know_none(tmp_path, monkeypatch):
    inputs, seen, fit = made.make_inputs(tmp_path / "made"), [], loop.fit

    def spy(model, training, validation, *more):
        seen.append((len(training), training.variants is not None, len(validation), validation.variants))
        return fit(model, training, validation, *more)

    monkeypatch.setattr(one_training, "fit", spy)
    run(inputs, tmp_path / "plain")
    settings = run(inputs, tmp_path / "fourfold", copies="fourfold")
    assert seen == [(36, False, 12, None), (144, True, 12, None)]
    split = pd.read_csv(inputs.split)
    for name in ("predictions.csv", "units.csv"):
        table = pd.read_csv(tmp_path / "fourfold" / name)
        assert sorted(table["id"]) == sorted(split.loc[split["subset"] != "train", "id"])
    weights = read_trained(tmp_path / "fourfold" / "weights.safetensors", made.training(settings))
    plain = read_trained(tmp_path / "plain" / "weights.safetensors", made.training(made.settings(epochs=2)))
    assert (weights.mean, weights.std) == (plain.mean, plain.std)
    assert not torch.equal(weights.tensors["fc.weight"], plain.tensors["fc.weight"])


def test_a_fourfold_training_can_be_repeated(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    for name in ("first", "second"):
        run(inputs, tmp_path / name, copies="fourfold")
    for file in ("weights.safetensors", "history.csv", "predictions.csv"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
