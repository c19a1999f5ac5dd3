"""Numbers that a frozen network gave of samples (`embed`), read without loading all of them; needs no PyTorch.

Where a sample has several rows, the first is that of its picture as it is; the others are of its flips and turns.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.preprocessing import StandardScaler

from workflow_scripts.contracts.arrays import FEATURES, MAPS, open_arrays
from workflow_scripts.runtime.errors import UserError

ROWS_AT_A_TIME = 256
# Bytes of what is held in memory at a time; jobs on a cluster get 4 GB by default.
LARGEST = 2 * 1024**3
_FLOAT = np.dtype("float32").itemsize


@dataclass(frozen=True)
class StoredFeatures:
    """The stored features of some samples, in their order, D numbers each.

    data: the rows of the array; rows: of each sample its first row in it (int64 N). averaged: of maps h×w×C the mean
    over positions, so D = C; else all numbers in a row, D = h·w·C.
    """

    data: np.ndarray
    rows: np.ndarray
    averaged: bool

    @classmethod
    def read(cls, folder: Path, rows: np.ndarray, averaged: bool = False) -> "StoredFeatures":
        """Those in a folder of arrays; UserError as open_arrays, and where its rows are no features of a network."""
        arrays = open_arrays(folder)
        if arrays.description.kind not in (FEATURES, MAPS):
            raise UserError(f"{folder} holds {arrays.description}, no stored features; name an embedding of the study")
        return cls(arrays.data, rows, averaged and arrays.description.kind == MAPS)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        """How many numbers a sample has."""
        shape = self.data.shape[1:]
        return shape[-1] if self.averaged else math.prod(shape)

    def of(self, chosen: np.ndarray) -> "StoredFeatures":
        """Those of the samples that `chosen` (bool N) says."""
        return replace(self, rows=self.rows[chosen])

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """float32 n×D of samples that follow each other, and which they are.

        UserError for a number that is not finite: the network gave more than its type holds.
        """
        for start in range(0, len(self), ROWS_AT_A_TIME):
            block = slice(start, min(start + ROWS_AT_A_TIME, len(self)))
            values = self.data[self.rows[block]].astype(np.float32)
            values = values.mean(axis=(1, 2)) if self.averaged else values.reshape(len(values), -1)
            if not np.isfinite(values).all():
                raise UserError("a stored feature is no finite number; write `stored: float32` for the embedding")
            yield block, values

    def loaded(self, embedding: str) -> np.ndarray:
        """float32 N×D of all; UserError where that is more than LARGEST. `embedding`: what it is called."""
        size = len(self) * self.width * _FLOAT
        if size > LARGEST:
            raise UserError(
                f"{len(self)} samples of {self.width} stored numbers are {size / 1e9:.1f} GB, more than "
                f"{LARGEST / 1e9:.1f} GB; write `pool: mean` for the embedding {embedding}, or take fewer samples"
            )
        values = np.empty((len(self), self.width), np.float32)
        for block, part in self.blocks():
            values[block] = part
        return values


def scale(values: np.ndarray, training: np.ndarray) -> StandardScaler:
    """Bring each number to mean 0 and spread 1 in the samples that `training` (bool N) says, in place; what does it.

    `values`: float32 N×D, worked on in blocks, so that it stays the only copy. A number that never changes becomes 0.
    """
    scaler, rows = StandardScaler(copy=False), np.flatnonzero(training)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        scaler.partial_fit(values[rows[start : start + ROWS_AT_A_TIME]])
    for start in range(0, len(values), ROWS_AT_A_TIME):
        block = slice(start, start + ROWS_AT_A_TIME)
        values[block] = scaler.transform(values[block])
    return scaler
