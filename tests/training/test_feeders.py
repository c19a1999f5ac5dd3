"""What feeds the loop: pictures of any type and shape, features, sequences; each trains, resumes, is fitted alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tests import made
from tests.made_visits import COLUMNS, drawn
from workflow_scripts.contracts.arrays import KINDS, ArrayDescription, Arrays, MapNetwork, MapSource
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.models.weights import TrainedWeights, read_trained, write_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.code import closure
from workflow_scripts.training import augment, devices, inference, loop
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.feeder_registry import VIEWS, view_class
from workflow_scripts.training.feeders.pixels import PixelView, statistics
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset
from workflow_scripts.training.stopping import Saving
from workflow_scripts.training.view import view_of

CPU = torch.device("cpu")
CLASSES = ["low", "high"]
SAMPLES, NUMBERS = 60, 6


class Recurrent(nn.Module):
    """An LSTM over the steps of a sample, classified by its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.output = nn.LSTM(NUMBERS, 8, batch_first=True), nn.Linear(8, len(CLASSES))

    def forward(self, values, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
        return self.output(self.steps(packed)[1][0][-1])


NETWORKS = {
    "pixels": lambda: nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(5 * 7, len(CLASSES))),
    "features": lambda: nn.Sequential(nn.Dropout(0.1), nn.Linear(NUMBERS, len(CLASSES))),
    "sequence": Recurrent,
}
NETWORKS["maps"] = NETWORKS["pixels"]
SOURCE = MapSource(ArrayDescription("pixels", "uint8", (9, 9, 1), 255), (0.5,), (0.5,), 8, MapNetwork("", {}, None, 0))


def arrays_of(kind):
    """Samples of a kind whose class is how large their numbers are; the class numbers."""
    generator, targets = np.random.default_rng(0), np.arange(SAMPLES) % 2
    count = generator.integers(1, 5, SAMPLES) if kind == "sequence" else np.ones(SAMPLES, dtype="int64")
    count = count * SOURCE.symmetries if kind == "maps" else count
    shape = (5, 7, 1) if kind in ("pixels", "maps") else (NUMBERS,)
    values = generator.normal(
        100 + 40 * np.repeat(targets, count).reshape(-1, *[1] * len(shape)), 20, (count.sum(), *shape)
    )
    description = ArrayDescription(kind, "float32", shape, 255 if kind == "pixels" else 1)
    index = pd.DataFrame(
        {"id": [str(number) for number in range(SAMPLES)], "first": np.cumsum(count) - count, "count": count}
    )
    if kind == "maps":
        return Arrays(description, ((values - 120) / 40).astype("float32"), index, source=SOURCE), targets
    return Arrays(description, values.astype("float32"), index), targets


def part(arrays, targets, chosen):
    index = arrays.index.iloc[chosen]
    return Subset(index["first"].to_numpy(), index["count"].to_numpy(), targets[chosen], keys_of(index["id"]))


def prepared(kind, **train):
    """View, training and validation batches, and the settings, of a training on arrays of a kind."""
    arrays, targets = arrays_of(kind)
    parts = [part(arrays, targets, chosen) for chosen in (np.arange(40), np.arange(40, SAMPLES))]
    block = made.train(epochs=3, learning_rate=0.02, **train)
    view = view_class(kind).fitted(block, 1, arrays, parts[0], made.units(40))
    return view, view.training(arrays, parts[0], CPU), view.applied(arrays, parts[1], CPU), block


def trained(kind, folder, store=Checkpoints, **train):
    """The bytes of the tensors that a training ends with, its network, and its validation batches."""
    _, training, validation, block = prepared(kind, **train)
    torch.manual_seed(0)
    model = NETWORKS[kind]()
    result = loop.fit(model, training, validation, block, CLASSES, 1, Saving(store(folder), 0, 0))
    return {key: value.numpy().tobytes() for key, value in result.tensors.items()}, model, validation


class Interrupting(Checkpoints):
    """Stops the training in the middle of its second epoch, after a state was written."""

    def save(self, position, state):
        super().save(position, state)
        if state["progress"]["epoch"] == 1 and state["progress"]["step"] == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampling", ["none", "weighted"])
