"""The grid of folds and seeds: its order, its arrays, what it refuses."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.evaluation.grid import ALL_FOLDS, Grid


def table(fold: int, seed: int) -> pd.DataFrame:
    subsets = ["validation"] + ["test"] * (fold + 1)
    return pd.DataFrame({"id": range(len(subsets)), "fold": fold, "seed": seed, "subset": subsets})


@pytest.fixture
def grid():
    """Two folds of unlike size and three seeds, given in no order."""
    return Grid({(fold, seed): table(fold, seed) for seed in (7, 0, 3) for fold in (1, 0)})


def test_folds_come_first_and_both_ascend_however_the_tables_were_given(grid):
    assert list(grid) == [(0, 0), (0, 3), (0, 7), (1, 0), (1, 3), (1, 7)]
    assert grid.shape == (2, 3) and [len(held) for held in grid.values()] == [2, 2, 2, 3, 3, 3]


def test_what_is_measured_stands_in_rows_of_folds_and_columns_of_seeds(grid):
    assert grid.measured(lambda held: 10 * held["fold"].iloc[0] + held["seed"].iloc[0]).tolist() == [
        [0, 3, 7],
        [10, 13, 17],
    ]
    assert grid.measured(lambda held: np.zeros(5)).shape == (2, 3, 5)


def test_units_are_counted_over_folds_and_once_for_all_seeds(grid):
    assert grid.n == 5 and grid.subset("test").n == 3 and grid.subset("validation").n == 2


def test_folds_together_are_one_table_a_seed(grid):
    together = grid.together()
    assert list(together) == [(ALL_FOLDS, 0), (ALL_FOLDS, 3), (ALL_FOLDS, 7)] and together.n == grid.n
    assert together[ALL_FOLDS, 3]["fold"].tolist() == [0, 0, 1, 1, 1]
    assert (together[ALL_FOLDS, 3]["seed"] == 3).all()


@pytest.mark.parametrize("keys", [[], [(0, 0), (1, 1)], [(0, 0), (0, 1), (1, 0)]])
def test_folds_that_lack_a_seed_are_no_grid(keys):
    with pytest.raises(ValueError, match="no grid of folds and seeds"):
        Grid({key: table(*key) for key in keys})


def test_of_repeats_a_unit_is_counted_once_and_never_thrown_together_with_itself():
    grid = Grid({(fold, seed): table(fold % 2, seed) for seed in (0, 3) for fold in range(4)}, repeats=2)
    assert grid.n == grid.subset("test").n + 2 == 5 and grid.times == 4
    together = grid.together()
    assert len(together.tables) == 4 and together.n == 5 and together.times == 4
    for held in together.values():
        assert held["fold"].tolist() == [0, 0, 1, 1, 1]


def test_folds_that_do_not_make_up_whole_repeats_are_no_grid():
    with pytest.raises(ValueError, match="3 folds are not those of 2 repeats"):
        Grid({(fold, 0): table(fold, 0) for fold in range(3)}, repeats=2)
