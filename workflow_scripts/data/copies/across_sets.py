"""Copies between two sets of pictures: new ones, or those of a test set, and those that a network has learned from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.data.copies.calibration import Left, calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.proof import prove_all, scores
from workflow_scripts.data.copies.time_budget import TimeBudget

# How long pictures of two sets may be looked at, in minutes.
COMPARING_MINUTES = 5.0
_NO_PAIRS = np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class PictureSet:
    """Records (dtype RECORD) of pictures, in their order; `total`: how many there are, more where the time was over."""

    records: np.ndarray
    total: int

    @classmethod
    def of(cls, pictures: Iterable[np.ndarray], total: int, budget: TimeBudget) -> "PictureSet":
        """Those of the pictures (H×W×3 uint8, or H×W×1 of any depth) that are looked at in time."""
        records = []
        for pixels in pictures:
            records.append(record_of(pixels))
            if budget.over(len(records), total, "pictures"):
                break
        return cls(np.array(records, RECORD), total)


@dataclass(frozen=True)
class CopiesAcross:
    """Copies of learned pictures among new ones, one row for each new picture that is one: its clearest.

    pairs: int n×2, row of the learned and of the new picture; proofs: dtype PROOF, from the learned to the new one;
    by_chance: pairs as clear that are expected by chance; findings: what the search was, over both sets.
    """

    pairs: np.ndarray
    proofs: np.ndarray
    by_chance: np.ndarray
    findings: CopyFindings

    @property
    def learned_of(self) -> dict[int, int]:
        """Row of a new picture → row of the learned one."""
        return {int(new): int(learned) for learned, new in self.pairs}


def copies_across(
    learned: PictureSet, new: PictureSet, budget: TimeBudget, following: np.ndarray = _NO_PAIRS
) -> CopiesAcross:
    """Which new pictures are copies of learned ones. Copies within one of the sets are not asked for.

    All candidates are measured for what chance gives, so that many copies ask for clearer ones. `following`: int n×2,
    rows of learned pictures that look alike and are no copies, as slices do: a copy must agree better than they.
    """
    sizes = len(learned.records), len(new.records)
    records = np.concatenate([learned.records, new.records])
    likely = candidates(records, np.repeat([0, 1], sizes), budget)
    alike = prove_all(records, following, budget)["correlation"]
    proofs = prove_all(records, likely.pairs, budget)
    pairs, left = likely.pairs[: len(proofs)], Left(likely.unmatched, len(likely.pairs) - len(proofs))
    clear = scores(proofs)
    calibration = calibrate(clear, np.zeros(len(pairs), bool), alike)
    rows = np.flatnonzero(calibration.proven(proofs, clear))
    rows = rows[np.argsort(-clear[rows], kind="stable")]
    rows = np.sort(rows[np.unique(pairs[rows, 1], return_index=True)[1]])
    findings = calibration.findings(records["count"], learned.total + new.total, left, len(rows))
    return CopiesAcross(pairs[rows] - [0, sizes[0]], proofs[rows], calibration.by_chance(clear[rows]), findings)
