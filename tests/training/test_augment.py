"""Augmentation: a function of (seed, epoch, sample), and each setting does what it says."""

import colorsys
import hashlib

import numpy as np
import pytest
import torch

from tests import made
from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.train_settings import Augment
from workflow_scripts.training import augment
from workflow_scripts.training.feeders.batches import batch_bounds
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels, statistics
from workflow_scripts.training.randomness import keys_of, order, uniform

FLIPS = {"horizontal_flip": 0.5, "vertical_flip": 0.5, "quarter_turns": True}
ALL = {"rotate": 30, "zoom": 0.2, "shift": 0.1, "brightness": 0.2, "contrast": 0.2}
ALL |= {"crop": 0.3, "saturation": 0.3, "hue": 0.1}
CPU = torch.device("cpu")
PICTURES = ArrayDescription("pixels", "uint8", (16, 16, 3), 255)


def block(**more):
    return parse(Augment, {"horizontal_flip": 0, **more})


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3)).astype("uint8")


def keys(count):
    return keys_of(f"cell_{number}" for number in range(count))


def changed(images, settings, epoch=0, places=None, names=None, seed=1):
    names = keys(len(images)) if names is None else names
    changes = augment.draw(settings, seed, epoch, names, CPU, made.arrays_of(images).description)
    places = np.arange(len(images)) if places is None else places
    return augment.apply(torch.from_numpy(images[places]), changes.at(places)).numpy()


def test_a_sample_is_changed_alike_in_any_batch_and_order(images):
    settings = block(**FLIPS, **ALL)
    together = changed(images, settings)
    shuffled = np.array([7, 2, 11, 0])
    np.testing.assert_allclose(changed(images, settings, places=shuffled), together[shuffled], atol=1e-3)
    # Alone, as the only sample of its subset, it still has its name.
    alone = changed(images[7:8], settings, names=keys(12)[7:8])
    np.testing.assert_allclose(alone[0], together[7], atol=1e-3)


@pytest.mark.parametrize(
    "what",
    [
        {"horizontal_flip": 0.5},
        {"quarter_turns": True},
        {"rotate": 30},
        {"contrast": 0.3},
        {"crop": 0.5},
        {"saturation": 0.5},
        {"hue": 0.3},
    ],
)
def test_epoch_sample_and_seed_each_change_what_is_drawn(images, what):
    settings, same = block(**what), np.repeat(images[:1], 12, axis=0)
    first = changed(same, settings)
    assert not np.allclose(first, changed(same, settings, epoch=1))
    assert not np.allclose(first, changed(same, settings, seed=2))
    assert len(np.unique(first.reshape(12, -1).round(2), axis=0)) > 1


def test_flips_and_turns_move_pixels_without_changing_them(images):
    mirrored = changed(images, block(horizontal_flip=1))
    np.testing.assert_array_equal(mirrored, images[:, :, ::-1].transpose(0, 3, 1, 2))
    upside_down = changed(images, block(vertical_flip=1))
    np.testing.assert_array_equal(upside_down, images[:, ::-1].transpose(0, 3, 1, 2))
    turned = changed(images, block(quarter_turns=True))
    for before, after in zip(images, turned.transpose(0, 2, 3, 1), strict=True):
        assert any((np.rot90(before, k) == after).all() for k in range(4))
    assert 0 < (changed(images, block(horizontal_flip=0.5)) == mirrored).all((1, 2, 3)).sum() < 12


def test_nothing_asked_for_changes_nothing(images):
    np.testing.assert_array_equal(changed(images, block()), images.transpose(0, 3, 1, 2))


def test_geometry_follows_its_setting():
    spot = np.zeros((64, 65, 65, 3), dtype="uint8")
    spot[:, 32, 48] = 255  # 16 pixels right of the middle
    moved = changed(spot, block(rotate=45))[:, 0]
    rows, columns = np.array([np.unravel_index(one.argmax(), one.shape) for one in moved]).T - 32
    angles, radii = np.degrees(np.arctan2(rows, columns)), np.hypot(rows, columns)
    assert abs(angles).max() < 50 and abs(angles).max() > 30 and abs(radii - 16).max() < 1.5
    zoomed = changed(spot, block(zoom=0.5))[:, 0]
    distances = np.array([np.unravel_index(one.argmax(), one.shape)[1] - 32 for one in zoomed])
    assert distances.min() < 12 and distances.max() > 20
    shifted = changed(spot, block(shift=0.2))[:, 0]
    places = np.array([np.unravel_index(one.argmax(), one.shape) for one in shifted])
    assert 7 < abs(places - [32, 48]).max() <= 14


def test_each_purpose_keeps_its_random_numbers(images):
    # Digests of what was drawn before crop, saturation and hue came: finished trainings can be repeated.
    flipped = changed(images, block(**FLIPS))
    assert hashlib.sha256(flipped.tobytes()).hexdigest() == (
        "f89f874fbce6d00bc6af20a03cc4e41a21c613dfe5e5a96cfe2136a86f610478"
    )
    geometry = augment.draw(block(rotate=30, zoom=0.2, shift=0.1), 1, 0, keys(12), CPU, PICTURES)
    assert geometry.colours is None
    rounded = np.round(geometry.affine.double().numpy() * 1e5).astype("int64")
    assert hashlib.sha256(rounded.tobytes()).hexdigest() == (
        "946813b8bb99dadc63f6c5b7cec5152f0addd0812391391ad02620b5d569fbaa"
    )
    assert augment.draw(block(), 1, 0, keys(12), CPU, PICTURES) == augment.Changes(255)


