"""Papers drawn from a known truth: how often the verdict speaks against one that can be reproduced.

Small and with fixed seeds; tests/benchmarks/verdict.py prints many more worlds with many more repeats.
"""

import pytest
from simulated import NUMBERS, World, orders, papers, words

from workflow_scripts.contracts.verdict_table import AGAINST, FAILS, HIGHER, HOLDS, LOWER, REPRODUCED

REPEATS = 40
FEW = 0.05 * REPEATS + 2
WORLDS = [
    World(0.80, 300, 1, 3, 0.01),
    World(0.92, 183, 1, 3, 0.01),
    World(0.90, 60, 6, 5, 0.01),
    World(0.98, 25, 4, 3, 0.0),
]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_an_honest_paper_is_seldom_called_higher_or_lower(world):
    assert words(world, REPEATS).against() <= FEW


def test_at_the_ceiling_three_trainings_are_too_few_to_speak_against_a_paper():
    """Most trainings end at 100 %, a few far below: three seeds seldom show one of the few."""
    assert words(World(0.99, 500, 1, 3, 0.02), REPEATS).against() <= 0.05 * REPEATS
    assert words(World(0.99, 500, 1, 3, 0.02), 20, 0.0).exact[HIGHER] > 0


def test_of_a_paper_taken_as_exact_it_would_be_said_far_more_often():
    judged = words(World(0.92, 700, 1, 5, 0.01), REPEATS)
    assert sum(judged.exact[word] for word in AGAINST) > 0.12 * REPEATS
    assert judged.against() <= FEW


def test_what_is_two_margins_off_is_found_where_there_is_enough():
    world = World(0.92, 1500, 1, 5, 0.003)
    below, above = words(world, 20, 0.04), words(world, 20, -0.04)
    assert below.words[LOWER] >= 17 and above.words[HIGHER] >= 17
    assert below.words[REPRODUCED] == above.words[REPRODUCED] == 0


def test_an_honest_paper_is_found_reproduced_where_there_is_enough():
    assert words(World(0.98, 2500, 1, 3, 0.001), 20).words[REPRODUCED] >= 15


@pytest.mark.parametrize("metric", NUMBERS[1:], ids=str)
def test_other_metrics_are_as_seldom_called_wrong(metric):
    assert words(World(0.90, 200, 1, 3, 0.005), REPEATS, metric=metric).against() <= FEW


def test_where_the_very_same_images_are_judged_their_sampling_cancels():
    world = World(0.90, 800, 1, 5, 0.0, alike=0.0, own=0.99)
    same, drawn = words(world, REPEATS, same_images=True), words(world, REPEATS)
    assert same.against() <= FEW and same.words[REPRODUCED] > drawn.words[REPRODUCED] + 0.5 * REPEATS


def test_of_many_numbers_of_an_honest_paper_hardly_any_is_called_wrong():
    together = papers(World(0.85, 300, 1, 3, 0.005), 4, 15)
    assert together.any_kept <= 0.1 and together.kept <= together.alone


@pytest.mark.parametrize("runs", [2, 11, 23])
def test_the_highest_of_equal_runs_seldom_fails_or_holds(runs):
    counted = orders(runs, 0.0, REPEATS)
    assert counted[FAILS] <= FEW and counted[HOLDS] <= FEW
    assert orders(runs, 0.01, 40)[FAILS] <= 1


@pytest.mark.parametrize("runs", [2, 11, 23])
def test_the_highest_that_is_or_is_not_is_found(runs):
    assert orders(runs, 0.05, 20)[HOLDS] >= 15 and orders(runs, -0.04, 20)[FAILS] >= 15


def test_a_subject_that_spreads_more_than_its_rivals_does_not_fail_for_it():
    counted = orders(11, 0.0, REPEATS, spread=0.003, own_spread=0.02)
    assert counted[FAILS] <= FEW
