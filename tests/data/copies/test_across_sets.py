"""Of two sets of pictures, those of the one that are copies of the other's are named, and of which."""

import numpy as np

from tests.made_copies import all_together, flipped, picture, turned
from workflow_scripts.data.copies.across_sets import copies_across, records_in_time
from workflow_scripts.data.copies.keypoints import record_of
from workflow_scripts.data.copies.time_budget import TimeBudget


def records(pictures: list[np.ndarray]) -> np.ndarray:
    return np.array([record_of(pixels) for pixels in pictures])


def test_a_copy_is_named_with_what_it_is_a_copy_of():
    there = [picture(number, side=128) for number in range(30)]
    rng = np.random.default_rng(4)
    here = [picture(99, side=128), all_together(there[7], rng), turned(flipped(there[20]), 50), picture(98, side=128)]
    assert copies_across(records(here), records(there)) == {1: 7, 2: 20}


def test_copies_within_one_of_the_sets_are_not_asked_for():
    twice = [picture(1, side=128), flipped(picture(1, side=128))]
    others = [picture(2, side=128), turned(picture(2, side=128), 20)]
    assert copies_across(records(twice), records(others)) == {}


def test_no_pictures_have_no_copies():
    assert copies_across(records([picture(1)]), records([])[:0].astype(record_of(picture(1)).dtype)) == {}


def test_the_first_pictures_are_compared_where_the_time_is_over():
    pictures = [picture(number, side=64, cells=4) for number in range(3)]
    assert len(records_in_time(pictures, 3, TimeBudget(1e-9))) == 1
    assert len(records_in_time(pictures, 3, TimeBudget(5))) == 3
