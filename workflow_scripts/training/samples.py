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

    A key (uint64) names a sample, and of one that is there several times each of them.
    """

    first: np.ndarray
    count: np.ndarray
    targets: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def repeated(self, indices: np.ndarray) -> "Subset":
        """The samples at these indices, some several times: each time with a key of its own."""
        first, count, targets = (values[indices] for values in (self.first, self.count, self.targets))
        return Subset(first, count, targets, repeated_keys(self.keys, indices))


@dataclass(frozen=True)
class Samples:
    """One fold: the rows of all samples, class order, and a table of the fold's samples.

    The table has the columns id, unit, group, label, subset, first and count (of rows), sorted by `first`.
    """

    arrays: Arrays
    classes: list[str]
    table: pd.DataFrame

    def subset(self, name: str) -> Subset:
        """The samples of one subset."""
        return self.subset_of(self.table[self.table["subset"] == name])

    def subset_of(self, chosen: pd.DataFrame) -> Subset:
        """The samples of some rows of the table."""
        numbers = {label: number for number, label in enumerate(self.classes)}
        targets = chosen["label"].map(numbers).to_numpy(dtype="int64", copy=True)
        first, count = (chosen[column].to_numpy(dtype="int64", copy=True) for column in ("first", "count"))
        return Subset(first, count, targets, keys_of(chosen["id"]))


def read_samples(dataset: Path, arrays: Path, split: Path, fold: int, masks: Path | None = None) -> Samples:
    """Read a fold of a split and open the rows it refers to; UserError as read_fold and open_arrays."""
    classes, table = read_fold(dataset, arrays, split, fold)
    return Samples(open_arrays(arrays, masks), classes, table)
