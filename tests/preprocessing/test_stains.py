"""Stain normalisation: laboratories come closer to each other, white and black stay, pictures without tissue too."""

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from workflow_scripts.contracts.stain_reference import StainReference
from workflow_scripts.preprocessing.stains import (
    is_tissue,
    lab_of,
    optical_density,
    reference_of,
    rgb_of,
    stains_of,
    with_stain_of,
)

METHODS = ("reinhard", "macenko")
# Optical densities of haematoxylin and eosin in two laboratories, and how much of them sections take up.
FIRST = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]]), 0.8
SECOND = np.array([[0.51, 0.76, 0.40], [0.17, 0.90, 0.40]]), 1.3


def section(laboratory: tuple[np.ndarray, float], seed: int, tissue: float = 0.7) -> np.ndarray:
    """uint8 96×96×3: cells on a stroma, from the left as far as there is tissue, white beside it."""
    directions, strength = laboratory
    generator = np.random.default_rng(seed)
    amounts = np.abs(generator.normal([0.3, 0.9], 0.2, (96, 96, 2)))
    amounts[generator.random((96, 96)) < 0.3] = [1.5, 0.4]
    amounts[:, int(96 * tissue) :] = 0
    return np.clip(256 * np.exp(-strength * amounts @ directions) - 1, 0, 255).round().astype(np.uint8)


def sections(laboratory: tuple[np.ndarray, float], count: int = 4, first: int = 0) -> list[np.ndarray]:
    return [section(laboratory, seed) for seed in range(first, first + count)]


def colour(pictures: list[np.ndarray]) -> np.ndarray:
    """Mean colour of the tissue."""
    pixels = np.concatenate(pictures).reshape(-1, 3)
    return pixels[is_tissue(optical_density(pixels))].mean(axis=0)


@pytest.mark.parametrize("method", METHODS)
def test_sections_of_two_laboratories_come_closer(method: str) -> None:
    reference = reference_of(method, [sections(FIRST)])
    ours, theirs = sections(FIRST, first=10), sections(SECOND, first=20)
    before = np.abs(colour(ours) - colour(theirs)).max()
    changed = [[with_stain_of(reference, picture) for picture in pictures] for pictures in (ours, theirs)]
    after = np.abs(colour(changed[0]) - colour(changed[1])).max()
    assert before > 20 and after < before / 5
    # Those that have the colours of the reference hardly change, and what is where stays.
    assert np.abs(colour(ours) - colour(changed[0])).max() < 3
    for picture, other in zip(theirs, changed[1], strict=True):
        assert np.corrcoef(picture.mean(2).ravel(), other.mean(2).ravel())[0, 1] > 0.98


@pytest.mark.parametrize("method", METHODS)
def test_background_and_padding_keep_their_colour(method: str) -> None:
    reference = reference_of(method, [sections(FIRST)])
    picture = section(SECOND, 30)
    picture[:20, 70:] = 0
    picture[20:40, 70:] = 245
    picture[40:60, 70:] = (185, 217, 250)  # glass in bluish light
    changed = with_stain_of(reference, picture)
    assert changed.dtype == np.uint8 and (changed[:, 30] != picture[:, 30]).any()
    np.testing.assert_array_equal(changed[:, 70:], picture[:, 70:])


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_without_tissue_stays_as_it_is(method: str) -> None:
    reference = reference_of(method, [sections(FIRST)])
    noise = np.random.default_rng(0).integers(236, 250, (96, 96, 3)).astype(np.uint8)
    for picture in (noise, section(SECOND, 1, tissue=0), np.zeros((96, 96, 3), np.uint8), np.full_like(noise, 90)):
        changed = with_stain_of(reference, picture)
        assert changed.shape == picture.shape and np.isfinite(changed).all()
        if not is_tissue(optical_density(picture)).any():
            np.testing.assert_array_equal(changed, picture)


def test_stains_are_found_as_they_were_mixed() -> None:
    for directions, _ in (FIRST, SECOND):
        pixels = np.concatenate(sections((directions, 1.0))).reshape(-1, 3)
        found, amounts = stains_of(optical_density(pixels))
        wanted = directions / np.linalg.norm(directions, axis=1)[:, None]
        # Nothing in these sections is of one stain alone: the extremes lie between the two that were mixed.
        assert (np.sum(found * wanted, axis=1) > 0.95).all() and found[0, 0] > found[1, 0]
        assert (amounts > 0.5).all()


def test_one_stain_alone_is_not_taken_apart() -> None:
    amounts = np.random.default_rng(0).uniform(0.5, 2, (5000, 1))
    assert stains_of((amounts * FIRST[0][0]).astype(np.float32)) is None


@pytest.mark.parametrize("method", METHODS)
def test_a_reference_is_the_median_over_units_and_says_of_how_many(method: str) -> None:
    blank = [section(FIRST, 3, tissue=0)]
    alone = reference_of(method, [sections(FIRST)])
    # One unit of another laboratory does not move the median of three by much, and blank ones do not count.
    mixed = reference_of(method, [sections(FIRST), sections(FIRST, first=5), sections(SECOND), blank])
    assert (alone.units, mixed.units) == (1, 3)
    assert np.abs(np.subtract(alone.values, mixed.values)).max() < 0.1 * np.abs(alone.values).max()
    assert reference_of(method, [blank]) is None


def test_lab_is_that_of_another_library() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 40, 3)).astype(np.uint8)
    lab = lab_of(pixels)
    np.testing.assert_allclose(lab, rgb2lab(pixels), atol=0.01)
    np.testing.assert_allclose(rgb_of(lab), 255 * lab2rgb(rgb2lab(pixels)), atol=0.05)


def test_a_reference_has_the_numbers_of_its_method() -> None:
    with pytest.raises(ValueError, match="6 numbers for the method 'macenko'"):
        StainReference("macenko", 1, (0.0,) * 6)
