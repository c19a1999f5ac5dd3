"""SMOTE: the bytes of imbalanced-learn, of floats and not of bytes, in training alone."""

import json
import signal

import numpy as np
import pandas as pd
import pytest
import torch
from imblearn.over_sampling import SMOTE
from threadpoolctl import threadpool_limits

from tests import made
from tests.training.running import run
from tests.training.test_interrupted import killed, start
from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_record import RunRecord
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import finish_run
from workflow_scripts.training import loop, one_training, smote
from workflow_scripts.training.interpolation import interpolate
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Samples

COUNTS = [30, 9, 4, 1]
CLASSES = ["a", "b", "c", "d"]
TARGETS = np.repeat(np.arange(4), COUNTS)


def points(width=12, seed=0):
    return np.random.default_rng(seed).normal(size=(len(TARGETS), width)).astype("float32")


def settings(resample="smote", **changes):
    return parse(TrainSettings, {**made.settings(resample=resample), **changes})


def samples(pixels, subset=None, order=None, groups=None, targets=TARGETS, kind="pixels", scale=255.0):
    """Samples of one row each; `order`: in which the array holds them."""
    count = len(pixels)
    order = np.arange(count) if order is None else order
    ids = np.array([f"s{number:03d}" for number in range(count)])
    table = pd.DataFrame({"id": ids, "unit": ids, "group": "" if groups is None else groups})
    table = table.assign(label=np.array(CLASSES)[targets], subset="train" if subset is None else subset)
    table = table.iloc[order].reset_index(drop=True).assign(first=range(count), count=1)
    pixels = pixels[order]
    description = ArrayDescription(kind, str(pixels.dtype), pixels.shape[1:], scale)
    return Samples(Arrays(description, pixels, table[["id", "first", "count"]]), CLASSES, table)


def pictures(dtype="uint8", low=0, high=256, size=4):
    return np.random.default_rng(1).integers(low, high, (len(TARGETS), size, size, 1)).astype(dtype)


def test_synthetic_samples_are_those_of_imbalanced_learn():
    values, enough = points(), TARGETS < 2
    for seed in (7, 2**40 + 7):
        own = interpolate(values[enough], TARGETS[enough], seed)
        theirs, labels = SMOTE(random_state=seed % 2**32).fit_resample(values[enough], TARGETS[enough])
        assert own.values.dtype == np.float32 and own.values.tobytes() == theirs[enough.sum() :].tobytes()
        assert own.targets.tolist() == labels[enough.sum() :].tolist()
    assert not np.array_equal(interpolate(values, TARGETS, 1).values, interpolate(values, TARGETS, 2).values)


def test_each_lies_between_its_two_parents_which_are_of_its_class():
    values = points()
    own = interpolate(values, TARGETS, 3)
    first, second = (values[own.parents[:, side]] for side in (0, 1))
    steps = ((own.values - first) * (second - first)).sum(1) / ((second - first) ** 2).sum(1)
    assert np.allclose(first + steps[:, None] * (second - first), own.values, atol=1e-5)
    assert (steps >= 0).all() and (steps < 1).all() and steps.std() > 0.2
    assert (TARGETS[own.parents] == own.targets[:, None]).all() and (own.parents[:, 0] != own.parents[:, 1]).all()


def test_small_classes_have_fewer_neighbours_and_a_single_sample_is_left_as_it_is(caplog):
    own = interpolate(points(), TARGETS, 0)
    assert own.neighbours == {1: 5, 2: 3}
    assert np.bincount(own.targets, minlength=4).tolist() == [0, 21, 26, 0]
    with caplog.at_level("INFO", "workflow_scripts"):
        training = smote.resampled(settings(), samples(pictures()))
    assert np.bincount(training.subset.targets).tolist() == [30, 30, 30, 1]
    assert "class 'd' has one sample, too few for SMOTE" in caplog.text and "21 of b and 26 of c" in caplog.text
    counted = {name: list(vars(count).values()) for name, count in training.report.classes.items()}
    assert counted == {"a": [30, 0, 0], "b": [9, 21, 5], "c": [4, 26, 3], "d": [1, 0, 0]}


