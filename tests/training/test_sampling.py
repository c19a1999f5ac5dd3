"""Rare classes shown more often: the right numbers, in training only, the same however often it is stopped."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings as load
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import augment, checkpoints, loop, one_training, sampling
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels, fourfold
from workflow_scripts.training.randomness import keys_of

ROOT = Path(__file__).resolve().parents[2]
TARGETS = np.repeat([0, 1, 2], [50, 20, 5])
KEYS = keys_of([f"cell_{number}" for number in range(75)])
CPU = torch.device("cpu")
PICTURES = ArrayDescription("pixels", "uint8", (16, 16, 3), 255)
WAYS = [{"sampling": "weighted"}, {"sampling": "oversampled"}, {"extra": {"cross": 3}}]


def block(**train):
    return made.train(**train)


def shown(seed=1, **train):
    return sampling.shown(TARGETS, made.CLASSES, block(**train), seed)


def test_every_image_once_is_the_default():
    assert shown().tolist() == list(range(75))
    places, keys = sampling.epoch("none", TARGETS, KEYS, 1, 0)
    assert sorted(places) == list(range(75)) and (keys == KEYS[places]).all()


def test_extra_shows_the_images_of_a_class_that_often():
    counts = np.bincount(shown(extra={"cross": 3, "empty": 2}), minlength=75)
    assert counts[:50].tolist() == [1] * 50 and counts[50:70].tolist() == [3] * 20 and counts[70:].tolist() == [2] * 5


def test_an_unknown_class_is_named_with_the_known_ones():
    with pytest.raises(UserError, match="train.extra names the class 'dot'; the classes are blob, cross, empty"):
        shown(extra={"dot": 2})


def test_oversampling_makes_every_class_as_large_as_the_largest_and_keeps_all():
    found = shown(sampling="oversampled")
    assert np.bincount(TARGETS[found]).tolist() == [50, 50, 50] and set(found) == set(range(75))
    assert (shown(sampling="oversampled") == found).all() and (shown(2, sampling="oversampled") != found).any()


def test_weighted_draws_show_every_class_equally_often_as_a_function_of_seed_and_epoch():
    epochs = [sampling.epoch("weighted", TARGETS, KEYS, 1, number) for number in range(60)]
    assert all(len(places) == 75 for places, _ in epochs)
    drawn = np.concatenate([places for places, _ in epochs])
    shares = np.bincount(TARGETS[drawn]) / len(drawn)
    assert np.allclose(shares, 1 / 3, atol=0.03)
    # Within a class everyone is equally likely, and everyone comes.
    within = np.bincount(drawn, minlength=75)[50:70]
    assert within.min() > 40 and within.max() < 120
    assert (epochs[3][0] != epochs[4][0]).any()
    again = sampling.epoch("weighted", TARGETS, KEYS, 1, 3)
    assert (again[0] == epochs[3][0]).all() and (again[1] == epochs[3][1]).all()
    assert (sampling.epoch("weighted", TARGETS, KEYS, 2, 3)[0] != epochs[3][0]).any()


def test_each_repeat_has_a_key_and_so_random_changes_of_its_own():
    subset = made.subset(np.arange(75), TARGETS, KEYS)
    repeated = subset.repeated(shown(extra={"empty": 40}))
    assert len(np.unique(repeated.keys)) == len(repeated) == 70 + 200 and (repeated.keys[:75] == KEYS).all()
    assert len(np.unique(fourfold(repeated)[0].keys)) == 4 * 270
    for keys in (repeated.keys[repeated.first == 74], sampling.epoch("weighted", TARGETS, KEYS, 1, 0)[1]):
        assert len(np.unique(keys)) == len(keys)
    flips = augment.draw(block().augment, 1, 0, repeated.keys[repeated.first == 74], CPU, PICTURES).horizontal
    assert 8 < int(flips.sum()) < 32


def test_in_a_weighted_epoch_two_draws_of_one_image_are_changed_differently():
    image = np.arange(16 * 16 * 3).reshape(1, 16, 16, 3).astype("uint8")
    subset = made.subset(np.zeros(1, dtype="int64"), np.zeros(1, dtype="int64"), KEYS[:1])
    pictures = Pixels(made.arrays_of(image), subset, CPU, Normalisation([0.0] * 3, [1 / 255] * 3, channels_last=False))
    indices = np.zeros(40, dtype="int64")
    changes = augment.draw(block().augment, 1, 0, sampling.repeated_keys(subset.keys, indices), CPU, PICTURES)
    (batch,) = pictures.changed(indices, changes).inputs(0, 40)
    flipped = (batch != batch[0]).flatten(1).any(1)
    assert 0 < int(flipped.sum()) < 40 and torch.equal(flipped, changes.horizontal != changes.horizontal[0])


def unbalanced(root):
    inputs = made.make_inputs(root)
    split = pd.read_csv(inputs.split)
    labels = pd.read_csv(inputs.root / "dataset" / "manifest.csv")["label"]
    rare = split.index[(split["subset"] == "train") & (labels == "cross")]
    inputs.resplit(split.drop(index=rare[4:]))
    return inputs


@pytest.mark.parametrize(("way", "count"), list(zip(WAYS, (28, 36, 36), strict=True)))
def test_only_training_changes_and_pixels_are_counted_once(tmp_path, monkeypatch, way, count):
    inputs, seen, fit = unbalanced(tmp_path / "made"), [], loop.fit

    def spy(model, training, validation, *more):
        seen.append((len(training), len(validation), len(np.unique(validation.subset.first))))
        return fit(model, training, validation, *more)

    monkeypatch.setattr(one_training, "fit", spy)
    found = []
    for name, changes in (("plain", {}), ("balanced", way)):
        settings, out = made.settings(epochs=1, **changes), tmp_path / name
        train.main(inputs.arguments(out=out, settings=settings))
        finish_run.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
        found.append(read_trained(out / "weights.safetensors", made.training(settings)))
    assert seen == [(28, 12, 12), (count, 12, 12)]
    assert found[0].mean == found[1].mean and found[0].std == found[1].std
    assert not torch.equal(found[0].tensors["fc.weight"], found[1].tensors["fc.weight"])
    ids = [pd.read_csv(tmp_path / name / "predictions.csv")["id"].tolist() for name in ("plain", "balanced")]
    assert ids[0] == ids[1] and len(ids[0]) == 24


@pytest.mark.parametrize("way", WAYS)
def test_a_training_killed_within_an_epoch_ends_in_the_same_bytes(tmp_path, monkeypatch, way):
    inputs = unbalanced(tmp_path / "made")
    settings = made.settings(epochs=2, augment={"rotate": 20}, **way)
    train.main(inputs.arguments(out=tmp_path / "whole", settings=settings))
    arguments = inputs.arguments(out=tmp_path / "killed", settings=settings)
    arguments.save_within = arguments.save_at_end = 0
    child = os.fork()
    if not child:
        save, count = checkpoints.Checkpoints.save, [0]

        def saved(self, *given):
            save(self, *given)
            count[0] += 1
            if count[0] == 6:
                os.kill(os.getpid(), signal.SIGKILL)

        checkpoints.Checkpoints.save = saved
        entry.run(train.main, arguments)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert list((inputs.root / ".work" / "checkpoints").rglob("*.pt"))
    train.main(arguments)
    for name in ("weights.safetensors", "history.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    ("study", "run", "said"),
    [
        ({"sampling": "weighted"}, {"extra": {"SCC": 2}}, "run 'xception': train: sampling is weighted and extra is"),
        (
            {"class_weights": "balanced"},
            {"sampling": "oversampled"},
            "and class_weights balanced; balance classes once",
        ),
        ({}, {"extra": {"SSC": 2}}, "run 'xception': train.extra names 'SSC', which is no class of this study"),
    ],
)
def test_what_excludes_each_other_is_refused_before_any_job(study, run, said):
    changes = {"train": study, "runs": {"xception": {"train": run}}}
    with pytest.raises(UserError, match=said):
        load(ROOT, {"studies": {"cvm_cervix": changes}})
