"""Copies are among the candidates of their originals, and pictures of one group are not."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from tests.made_copies import all_together, flipped, picture
from workflow_scripts.data.copies import candidates as module
from workflow_scripts.data.copies.candidates import NEAREST, candidates
from workflow_scripts.data.copies.keypoints import record_of
from workflow_scripts.data.copies.mirrored import MIRROR, one_sided
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.copies.words import Vocabulary, nearest_of

ROOT = Path(__file__).resolve().parents[3]
UNKNOWN = -1
UNBOUNDED = 60.0


def records(count: int, copies: int) -> np.ndarray:
    """So many pictures, then copies of the first ones with all changes together."""
    rng = np.random.default_rng(9)
    pictures = [picture(number, side=128) for number in range(count)]
    return np.array([record_of(pixels) for pixels in [*pictures, *(all_together(p, rng) for p in pictures[:copies])]])


def listed_of(made: np.ndarray, groups: np.ndarray, nearest: int = NEAREST) -> np.ndarray:
    return candidates(made, groups, TimeBudget(UNBOUNDED), nearest).pairs


def test_a_copy_with_all_changes_is_among_the_candidates_of_its_original():
    made = records(120, 30)
    listed = {tuple(pair) for pair in listed_of(made, np.full(150, UNKNOWN), 5).tolist()}
    assert len({(number, 120 + number) for number in range(30)} & listed) >= 29
    assert all(first < second for first, second in listed) and len(listed) < 150 * 5


def test_the_first_candidates_are_those_with_most_in_common():
    made = records(60, 10)
    first = listed_of(made, np.full(70, UNKNOWN), 3)[:10]
    assert {tuple(pair) for pair in first.tolist()} == {(number, 60 + number) for number in range(10)}


def test_pictures_of_one_group_are_no_candidates_and_take_no_place():
    made = records(40, 20)
    groups = np.full(60, UNKNOWN)
    groups[[0, 40]] = 7
    listed = {tuple(pair) for pair in listed_of(made, groups, 3).tolist()}
    assert (0, 40) not in listed and (1, 41) in listed


def test_the_same_pictures_give_the_same_candidates_in_the_same_order():
    made = records(30, 5)
    groups = np.full(35, UNKNOWN)
    assert (listed_of(made, groups) == listed_of(made.copy(), groups)).all()


def test_other_processors_compare_the_same_pictures_and_prove_the_same(tmp_path):
    """OpenBLAS adds in another order on each kind of processor; splits follow from the pairs, so they must not."""
    np.save(tmp_path / "records.npy", records(300, 40))
    program = (
        "import sys, hashlib, numpy as np\n"
        "from workflow_scripts.data.copies.candidates import candidates\n"
        "from workflow_scripts.data.copies.proof import prove_all\n"
        "from workflow_scripts.data.copies.time_budget import TimeBudget\n"
        "from threadpoolctl import threadpool_info\n"
        "records = np.load(sys.argv[1])\n"
        "pairs = candidates(records, np.full(len(records), -1), TimeBudget(1e6)).pairs\n"
        "proofs = prove_all(records, pairs, TimeBudget(1e6))\n"
        "print(hashlib.sha256(pairs.tobytes() + proofs.tobytes()).hexdigest())\n"
        "print(*sorted(library.get('architecture', '') for library in threadpool_info()))\n"
    )
    answers, kernels = set(), set()
    for kernel in ("", "Haswell", "Nehalem"):
        environment = os.environ | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
        call = [sys.executable, "-c", program, tmp_path / "records.npy"]
        run = subprocess.run(call, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        answer, *used = run.stdout.split()
        answers.add(answer)
        kernels |= set(used)
    assert len(answers) == 1
    if any(library["internal_api"] == "openblas" for library in threadpool_info()) and os.uname().machine == "x86_64":
        assert len(kernels) > 1


def test_votes_that_are_summed_up_in_many_parts_are_the_same(monkeypatch):
    made, groups = records(60, 20), np.full(80, UNKNOWN)
    at_once = listed_of(made, groups)
    monkeypatch.setattr(module, "HELD", 50)
    assert {*map(tuple, listed_of(made, groups).tolist())} == {*map(tuple, at_once.tolist())}


def test_pictures_without_keypoints_have_no_listed_of():
    made = np.array([record_of(np.full((50, 50, 3), 9, np.uint8))] * 3)
    assert listed_of(made, np.full(3, UNKNOWN)).shape == (0, 2)


def test_a_mirrored_picture_has_the_descriptors_of_the_picture_in_another_order():
    # An odd number of pixels has a middle: the mirrored pixels are exactly those of the picture.
    pixels = picture(2, side=127)
    here, there = record_of(pixels), record_of(flipped(pixels))
    mirrored = there["descriptors"][: there["count"]][:, MIRROR].astype(float)
    # Upright: a mirror left to right is one along a keypoint's direction, turned.
    plain = here["descriptors"][: here["count"]].astype(float)
    unit = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (plain, mirrored)]
    assert ((unit[0] @ unit[1].T).max(axis=1) > 0.97).mean() > 0.8
    sides = one_sided(plain.astype(np.uint8))[0], one_sided(plain[:, MIRROR].astype(np.uint8))[0]
    assert (sides[0] == sides[1]).all()


def test_words_tell_descriptors_apart_better_than_their_first_level_does():
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 10, (40, 128))
    values = (centres[rng.integers(0, 40, 9000)] + rng.normal(0, 1, (9000, 128))).astype(np.float32)
    vocabulary = Vocabulary.of(values, 9000)
    words = vocabulary.word_of(values)
    means = np.concatenate(vocabulary.fine)
    assert 40 <= len(means) == vocabulary.sizes.sum() > words.max()
    apart = np.linalg.norm(values - means[words], axis=1).mean()
    coarse = vocabulary.coarse[nearest_of(values, vocabulary.coarse)]
    assert apart < 0.7 * np.linalg.norm(values - coarse, axis=1).mean()
    assert (vocabulary.word_of(values[::-1]) == words[::-1]).all()


def test_when_the_time_is_over_the_keypoints_that_are_left_are_counted(monkeypatch):
    made, groups = records(60, 20), np.full(80, UNKNOWN)
    keypoints = int(made["count"].sum())
    assert candidates(made, groups, TimeBudget(0)).unmatched == keypoints
    assert candidates(made, groups, TimeBudget(UNBOUNDED)).unmatched == 0
    calls = iter([False] * 30)
    monkeypatch.setattr(TimeBudget, "over", lambda *_: next(calls, True))
    some = candidates(made, groups, TimeBudget(UNBOUNDED))
    assert 0 < some.unmatched < keypoints and len(some.pairs) > 0