def test_classes_that_are_equally_large_get_none():
    own = interpolate(points()[:8], np.repeat([0, 1], 4), 0)
    assert len(own.values) == len(own.parents) == 0 and own.values.shape == (0, 12)


def test_bytes_do_not_wrap():
    with pytest.raises(TypeError, match="computed on float32, these are uint8"):
        interpolate(pictures().reshape(len(TARGETS), -1), TARGETS, 0)
    training = smote.resampled(settings(), samples(pictures(low=240)))
    synthetic = training.arrays.data[len(TARGETS) :]
    assert training.arrays.data.dtype == np.uint8 and len(synthetic) == 47 and synthetic.min() >= 240
    wrapped, _ = SMOTE(random_state=0, k_neighbors=3).fit_resample(
        pictures(low=240).reshape(len(TARGETS), -1)[TARGETS < 3], TARGETS[TARGETS < 3]
    )
    assert wrapped.min() < 240  # why bytes are refused


def test_values_are_rounded_to_the_type_of_the_array_and_floats_are_not():
    whole, exact = (smote.resampled(settings(), samples(pictures(dtype))).arrays.data for dtype in ("uint8", "float32"))
    assert whole[: len(TARGETS)].tolist() == pictures().tolist() and exact.dtype == np.float32
    assert np.array_equal(np.rint(exact), whole) and not np.array_equal(exact, whole)
    features = smote.resampled(settings(), samples(points(), kind="features", scale=1.0))
    assert features.arrays.data[len(TARGETS) :].tobytes() == interpolate(points(), TARGETS, _seed()).values.tobytes()


def _seed():
    return settings().seeds.resample


def test_the_order_of_the_array_changes_no_synthetic_sample():
    straight = smote.resampled(settings(), samples(pictures()))
    order = np.random.default_rng(2).permutation(len(TARGETS))
    turned = smote.resampled(settings(), samples(pictures(), order=order))
    new = slice(len(TARGETS), None)
    assert np.array_equal(straight.arrays.data[new], turned.arrays.data[new])
    assert np.array_equal(straight.subset.keys[new], turned.subset.keys[new]) and straight.report == turned.report
    assert np.array_equal(turned.arrays.data[: len(TARGETS)], pictures()[order])
    assert np.array_equal(turned.subset.targets[: len(TARGETS)], TARGETS[order])


def test_the_number_of_threads_changes_no_byte():
    values, targets = (
        np.random.default_rng(0).integers(0, 3, (900, 40)).astype("float32"),
        np.repeat([0, 1], [700, 200]),
    )
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(interpolate(values, targets, 5))
    assert found[0].values.tobytes() == found[1].values.tobytes()
    assert np.array_equal(found[0].parents, found[1].parents)


def test_synthetic_samples_have_no_ids_and_keys_that_no_sample_has():
    training = smote.resampled(settings(), samples(pictures()))
    ids = [f"s{number:03d}" for number in range(len(TARGETS))]
    assert training.arrays.index["id"].tolist() == ids
    assert np.array_equal(training.subset.keys[: len(TARGETS)], keys_of(ids))
    assert len(np.unique(training.subset.keys)) == len(training.subset) == 91


def test_what_is_not_trained_on_makes_no_synthetic_sample_and_is_none():
    subset = np.where(np.arange(len(TARGETS)) % 3 == 0, "test", "train")
    subset[[0, 29, 30, 31]] = "validation"
    training = smote.resampled(settings(), samples(pictures(), subset))
    changed = pictures()
    changed[subset != "train"] = 7
    again = smote.resampled(settings(), samples(changed, subset))
    assert np.array_equal(training.arrays.data, again.arrays.data)
    assert set(training.arrays.index["id"]) == {f"s{n:03d}" for n in np.flatnonzero(subset == "train")}
    made_of = training.report.with_parent_in
    assert made_of == {"train": training.report.synthetic, "validation": 0, "test": 0}


def test_runs_of_a_fold_learn_from_the_same_samples_and_folds_and_seeds_from_others():
    data = [
        smote.resampled(settings(**changes), samples(pictures())).arrays.data.tobytes()
        for changes in ({}, {"run": "other"}, {"seed": 1}, {"fold": 1})
    ]
    assert data[0] == data[1] and len(set(data)) == 3


