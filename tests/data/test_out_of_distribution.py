"""Images of another kind than the training data are noticed and the reason told; others are left alone."""

import numpy as np
import pytest

from tests import made
from workflow_scripts.data.out_of_distribution import STATISTICS, TrainingDistribution, statistics, statistics_of_rows


def cells(count, seed, size=32):
    generator = np.random.default_rng(seed)
    return np.stack([made._image(number % 3, size, generator) for number in range(count)])


@pytest.fixture(scope="module")
def distribution():
    images = cells(150, 0)
    return TrainingDistribution.of(statistics(images, np.ones(len(images))))


def out_of_distribution(distribution, images, ratio=1.0):
    return [reason for reason in distribution.reasons(statistics(images, np.full(len(images), ratio))) if reason]


def test_of_the_training_images_themselves_one_in_a_hundred_is_out_of_distribution(distribution):
    assert 1 <= len(out_of_distribution(distribution, cells(150, 0))) <= 3


def test_other_images_of_the_same_kind_are_in_distribution(distribution):
    assert len(out_of_distribution(distribution, cells(200, 1))) <= 10


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda images: 255 - images, "mean"),
        (lambda images: np.random.default_rng(2).integers(0, 256, images.shape, dtype="uint8"), "sharpness"),
        (lambda images: np.zeros_like(images), "sharpness"),
        (lambda images: images // 2, "mean"),
        (
            lambda images: np.repeat(images.mean((1, 2), keepdims=True), 32, 1).repeat(32, 2).astype("uint8"),
            "sharpness",
        ),
        (lambda images: np.clip(images * np.array([1, 1, 0.8]), 0, 255).astype("uint8"), "mean blue"),
    ],
    ids=["inverted", "noise", "black", "dark", "flat", "yellow"],
)
def test_images_of_another_kind_are_out_of_distribution_for_the_right_reason(distribution, change, reason):
    found = out_of_distribution(distribution, change(cells(30, 3)))
    assert len(found) == 30
    assert np.mean([text.startswith(reason) and "99 % of the training images" in text for text in found]) > 0.5


def test_another_shape_is_out_of_distribution(distribution):
    found = out_of_distribution(distribution, cells(30, 3), ratio=2.0)
    assert len(found) == 30 and all(text.startswith("width / height (log10) 0.301") for text in found)


def test_an_unusual_combination_of_usual_values_is_unlike():
    generator = np.random.default_rng(0)
    brightness = generator.normal(150, 30, 400)
    values = np.column_stack([brightness + generator.normal(0, 3, 400) for _ in range(3)])
    values = np.column_stack([values, generator.normal(20, 2, (400, 3)), np.ones(400), np.zeros(400)])
    odd = np.array([[190, 150, 110, 20, 20, 20, 1, 0]])
    assert TrainingDistribution.of(values).reasons(odd) == [
        "usual colours, contrast, sharpness and shape, in an unusual combination"
    ]
    assert TrainingDistribution.of(values).reasons(np.array([[190, 190, 190, 20, 20, 20, 1, 0]])) == [""]


def test_a_few_odd_training_images_do_not_make_oddness_familiar():
    images, yellow = cells(400, 0), np.clip(cells(30, 4) * np.array([1, 1, 0.85]), 0, 255).astype("uint8")
    images[:4, ..., 2] = 0
    found = TrainingDistribution.of(statistics(images, np.ones(400)))
    assert len(out_of_distribution(found, yellow)) == 30


def test_statistics_of_rows_are_those_of_the_images():
    images, rows, ratios = cells(600, 0, 16), np.arange(599, 0, -2), np.linspace(0.5, 2, 300)
    found = statistics_of_rows(images, rows, ratios)
    assert np.allclose(found, statistics(images[rows], ratios)) and found.shape == (300, len(STATISTICS))
