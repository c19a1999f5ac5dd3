"""Copies between two sets of pictures: new ones, or those of a test set, and those that a network has learned from."""

from collections.abc import Iterable

import numpy as np

from workflow_scripts.data.copies.calibration import calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.proof import PROOF, prove, scores
from workflow_scripts.data.copies.time_budget import TimeBudget


def records_in_time(pictures: Iterable[np.ndarray], total: int, budget: TimeBudget) -> np.ndarray:
    """Records (dtype RECORD) of the pictures (uint8 H×W×3), fewer than `total` where the time is over."""
    records = []
    for pixels in pictures:
        records.append(record_of(pixels))
        if budget.over(len(records), total, "pictures"):
            break
    return np.array(records, RECORD)


def copies_across(here: np.ndarray, there: np.ndarray) -> dict[int, int]:
    """Row of `here` → row of `there` that shows the same, the clearest; both are records (dtype RECORD).

    All candidates are measured for what chance gives, so that many copies ask for clearer ones.
    """
    groups = np.repeat([0, 1], [len(here), len(there)])
    records = np.concatenate([here, there])
    pairs = candidates(records, groups)
    proofs = np.array([prove(records[first], records[second]) for first, second in pairs.tolist()], PROOF)
    clear = scores(proofs)
    calibration = calibrate(clear, np.zeros(len(pairs), bool), np.zeros(0))
    rows = np.flatnonzero(calibration.proven(proofs, clear))
    # The clearest come last and stay.
    order = rows[np.argsort(clear[rows], kind="stable")]
    return {int(first): int(second) - len(here) for first, second in pairs[order].tolist()}
