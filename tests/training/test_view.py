"""Masks and noise: where they lie, that only the sample decides them, and that whatever applies a run agrees."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from workflow_scripts.contracts.arrays import ArrayDescription, open_arrays
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.step_settings.train_settings import Augment
from workflow_scripts.explanation.network_features import look
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import explain, finish_run, train
from workflow_scripts.training import augment, inference, loop, one_training
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.finished import Network
from workflow_scripts.training.randomness import keys_of

CPU = torch.device("cpu")
PICTURES = ArrayDescription("pixels", "uint8", (16, 16, 3), 255)
NAMES = [f"cell_{number}" for number in range(12)]
COLUMNS = [f"p_{name}" for name in made.CLASSES]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3)).astype("uint8")


@pytest.fixture(scope="module")
def masks():
    return np.random.default_rng(1).integers(0, 2, (12, 16, 16)).astype("uint8")


def noise(share=0.1, epoch=0, names=NAMES, seed=1):
    settings = Augment(horizontal_flip=0, noise=share)
    return augment.draw(settings, seed, epoch, keys_of(names), CPU, PICTURES)


def noisy(images, places=None, **how):
    places = np.arange(len(images)) if places is None else places
    return augment.apply(torch.from_numpy(images[places]), noise(**how).at(places)).numpy()


def test_noise_has_the_given_spread_in_every_channel_and_stays_in_range():
    grey = np.full((12, 64, 64, 3), 128, "uint8")
    added = noisy(grey, share=0.05) - 128
    assert np.allclose(added.std((0, 2, 3)), 0.05 * 255, rtol=0.02) and np.allclose(added.mean((0, 2, 3)), 0, atol=0.2)
    assert abs(np.corrcoef(added[:, 0].ravel(), added[:, 1].ravel())[0, 1]) < 0.02
    black = noisy(np.zeros((12, 64, 64, 3), "uint8"))
    assert black.min() == 0 and (black > 0).mean() == pytest.approx(0.5, abs=0.01)


def test_noise_depends_on_seed_epoch_and_sample_and_not_on_the_batch(images):
    whole = noisy(images)
    some = np.array([7, 2, 11])
    np.testing.assert_array_equal(noisy(images, some), whole[some])
    np.testing.assert_array_equal(noisy(images[7:8], names=NAMES[7:8])[0], whole[7])
    same = np.repeat(images[:1], 12, axis=0)
    assert len(np.unique(noisy(same).reshape(12, -1), axis=0)) == 12
    for other in ({"epoch": 1}, {"seed": 2}):
        assert (noisy(images, **other) != whole).mean() > 0.9


def view(train=None, mean=(0.0,) * 3, std=(1 / 255,) * 3):
    return PixelView(made.train(**(train or {})), 1, list(mean), list(std))


def pixels(feeder):
    return feeder.batch(np.arange(len(feeder))).inputs[0].permute(0, 2, 3, 1).numpy()


def test_masks_lie_on_training_and_judged_images_unless_the_settings_say_otherwise(images, masks):
    subset = made.subset(np.arange(12)[::-1].copy(), np.zeros(12, dtype="int64"), keys_of(NAMES))
    bare, masked = images[::-1], (images * masks[..., None])[::-1]
    arrays = made.arrays_of(images, masks)
    for settings, trained, judged in (
        ({}, masked, masked),
        ({"at_test": []}, masked, bare),
        ({"at_test": ["noise"]}, masked, bare),  # there is no noise in the training
        ({"mask": False}, bare, bare),
    ):
        chosen = view(settings)
        np.testing.assert_array_equal(pixels(chosen.training(arrays, subset, CPU)).round(), trained)
        np.testing.assert_array_equal(pixels(chosen.applied(arrays, subset, CPU)).round(), judged)
    np.testing.assert_array_equal(pixels(view().applied(made.arrays_of(images), subset, CPU)).round(), bare)
    # What a mask leaves out moves with the image.
    turned = pixels(view({"copies": "fourfold"}).training(arrays, subset, CPU)).round()
    np.testing.assert_array_equal(turned[12:24], np.rot90(masked, 2, (1, 2)))


def test_noise_on_judged_images_is_always_the_same_and_lies_on_what_is_masked_out_too(images, masks):
    subset = made.subset(np.arange(12), np.zeros(12, dtype="int64"), keys_of(NAMES))
    arrays = made.arrays_of(images, masks)
    both = view({"augment": {"noise": 0.2}, "at_test": ["mask", "noise"]}).applied(arrays, subset, CPU)
    first = pixels(both)
    np.testing.assert_array_equal(pixels(both), first)
    assert (first[masks == 0] > 0).mean() == pytest.approx(0.5, abs=0.02)
    some = np.array([4, 9])
    np.testing.assert_array_equal(both.batch(some).inputs[0].permute(0, 2, 3, 1).numpy(), first[some])
    without = view({"augment": {"noise": 0.2}}).applied(arrays, subset, CPU)
    np.testing.assert_array_equal(pixels(without).round(), images * masks[..., None])


def with_masks(inputs, seed=3):
    images = np.load(inputs.images)
    drawn = (np.random.default_rng(seed).random(images.shape[:3]) < 0.7).astype("uint8")
    inputs.write_masks(drawn)
    return drawn


def run(inputs, out, **changes):
    settings = made.settings(epochs=1, **changes)
    train.main(inputs.arguments(out=out, settings=settings))
    finish_run.main(inputs.arguments(run=out, settings={**settings, "aggregate": "none"}))
    return settings, pd.read_csv(out / "predictions.csv")[["id", "subset", *COLUMNS]]


def test_mean_and_spread_are_those_of_the_images_as_they_are_shown(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    masked = np.load(inputs.images) * with_masks(inputs)[..., None]
    chosen = (pd.read_csv(inputs.split)["subset"] == "train").to_numpy()
    for shown, changes in ((masked, {}), (np.load(inputs.images), {"mask": False})):
        settings, _ = run(inputs, tmp_path / str(len(changes)), **changes)
        weights = read_trained(tmp_path / str(len(changes)) / "weights.safetensors", made.training(settings))
        values = shown[chosen].reshape(-1, 3) / 255
        np.testing.assert_allclose((weights.mean, weights.std), (values.mean(0), values.std(0)), rtol=1e-6)


def test_without_masks_the_setting_changes_nothing_and_with_them_each_does(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    plain = run(inputs, tmp_path / "a")[1]
    assert plain.equals(run(inputs, tmp_path / "b", mask=False)[1])
    with_masks(inputs)
    tables = [run(inputs, tmp_path / f"c{number}", **way)[1] for number, way in enumerate(({}, {"at_test": []}))]
    assert not tables[0].equals(plain) and not tables[0].equals(tables[1])
    noise = {"augment": {"noise": 0.2}}
    tables = [
        run(inputs, tmp_path / f"d{number}", **noise, at_test=way)[1] for number, way in enumerate(([], ["noise"]))
    ]
    assert not tables[0].equals(tables[1])


NOISY = {"augment": {"noise": 0.2}, "at_test": ["mask", "noise"]}


@pytest.fixture(scope="module")
def noisy_run(tmp_path_factory):
    """A run with masks and noise, also on what it is applied to."""
    inputs = made.make_inputs(tmp_path_factory.mktemp("results") / "made")
    with_masks(inputs)
    out = inputs.root / "runs" / "published" / "tiny" / "fold0-seed0"
    settings, table = run(inputs, out, **NOISY)
    return inputs, out, settings, table


def test_a_noisy_run_can_be_repeated_and_its_validation_is_what_it_predicts(noisy_run, tmp_path, monkeypatch):
    inputs, out, settings, table = noisy_run
    seen, fit = [], loop.fit

    def spy(model, training, validation, *more):
        result = fit(model, training, validation, *more)
        seen.append(inference.probabilities(inference.predict(model, validation, "float32")))
        return result

    monkeypatch.setattr(one_training, "fit", spy)
    again = run(inputs, tmp_path / "again", **NOISY)[1]
    assert again.equals(table)
    rows = table[table["subset"] == "validation"].sort_values("id")
    np.testing.assert_allclose(seen[0], rows[COLUMNS], atol=1e-6)


def test_compressing_explaining_and_applying_see_what_predicting_saw(noisy_run, tmp_path):
    inputs, out, settings, table = noisy_run
    spec = {"kind": "compressed", "of": "tiny", "to": "onnx"}
    job = {key: settings[key] for key in ("study", "protocol", "fold", "seed")}
    small = {**job, "run": "tiny-onnx", "spec": spec, "member": settings, "aggregate": "none"}
    inputs.make_run(small, tmp_path / "onnx", out)
    np.testing.assert_allclose(pd.read_csv(tmp_path / "onnx" / "predictions.csv")[COLUMNS], table[COLUMNS], atol=1e-5)

    spec = {"kind": "external", "study": "made", "of": "tiny", "protocol": "published"}
    away = {**small, "run": "tiny@made", "spec": spec}
    inputs.make_run(away, tmp_path / "away", out)
    np.testing.assert_allclose(pd.read_csv(tmp_path / "away" / "predictions.csv")[COLUMNS], table[COLUMNS], atol=1e-6)

    shared = {key: settings[key] for key in ("study", "protocol", "fold", "seed")}
    block = {"tiny": {"spec": settings["spec"], "train": settings["train"]}}
    wanted = {"runs": ["tiny"], "images": 3, "errors": 1, "embedding": False}
    shared["preprocess"] = {"size": 32, "fit": "squash", "pixel_size": None}
    shared["reported"] = "test"
    arguments = {"runs": inputs.root / "runs" / "published", "out": tmp_path / "maps"}
    explain.main(inputs.arguments(settings={**shared, "specs": block, "explain": wanted}, **arguments))
    shown = pd.read_csv(tmp_path / "maps" / "tiny" / "gradcam.csv").set_index("id")["probability"]
    expected = table.set_index("id").loc[shown.index, COLUMNS].max(axis=1)
    np.testing.assert_allclose(shown, expected, atol=1e-6)

    weights = read_trained(out / "weights.safetensors", made.training(settings))
    files = FoldFiles.of(inputs.arguments())
    model = inference.Applied.read(files, out / "weights.safetensors", made.training(settings), 0, "cpu").network()
    described = made.arrays_of(np.load(inputs.images)).description
    network = Network(model, weights, described, CPU)
    rows = [int(name.removeprefix("cell_")) for name in table["id"]]
    masks = np.load(inputs.masks)[rows]
    batches = network.batches(np.load(inputs.images)[rows], table["id"].tolist(), masks)
    found = look(network.model, batches, "float32", False).probabilities
    np.testing.assert_allclose(found, table[COLUMNS], atol=1e-6)


@pytest.mark.parametrize(
    ("masks", "said"),
    [
        (None, "masks.npy is missing, .*record.json says that it was written; `snakemake "),
        (np.zeros((5, 32, 32), "uint8"), "no mask for each row"),
    ],
)
def test_missing_or_unfit_masks_are_an_error_not_no_masks(tmp_path, masks, said):
    inputs = made.make_inputs(tmp_path)
    with_masks(inputs)
    path = inputs.masks
    path.unlink()
    if masks is not None:
        inputs.write_masks(masks)
    with pytest.raises(UserError, match=said):
        open_arrays(inputs.root / "arrays", path)