def test_a_network_learns_from_each_kind_of_array_and_resumes_to_the_same_bytes(tmp_path, kind, sampling):
    whole, model, validation = trained(kind, tmp_path / "whole", sampling=sampling)
    right = inference.predict(model, validation, "float32").argmax(1) == validation.targets
    assert right.double().mean() > 0.9
    with pytest.raises(KeyboardInterrupt):
        trained(kind, tmp_path / "stopped", Interrupting, sampling=sampling)
    assert trained(kind, tmp_path / "stopped", sampling=sampling)[0] == whole
    assert trained(kind, tmp_path / "again", sampling=sampling)[0] == whole


@pytest.mark.parametrize("kind", ["pixels", "features", "maps"])
def test_samples_that_live_on_the_device_teach_what_those_teach_that_are_sent(tmp_path, monkeypatch, kind):
    sent = trained(kind, tmp_path / "sent", sampling="weighted")[0]
    monkeypatch.setattr(devices, "may_hold", lambda device, size: True)
    _, training, validation, _ = prepared(kind)
    assert training.resident is not None and validation.resident is not None
    assert trained(kind, tmp_path / "held", sampling="weighted")[0] == sent


@pytest.mark.parametrize("kind", ["features", "sequence"])
def test_numbers_are_standardised_as_the_training_subset_alone_is(kind):
    view, training, validation, _ = prepared(kind)
    arrays, _ = arrays_of(kind)
    rows = arrays.index["count"].iloc[:40].sum()
    np.testing.assert_allclose(view.mean, arrays.data[:rows].mean(0), rtol=1e-6)
    np.testing.assert_allclose(view.std, arrays.data[:rows].std(0), rtol=1e-6)
    learned, judged = (training.rows(np.arange(len(training))), validation.rows(np.arange(len(validation))))
    assert learned.dtype == np.float32
    np.testing.assert_allclose(learned.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(learned.std(0), 1, atol=1e-5)
    np.testing.assert_allclose(judged, (arrays.data[rows:] - view.mean) / view.std, rtol=1e-5, atol=1e-5)


def test_a_number_that_is_always_the_same_becomes_zero_not_infinite():
    arrays, targets = arrays_of("features")
    arrays.data[:, 2] = 7
    view = view_class("features").fitted(made.train(), 1, arrays, part(arrays, targets, np.arange(40)), made.units(40))
    assert view.std[2] == 1
    batch = view.applied(arrays, part(arrays, targets, np.arange(SAMPLES)), CPU).batch(np.arange(SAMPLES))
    assert (batch.inputs[0][:, 2] == 0).all() and torch.isfinite(batch.inputs[0]).all()


def test_a_sequence_is_padded_behind_its_last_step_and_is_the_same_in_any_batch():
    _, training, _, _ = prepared("sequence")
    values, lengths = training.batch(np.arange(40)).inputs
    assert values.shape == (40, 4, NUMBERS) and lengths.tolist() == training.subset.count.tolist()
    for sample, length in zip(values, lengths.tolist(), strict=True):
        assert (sample[:length] != 0).all() and (sample[length:] == 0).all()
    some = np.array([30, 2, 11])
    again, counts = training.batch(some).inputs
    assert again.shape[1] == counts.max() and torch.equal(counts, lengths[some])
    assert torch.equal(again, values[some, : counts.max()])


def test_several_rows_a_sample_are_no_features():
    arrays, targets = arrays_of("sequence")
    with pytest.raises(UserError, match="takes one row a sample"):
        view_class("features")(made.train(), 1, [0.0] * 6, [1.0] * 6).training(
            arrays, part(arrays, targets, np.arange(10)), CPU
        )


def test_every_kind_of_array_has_a_feeder_and_the_loop_knows_none_of_them():
    assert set(VIEWS) == set(KINDS)
    loaded = closure("workflow_scripts.training.loop")
    assert not {name for name in loaded if name.endswith((".augment", ".pixels", ".features", ".maps", ".sequences"))}


@pytest.mark.parametrize(("dtype", "scale"), [("uint16", 65535), ("float32", 1.0)])
def test_pictures_of_other_types_give_the_batches_of_bytes(dtype, scale):
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 10, 3)).astype("uint8")
    wide = (images.astype("float64") / 255 * scale).astype(dtype)
    subset = made.subset(np.arange(12), np.zeros(12, dtype="int64"), keys_of(map(str, range(12))))
    block = made.train(augment={"rotate": 20, "contrast": 0.2, "noise": 0.05, "hue": 0.1})
    batches = []
    for arrays in (made.arrays_of(images), made.arrays_of(wide, scale=scale)):
        view = PixelView.fitted(block, 1, arrays, subset, made.units(len(subset)))
        epoch = view.training(arrays, subset, CPU).epoch(1, 0)
        batches.append((view.applied(arrays, subset, CPU).batch(np.arange(12)).inputs[0], epoch.batch(0, 12).inputs[0]))
    for bytes_, others in zip(*batches, strict=True):
        assert bytes_.shape == (12, 3, 8, 10)
        np.testing.assert_allclose(bytes_, others, atol=0.02)