def test_pairs_within_a_group_are_counted():
    groups = np.array([f"p{number // 3}" for number in range(len(TARGETS))])
    assert smote.resampled(settings(), samples(pictures())).report.share_within_group is None
    report = smote.resampled(settings(), samples(pictures(), groups=groups)).report
    own = interpolate(pictures().reshape(len(TARGETS), -1).astype("float32"), TARGETS, _seed())
    within = groups[own.parents[:, 0]] == groups[own.parents[:, 1]]
    assert 0 < within.mean() < 1 and report.share_within_group == pytest.approx(within.mean(), abs=1e-6)


def test_pictures_are_interpolated_as_masks_leave_them():
    plain_samples = samples(pictures(low=100))
    masks = np.ones(pictures().shape[:3], dtype="uint8")
    masks[:, :, 0] = 0
    arrays = Arrays(plain_samples.arrays.description, plain_samples.arrays.data, plain_samples.arrays.index, masks)
    training = smote.resampled(settings(), Samples(arrays, CLASSES, plain_samples.table))
    synthetic = training.arrays.data[len(TARGETS) :]
    assert (synthetic[:, :, 0] == 0).all() and (synthetic[:, :, 1:] >= 100).all()
    assert (
        len(training.arrays.masks) == len(training.arrays.data) and (training.arrays.masks[len(TARGETS) :] == 1).all()
    )


def test_sequences_are_refused():
    several = samples(points(), kind="features", scale=1.0)
    table = several.table.assign(count=2)
    with pytest.raises(UserError, match="resample is smote, which interpolates between single rows"):
        smote.resampled(settings(), Samples(several.arrays, CLASSES, table))


def folds(count=5):
    """Subsets of the samples in each of some folds, each sample tested once."""
    number = np.arange(len(TARGETS)) % count
    return [
        np.where(number == fold, "test", np.where(number == (fold + 1) % count, "validation", "train"))
        for fold in range(count)
    ]


def test_before_the_split_each_synthetic_sample_is_tested_in_one_fold_and_trains_in_the_others():
    seen = {}
    for fold, subset in enumerate(folds()):
        training = smote.resampled(settings("smote_before_split", fold=fold), samples(pictures(), subset))
        real = int((subset == "train").sum())
        for key, values in zip(training.subset.keys[real:], training.arrays.data[real:], strict=True):
            seen.setdefault(int(key), []).append(values.tobytes())
        assert training.report.with_parent_in["test"] > 0 and training.report.with_parent_in["validation"] > 0
        assert training.report.synthetic == len(training.subset) - real
    # The same sample in every fold: of five folds it is in three, one tests it and one chooses by it.
    assert len(seen) == 47 and all(len(found) == 3 and len(set(found)) == 1 for found in seen.values())


def test_before_the_split_test_samples_are_counted_that_synthetic_ones_are_made_of():
    subset = folds()[0]
    data = samples(pictures(), subset)
    training = smote.resampled(settings("smote_before_split"), data)
    changed = pictures()
    changed[subset == "test"] = 0
    black = smote.resampled(settings("smote_before_split"), samples(changed, subset)).arrays.data
    real = int((subset == "train").sum())
    assert np.array_equal(black[:real], training.arrays.data[:real])
    assert not np.array_equal(black[real:], training.arrays.data[real:])
    assert set(training.arrays.index["id"]) == {f"s{n:03d}" for n in np.flatnonzero(subset == "train")}


def unbalanced(root, **changes):
    """A study in which two classes have fewer training samples than the third."""
    inputs = made.make_inputs(root, **changes)
    split, labels = pd.read_csv(inputs.split), pd.read_csv(inputs.root / "dataset" / "manifest.csv")["label"]
    dropped = [split.index[(split["subset"] == "train") & (labels == name)][keep:] for name, keep in RARE.items()]
    inputs.resplit(split.drop(index=np.concatenate(dropped)))
    return inputs


RARE = {"cross": 5, "empty": 8}


