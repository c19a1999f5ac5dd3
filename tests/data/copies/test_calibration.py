"""From which score on pairs count follows from pairs that cannot be copies; copies with two labels do not move it."""

import numpy as np
import pytest

from workflow_scripts.contracts.copy_findings import ALLOWED
from workflow_scripts.data.copies.calibration import ENOUGH, FLOOR, Calibration, calibrate
from workflow_scripts.data.copies.proof import CORRELATION, PROOF


def calibrated(scores: np.ndarray, impossible: np.ndarray) -> Calibration:
    """Where no pictures are known to look alike."""
    return calibrate(scores, impossible, np.zeros(0))


def drawn(decay: float, share: float, count: int = 6000) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.where(rng.random(count) < share, rng.exponential(decay, count), 0.0)


@pytest.mark.parametrize(("decay", "share"), [(0.2, 0.01), (0.9, 0.02), (1.2, 0.05)])
def test_no_more_pairs_reach_the_threshold_by_chance_than_are_allowed(decay, share):
    made = calibrated(drawn(decay, share), np.ones(6000, bool))
    truth = 6000 * share * np.exp(-made.threshold / decay)
    assert made.threshold >= FLOOR and truth <= 2 * ALLOWED
    assert made.by_chance(np.array([made.threshold]))[0] <= ALLOWED * 1.0001


def test_look_alikes_raise_the_threshold():
    few, many = (calibrated(drawn(1.2, share), np.ones(6000, bool)) for share in (0.005, 0.2))
    assert many.threshold > few.threshold


def test_copies_with_two_labels_do_not_raise_it():
    chance = drawn(0.3, 0.01)
    copies = chance.copy()
    copies[:40] = np.linspace(FLOOR, 150, 40)
    everything = np.ones(6000, bool)
    assert calibrated(copies, everything).threshold == calibrated(chance, everything).threshold


def test_where_few_pairs_are_impossible_all_are_measured():
    scores = drawn(0.9, 0.2)
    few = np.arange(6000) < ENOUGH - 1
    assert calibrated(scores, few) == calibrated(scores, np.zeros(6000, bool))
    assert calibrated(scores, few).impossible == 0
    assert calibrated(scores, np.arange(6000) < ENOUGH).impossible == ENOUGH


def test_nothing_compared_gives_the_floor():
    assert calibrated(np.zeros(0), np.zeros(0, bool)).threshold == FLOOR


def test_pixels_must_agree_however_many_keypoints_do():
    proofs = np.zeros(2, PROOF)
    proofs["correlation"] = CORRELATION, CORRELATION - 0.01
    made = calibrated(np.zeros(10), np.zeros(10, bool))
    assert made.proven(proofs, np.array([90.0, 90.0])).tolist() == [True, False]


def test_pictures_that_look_alike_raise_the_agreement_that_is_asked_for():
    alike = np.array([0.5, 0.9])
    made = calibrate(np.zeros(10), np.zeros(10, bool), alike)
    assert made.correlation == pytest.approx(0.95)