def test_a_crop_is_a_window_within_the_image_resized_to_the_whole():
    ramp = np.zeros((200, 64, 64, 3), dtype="uint8")
    ramp[:, :, :, 0], ramp[:, :, :, 1] = np.arange(64)[None, None, :], np.arange(64)[None, :, None]
    windows = changed(ramp, block(crop=0.5))
    columns, rows = windows[:, 0, 32, :], windows[:, 1, :, 32]
    for cut in (columns, rows):
        # Nothing of a mirrored border: the values rise to the end, within the image.
        assert (np.diff(cut, axis=1) >= 0).all() and cut.min() >= 0 and cut.max() <= 63
        sides = (cut[:, 60] - cut[:, 3]) / 57
        assert 0.5 <= sides.min() < 0.55 and 0.95 < sides.max() <= 1.001
        starts = cut[:, 0]
        assert starts.min() < 1 and starts.max() > 20
    # One side for both directions, but each its own place.
    np.testing.assert_allclose(columns[:, 60] - columns[:, 3], rows[:, 60] - rows[:, 3], atol=1)
    assert np.corrcoef(columns[:, 0], rows[:, 0])[0, 1] < 0.6


def test_a_crop_is_taken_from_the_turned_image():
    first, second, both = (
        augment.draw(block(**what), 1, 0, keys(12), CPU, PICTURES).affine.double()
        for what in ({"rotate": 90, "shift": 0.1}, {"crop": 0.4}, {"rotate": 90, "shift": 0.1, "crop": 0.4})
    )
    corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]], dtype=torch.float64).T
    window = torch.cat([second @ corners, torch.ones(12, 1, 4)], dim=1)
    torch.testing.assert_close(both @ corners, first @ window, atol=1e-5, rtol=0)


LUMINANCE = np.array([0.213, 0.715, 0.072])


def test_colours_change_at_equal_luminance_and_grey_stays_grey():
    grey = np.full((40, 4, 4, 3), 100, dtype="uint8")
    np.testing.assert_allclose(changed(grey, block(saturation=1, hue=0.5)), 100, atol=0.01)
    colour = np.array([140.0, 100.0, 120.0])
    pictures = np.full((200, 4, 4, 3), colour, dtype="uint8")
    middle = colour @ LUMINANCE
    factors = (changed(pictures, block(saturation=0.5))[:, :, 0, 0] - middle) / (colour - middle)
    np.testing.assert_allclose(factors, factors[:, :1].repeat(3, 1), atol=1e-3)
    assert 0.5 <= factors.min() < 0.52 and 1.48 < factors.max() <= 1.5
    turned = changed(pictures, block(hue=0.1))[:, :, 0, 0]
    np.testing.assert_allclose(turned @ LUMINANCE, middle, atol=0.05)
    before = colorsys.rgb_to_hsv(*colour / 255)[0]
    moves = [(colorsys.rgb_to_hsv(*one / 255)[0] - before + 0.5) % 1 - 0.5 for one in turned]
    assert -0.14 < min(moves) < -0.06 and 0.06 < max(moves) < 0.14


def test_intensities_follow_their_setting_and_stay_in_range(images):
    grey = np.full((40, 8, 8, 3), 100, dtype="uint8")
    bright = changed(grey, block(brightness=0.2))
    assert 80 <= bright.min() < 88 and 112 < bright.max() <= 120
    np.testing.assert_allclose(changed(grey, block(contrast=0.5)), 100, atol=1e-3)
    for settings in (block(contrast=1, brightness=1), block(saturation=1, hue=0.5)):
        strong = changed(images, settings)
        assert strong.min() >= 0 and strong.max() <= 255


def test_random_numbers_are_uniform_and_unrelated():
    names = keys(20000)
    first, second = uniform(1, 0, names, 1), uniform(1, 0, names, 2)
    assert first.min() >= 0 and first.max() < 1 and abs(first.mean() - 0.5) < 0.01
    others = (second, uniform(1, 1, names, 1), uniform(2, 0, names, 1))
    assert max(abs(np.corrcoef(first, other)[0, 1]) for other in others) < 0.03


def test_each_epoch_shows_every_sample_once_in_another_order():
    first, second = order(1, 0, keys(50), 0), order(1, 1, keys(50), 0)
    assert sorted(first) == sorted(second) == list(range(50)) and (first != second).any()


@pytest.mark.parametrize(("count", "last"), [(33, (24, 33)), (34, (32, 34)), (32, (24, 32)), (3, (0, 3)), (9, (0, 9))])
def test_no_batch_holds_a_single_sample(count, last):
    bounds = batch_bounds(count, 8)
    assert bounds[-1] == last and bounds[0][0] == 0
    assert all(end - start > 1 for start, end in bounds)


def test_a_batch_has_the_statistics_it_is_normalised_to(tmp_path):
    inputs = made.make_inputs(tmp_path)
    arrays, rows = made.arrays_of(np.load(inputs.images)), np.arange(0, 60, 2)
    mean, std = statistics(arrays, rows, "dataset")
    subset = made.subset(rows, np.zeros(30, dtype="int64"), keys(30))
    (batch,) = Pixels(arrays, subset, CPU, Normalisation(mean, std, channels_last=True)).batch(np.arange(30)).inputs
    assert batch.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(batch.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(batch.std((0, 2, 3)), 1, atol=1e-3)
    assert statistics(arrays, rows, "half") == ([0.5] * 3, [0.5] * 3)
