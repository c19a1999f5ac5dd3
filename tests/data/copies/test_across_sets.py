"""Of two sets of pictures, those of the one that are copies of the other's are named, and of which."""

import numpy as np

from tests.made_copies import all_together, flipped, picture, turned
from workflow_scripts.data.copies.across_sets import CopiesAcross, PictureSet, copies_across
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.time_budget import TimeBudget

UNBOUNDED = 60.0


def pictures(*drawn: np.ndarray) -> PictureSet:
    return PictureSet(np.array([record_of(pixels) for pixels in drawn], RECORD), len(drawn))


def across(learned: PictureSet, new: PictureSet, minutes: float = UNBOUNDED, **more: np.ndarray) -> CopiesAcross:
    return copies_across(learned, new, TimeBudget(minutes), **more)


def test_a_copy_is_named_with_what_it_is_a_copy_of():
    learned = [picture(number, side=128) for number in range(30)]
    rng = np.random.default_rng(4)
    copies = all_together(learned[7], rng), turned(flipped(learned[20]), 50)
    proven = across(pictures(*learned), pictures(picture(99, side=128), *copies, picture(98, side=128)))
    assert proven.learned_of == {1: 7, 2: 20}
    assert proven.findings.pictures == 34 and proven.findings.proven == 2 and proven.findings.by_chance <= 0.5
    assert len(proven.proofs) == len(proven.by_chance) == 2 and (proven.by_chance < 0.01).all()


def test_a_new_picture_is_named_once_with_the_clearest_of_its_copies():
    original = picture(3, side=128)
    learned = [all_together(original, np.random.default_rng(1)), original, picture(4, side=128)]
    assert across(pictures(*learned), pictures(flipped(original))).learned_of == {0: 1}


def test_copies_within_one_of_the_sets_are_not_asked_for():
    twice = pictures(picture(1, side=128), flipped(picture(1, side=128)))
    others = pictures(picture(2, side=128), turned(picture(2, side=128), 20))
    assert across(others, twice).learned_of == {}


def test_no_pictures_have_no_copies():
    assert across(pictures(), pictures(picture(1))).learned_of == {}


def test_what_is_left_out_when_the_time_is_over_is_counted():
    drawn = [picture(number, side=64, cells=4) for number in range(3)]
    some = PictureSet.of(drawn, 3, TimeBudget(1e-9))
    assert (len(some.records), len(PictureSet.of(drawn, 3, TimeBudget(UNBOUNDED)).records)) == (1, 3)
    proven = across(some, pictures(flipped(drawn[0])), minutes=0.0)
    counts = sum(int(read.records["count"].sum()) for read in (some, pictures(flipped(drawn[0]))))
    assert (proven.findings.unread, proven.findings.unmatched, proven.learned_of) == (2, counts, {})


def test_a_copy_must_agree_better_than_pictures_that_only_look_alike():
    original = picture(5, side=128)
    slices = pictures(original, all_together(original, np.random.default_rng(2)))
    new = pictures(all_together(original, np.random.default_rng(8)))
    assert across(slices, new).learned_of
    assert not across(slices, new, following=np.array([[0, 1]])).learned_of
