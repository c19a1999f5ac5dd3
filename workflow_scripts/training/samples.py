"""Samples of one fold: where their rows are, which classes they have, and the keys of their random numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import Arrays, open_arrays
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.sampling import repeated_keys


@dataclass(frozen=True)
class Subset:
    """Samples in the order of the array: rows [first, first + count) of it (int64), class numbers (int64) and keys.

    A key (uint64) names a sample, and of one that is there several times each of them. weights (float32): how much each
    counts, above 0; None: all the same.
    """

    first: np.ndarray
    count: np.ndarray
    targets: np.ndarray
    keys: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.first)

    def repeated(self, indices: np.ndarray) -> "Subset":
        """The samples at these indices, some several times: each time with a key of its own."""
        first, count, targets = (values[indices] for values in (self.first, self.count, self.targets))
        weights = None if self.weights is None else self.weights[indices]
        return Subset(first, count, targets, repeated_keys(self.keys, indices), weights)


@dataclass(frozen=True)
class Samples:
    """One fold: the rows of all samples, class order, and a table of the fold's samples.

    The table has the columns id, unit, group, label, subset, first and count (of rows) and, where samples do not count
    alike, weight; it is sorted by `first`.
    """

    arrays: Arrays
    classes: list[str]
    table: pd.DataFrame

    def subset(self, name: str) -> Subset:
        """The samples of one subset that count."""
        return self.subset_of(self.counting(name))

    def counting(self, subset: str) -> pd.DataFrame:
        """The rows of the table of one subset, without those of weight 0: of these nobody knows the label."""
        rows = self.table[self.table["subset"] == subset]
        return rows[rows["weight"] > 0] if "weight" in rows else rows

    def subset_of(self, chosen: pd.DataFrame) -> Subset:
        """The samples of some rows of the table."""
        numbers = {label: number for number, label in enumerate(self.classes)}
        targets = chosen["label"].map(numbers).to_numpy(dtype="int64", copy=True)
        first, count = (chosen[column].to_numpy(dtype="int64", copy=True) for column in ("first", "count"))
        weights = chosen["weight"].to_numpy(dtype="float32") if "weight" in chosen else None
        # Where all count alike, a mean is a mean: its bytes do not depend on there being a column.
        alike = weights is None or (weights == 1).all()
        return Subset(first, count, targets, keys_of(chosen["id"]), None if alike else weights)


def read_samples(dataset: Path, arrays: Path, split: Path, fold: int, masks: Path | None = None) -> Samples:
    """Read a fold of a split and open the rows it refers to; UserError as read_fold and open_arrays."""
    classes, table = read_fold(dataset, arrays, split, fold)
    return Samples(open_arrays(arrays, masks), classes, table)