def test_grey_pictures_are_normalised_and_what_needs_colours_or_squares_is_refused():
    arrays, targets = arrays_of("pixels")
    mean, std = statistics(arrays, np.arange(40), "dataset")
    np.testing.assert_allclose(mean, [arrays.data[:40].mean() / 255], rtol=1e-6)
    np.testing.assert_allclose(std, [arrays.data[:40].std() / 255], rtol=1e-5)
    with pytest.raises(UserError, match="imagenet is for pictures in colour"):
        statistics(arrays, np.arange(40), "imagenet")
    assert statistics(arrays, np.arange(40), "half") == ([0.5], [0.5])
    assert statistics(arrays, np.arange(40), "unit") == ([0.0], [1.0])
    for change, says in (
        ({"saturation": 0.2}, "no colours"),
        ({"hue": 0.2}, "no colours"),
        ({"quarter_turns": True}, "square"),
    ):
        view = PixelView(made.train(augment=change), 1, mean, std)
        with pytest.raises(UserError, match=says):
            view.training(arrays, part(arrays, targets, np.arange(40)), CPU)


def test_a_picture_that_is_not_square_is_turned_without_being_sheared():
    settings = made.train(augment={"rotate": 90}).augment
    wide = ArrayDescription("pixels", "uint8", (20, 50, 1), 255)
    affine = augment.draw(settings, 1, 0, keys_of(["a", "b"]), CPU, wide).affine[:, :, :2].double().numpy()
    half = np.diag([25.0, 10.0])  # pixels of half a side, width first
    for matrix in affine:
        turn = half @ matrix @ np.linalg.inv(half)
        np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-6)


def visits(patients=40, seed=0):
    """Arrays of visits with gaps, as `preprocess` packs them, and the class numbers of their patients."""
    rows, counts, events = drawn(patients, seed)
    index = pd.DataFrame({"id": [f"p{n}" for n in range(patients)], "first": np.cumsum(counts) - counts})
    description = ArrayDescription("sequence", "float32", (len(COLUMNS),), 1)
    values, block = rows.astype("float32"), VisitPacking("iterative")
    arrays = Arrays(description, values, index.assign(count=counts), columns=COLUMNS, preparation=block)
    return arrays, events.astype("int64")


def test_visits_are_prepared_by_training_patients_alone():
    arrays, targets = visits()
    training, rest = part(arrays, targets, np.arange(25)), part(arrays, targets, np.arange(25, 40))
    view = view_class("sequence").fitted(made.train(), 1, arrays, training, made.units(25))
    seen = view.applied(arrays, rest, CPU).batch(np.arange(15)).inputs
    assert seen[0].shape == (15, rest.count.max(), arrays.width) and torch.isfinite(seen[0]).all()
    rows = rest.first[0]
    changed = replace(arrays, data=np.concatenate([arrays.data[:rows], arrays.data[rows:] * 100]))
    assert view_class("sequence").fitted(made.train(), 1, changed, training, made.units(25)) == view
    other = part(arrays, targets, np.arange(24))
    assert view_class("sequence").fitted(made.train(), 1, arrays, other, made.units(24)) != view


def test_a_preparation_stands_in_the_weights_file_and_gives_the_same_batches(tmp_path):
    arrays, targets = visits()
    training = part(arrays, targets, np.arange(25))
    settings = made.training(made.settings())
    view = view_class("sequence").fitted(settings.train, settings.seeds.train, arrays, training, made.units(25))
    fitted = view.mean, view.std, CLASSES, view.stain, view.preparation
    write_trained(tmp_path / "weights.safetensors", TrainedWeights({"a": torch.zeros(1)}, settings, "code", *fitted))
    again = view_of(read_trained(tmp_path / "weights.safetensors", settings), "sequence")
    assert again == view
    batches = [own.applied(arrays, training, CPU).batch(np.arange(25)).inputs[0] for own in (view, again)]
    assert torch.equal(*batches)
