"""SMOTE (Chawla et al., JAIR 2002) of imbalanced-learn, which also says between which two samples it interpolated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE
from threadpoolctl import threadpool_limits

from workflow_scripts.runtime.errors import UserError

# Neighbours that a sample is interpolated with, as in the paper of SMOTE; a class of fewer samples has fewer.
NEIGHBOURS = 5


@dataclass(frozen=True)
class Interpolated:
    """Synthetic samples, class after class.

    values: float32 M×D; targets: int64 M class numbers; parents: int64 M×2, the samples that each lies between.
    neighbours: class number → neighbours of a sample, of the classes that got any.
    """

    values: np.ndarray
    targets: np.ndarray
    parents: np.ndarray
    neighbours: dict[int, int]

    def at(self, indices: np.ndarray) -> "Interpolated":
        """The samples at these indices, or where a mask is true."""
        return Interpolated(self.values[indices], self.targets[indices], self.parents[indices], self.neighbours)


def interpolate(values: np.ndarray, targets: np.ndarray, seed: int) -> Interpolated:
    """Synthetic samples that make every class as large as the largest, as SMOTE.fit_resample appends them.

    `values`: float32 N×D, not integers, whose differences wrap; `targets`: int64 N class numbers. The result depends on
    the order of the samples. A class of one sample has no neighbour and gets none. One thread, because the order of
    neighbours that are equally far must not depend on their number. UserError for numbers that are not finite.
    """
    if values.dtype != np.float32:
        raise TypeError(f"SMOTE is computed on float32, these are {values.dtype}")
    if not np.isfinite(values).all():
        raise UserError("SMOTE needs finite numbers, and the training array holds others; take resample: none")
    counts = np.bincount(targets)
    largest = int(counts.max(initial=0))
    wanted = {label: min(NEIGHBOURS, int(n) - 1) for label, n in enumerate(counts) if 1 < n < largest}
    parts = [Interpolated(values[:0], targets[:0], np.empty((0, 2), dtype="int64"), {})]
    with threadpool_limits(1):
        for neighbours in sorted(set(wanted.values())):
            labels = [label for label, k in wanted.items() if k == neighbours]
            parts.append(_resampled(values, targets, dict.fromkeys(labels, largest), neighbours, seed))
    together = Interpolated(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.parents for part in parts]),
        wanted,
    )
    return together.at(np.argsort(together.targets, kind="stable"))


class _RecordingSmote(SMOTE):
    """SMOTE that keeps which samples it interpolates between."""

    def _generate_samples(
        self, X: Any, nn_data: Any, nn_num: Any, rows: Any, cols: Any, steps: Any, y_type: Any = None, y: Any = None
    ) -> Any:
        """As in imbalanced-learn; tests/training/test_smote.py holds the result against SMOTE itself."""
        self.pairs_[int(y_type)] = np.stack([rows, nn_num[rows, cols]], axis=1)
        return super()._generate_samples(X, nn_data, nn_num, rows, cols, steps, y_type, y)


def _resampled(
    values: np.ndarray, targets: np.ndarray, sizes: dict[int, int], neighbours: int, seed: int
) -> Interpolated:
    """The synthetic samples of the classes in `sizes` (class number → samples with them)."""
    smote = _RecordingSmote(sampling_strategy=sizes, random_state=seed % 2**32, k_neighbors=neighbours)
    smote.pairs_ = {}
    every_value, every_target = smote.fit_resample(values, targets)
    new = slice(len(values), None)
    # Rows and neighbours count within their class.
    parents = [np.flatnonzero(targets == label)[pairs] for label, pairs in smote.pairs_.items()]
    return Interpolated(every_value[new], every_target[new], np.concatenate(parents), dict.fromkeys(sizes, neighbours))
