"""Two pictures are proven to be copies when, and only when, one was made of the other, whatever was done to it."""

import numpy as np
import pytest

from tests.made_copies import CHANGES, brightened, cropped, flipped, picture, saved, stained, turned
from workflow_scripts.data.copies.calibration import FLOOR
from workflow_scripts.data.copies.changes import Changes
from workflow_scripts.data.copies.keypoints import FEW, GREY, record_of
from workflow_scripts.data.copies.proof import CORRELATION, prove, scores


def proven(first: np.ndarray, second: np.ndarray) -> bool:
    proof = prove(record_of(first), record_of(second))
    return bool(scores(proof[None])[0] >= FLOOR and proof["correlation"] >= CORRELATION)


def changes(first: np.ndarray, second: np.ndarray) -> Changes:
    records = record_of(first), record_of(second)
    return Changes.of(prove(*records), *records)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_proven(change):
    original = picture(1)
    copy = CHANGES[change](original, np.random.default_rng(5))
    assert proven(original, copy) and proven(copy, original)


def test_no_two_of_forty_pictures_of_one_kind_are_copies():
    records = [record_of(picture(number, side=128)) for number in range(40)]
    proofs = np.array([prove(one, other) for row, one in enumerate(records) for other in records[:row]])
    assert scores(proofs).max() < FLOOR


@pytest.mark.parametrize("size", [60, 96])
def test_small_pictures_are_enlarged_until_enough_is_seen(size):
    original = picture(3, side=size, cells=8)
    assert proven(original, saved(turned(original, 90), 80))


def test_a_picture_without_texture_has_no_keypoints_and_proves_nothing():
    flat = np.full((80, 100, 3), 200, np.uint8)
    record = record_of(flat)
    assert record["count"] < FEW and (record["height"], record["width"]) == (round(80 * GREY / 100), GREY)
    assert not scores(prove(record, record)[None]).any()


def test_slices_of_one_channel_and_sixteen_bits_are_read_as_pictures_are():
    grey = picture(4)[..., :1].astype(np.uint16) * 13
    assert proven(grey, np.ascontiguousarray(grey[:, ::-1]))


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda p: saved(p, 70), "saved_again", "saved again"),
        (lambda p: np.repeat(np.repeat(p, 2, 0), 2, 1), "resized", "2.00 times the size"),
        (lambda p: brightened(p, 0.7), "brightened", "0.70 times as bright"),
        (lambda p: stained(p, 0.6, np.random.default_rng(1)), "stained", "other colours"),
        (flipped, "flipped", "mirrored"),
        (lambda p: turned(p, -30), "turned", "turned 30° clockwise"),
        (lambda p: turned(p, 90), "turned", "turned 90° anticlockwise"),
        (lambda p: p[:112, :120], "cropped", "52 % and 9"),
    ],
)
def test_what_was_done_is_told(make, kind, words):
    told = changes(picture(5), make(picture(5)))
    assert told.kind == kind
    assert words in told.words()


def test_two_parts_that_share_a_part_overlap():
    whole = picture(6, side=200, cells=40)
    told = changes(whole[:130, :130], whole[40:170, 40:170])
    share = (90 / 130) ** 2
    assert told.kind == "overlapping" and told.shares == pytest.approx((share, share), abs=0.05)


def test_the_turn_of_a_mirrored_picture_is_the_one_after_the_mirror():
    told = changes(picture(7), turned(flipped(picture(7)), -40))
    assert told.kind == "flipped"
    assert told.turn == pytest.approx(40, abs=1.5) and told.scale == pytest.approx(1, abs=0.02)


def test_a_copy_squeezed_to_a_square_is_stretched():
    original = cropped(picture(8, side=200), 0.9, np.random.default_rng(0))
    squeezed = np.repeat(original, 3, axis=1)[:, ::2]
    assert changes(original, squeezed).stretch == pytest.approx(1.5, abs=0.05)
