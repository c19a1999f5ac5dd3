"""The synthetic pelvis: contrasts as of spin echoes, one patient in three planes, noise that is never negative."""

import numpy as np
import pytest

from workflow_scripts.synthetic import pelvis

SIDE = 96


def shown(plane: str, echo: float, repetition: float, offset: float = 0.0, turn: float = 0.0) -> np.ndarray:
    """Signal of the typical patient."""
    rng = np.random.default_rng(0)
    grid = pelvis.grid_at(plane, offset, 240.0, SIDE, turn)
    return pelvis.signal_of(pelvis.organs(0, rng), grid, pelvis.spin_echo(echo, repetition), rng)


def at(picture: np.ndarray, plane: str, x: float, y: float, z: float) -> float:
    """Mean signal around a position in mm."""
    row, column = pelvis.PLANES[plane]
    across, down = (round(float(np.dot((x, y, z), way)) / 2.5 + (SIDE - 1) / 2) for way in (row, column))
    return float(picture[down - 1 : down + 2, across - 1 : across + 2].mean())


BLADDER, FAT, GAS = (0, -44, -8), (0, -100, -20), (0, 40, 10)


@pytest.mark.parametrize("plane", list(pelvis.PLANES))
def test_each_plane_shows_the_organs_where_they_lie(plane: str) -> None:
    row, column = pelvis.PLANES[plane]
    offset = float(np.dot(np.cross(row, column), BLADDER))
    bladder = at(shown(plane, 100, 4500, offset), plane, *BLADDER)
    offset = float(np.dot(np.cross(row, column), GAS))
    gas = at(shown(plane, 100, 4500, offset), plane, *GAS)
    assert bladder > 0.4 and gas < 0.05


def test_fluid_is_brighter_than_fat_by_a_late_echo_and_darker_by_an_early_one() -> None:
    late, early = shown("sagittal", 100, 4500), shown("sagittal", 11, 560)
    assert at(late, "sagittal", *BLADDER) > 1.3 * at(late, "sagittal", *FAT)
    assert at(early, "sagittal", *BLADDER) < 0.5 * at(early, "sagittal", *FAT)


def test_a_turned_plane_still_runs_through_the_same_middle() -> None:
    straight, turned = pelvis.grid_at("sagittal", 0, 200, 64), pelvis.grid_at("sagittal", 0, 200, 64, turn=0.1)
    for grid in (straight, turned):
        middle = np.add(grid.origin, grid.spacing * 31.5 * np.add(grid.row, grid.column))
        assert np.allclose(middle, 0) and np.isclose(np.linalg.norm(grid.row), 1)
    assert abs(np.dot(np.cross(turned.row, turned.column), np.cross(straight.row, straight.column))) < 0.996


def test_noise_without_signal_has_the_mean_of_rayleigh_and_coils_shade_the_picture() -> None:
    rng = np.random.default_rng(1)
    dark = pelvis.received(np.zeros((SIDE, SIDE), np.float32), 0.02, (0, 0, 0), rng)
    assert dark.min() >= 0 and dark.mean() == pytest.approx(0.02 * np.sqrt(np.pi / 2), rel=0.03)
    even = np.ones((SIDE, SIDE), np.float32)
    shaded = pelvis.received(even, 0.001, (0.3, 0, 0), rng)
    assert shaded[:, -5:].mean() == pytest.approx(1.3, abs=0.03) and shaded[:, :5].mean() == pytest.approx(
        0.7, abs=0.03
    )