@pytest.mark.parametrize("way", ["smote", "smote_before_split"])
def test_only_training_sees_them_and_the_record_counts_them(tmp_path, monkeypatch, way):
    inputs, seen, fit = unbalanced(tmp_path / "made"), [], loop.fit

    def spy(model, training, validation, *more):
        seen.append((len(training), len(validation)))
        return fit(model, training, validation, *more)

    monkeypatch.setattr(one_training, "fit", spy)
    weights = []
    for name, resample in (("plain", "none"), ("resampled", way)):
        stated, out = made.settings(epochs=1, resample=resample), tmp_path / name
        run(inputs, out, stated)
        finish_run.main(inputs.arguments(run=out, settings={**stated, "aggregate": "none"}))
        weights.append(read_trained(out / "weights.safetensors", parse(TrainSettings, stated)))
    record = read_view(RunRecord, out / "record.json").resampled
    assert plain(record) == json.loads((out / "train.json").read_text())["resampled"]
    assert seen[0] == (25, 12) and seen[1] == (25 + record.synthetic, 12) and record.how == way
    assert record.synthetic == 11 if way == "smote" else 0 < record.with_parent_in["test"] < record.synthetic
    assert weights[0].mean == weights[1].mean and weights[0].std == weights[1].std
    assert not torch.equal(weights[0].tensors["fc.weight"], weights[1].tensors["fc.weight"])
    tables = [
        [pd.read_csv(tmp_path / name / f"{table}.csv") for table in ("predictions", "units")]
        for name in ("plain", "resampled")
    ]
    for first, second in zip(*tables, strict=True):
        assert first["id"].tolist() == second["id"].tolist() and len(first) == 24
    assert read_view(RunRecord, tmp_path / "plain" / "record.json").resampled is None
    assert "resampled" not in json.loads((tmp_path / "plain" / "train.json").read_text())


@pytest.mark.parametrize("way", ["smote", "smote_before_split"])
def test_a_training_killed_within_an_epoch_ends_in_the_same_bytes(tmp_path, way):
    inputs = unbalanced(tmp_path / "made")
    stated = made.settings(epochs=2, augment={"rotate": 20}, resample=way)
    whole = run(inputs, tmp_path / "whole", stated)
    assert start(inputs, tmp_path / "killed", stated, killed(signal.SIGKILL, after=3))[0] == -signal.SIGKILL
    code, log = start(inputs, tmp_path / "killed", stated)
    assert code == 0 and "continuing in epoch 1 after step 3" in log
    assert (
        (tmp_path / "killed" / "weights.safetensors").read_bytes(),
        (tmp_path / "killed" / "history.csv").read_bytes(),
    ) == whole


def nearest_accuracy(training, data):
    """Balanced accuracy on the test samples, of the class of the nearest training picture."""
    table, targets = data.table, data.subset_of(data.table).targets
    tested = np.flatnonzero(table["subset"] == "test")
    pixels, learned = (
        arrays.data.reshape(len(arrays.data), -1).astype("float32") for arrays in (data.arrays, training.arrays)
    )
    nearest = ((pixels[tested][:, None] - learned[None]) ** 2).sum(2).argmin(1)
    right = training.subset.targets[nearest] == targets[tested]
    return np.mean([right[targets[tested] == label].mean() for label in np.unique(targets)])


def noise_accuracy(way, draw):
    """Mean over four folds of nearest_accuracy, on pictures of noise with labels that mean nothing."""
    targets = np.repeat([0, 1], [60, 240])
    noise = np.random.default_rng(draw).integers(0, 256, (len(targets), 6, 6, 1)).astype("uint8")
    by_fold = []
    for fold in range(4):
        data = samples(noise, np.where(np.arange(len(targets)) % 4 == fold, "test", "train"), targets=targets)
        by_fold.append(nearest_accuracy(smote.resampled(settings(way, fold=fold), data), data))
    return np.mean(by_fold)


def test_before_the_split_it_flatters_labels_that_are_noise():
    # What a class is cannot be learned; only what was made of a test picture is near it. Of 20 draws of pictures the
    # mean was 0.494 (standard deviation 0.036) within the folds, and 0.664 (0.022) before the split.
    inside, before = (
        np.array([noise_accuracy(way, draw) for draw in range(12)]) for way in ("smote", "smote_before_split")
    )
    assert abs(inside.mean() - 0.5) < 3 * 0.036 / np.sqrt(12) and (before > inside).all() and before.mean() > 0.62
