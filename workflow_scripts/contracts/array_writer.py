"""A new array file whose rows processes fill in any order; it appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.runtime.files import atomic_path


@dataclass(frozen=True)
class RowWriter:
    """A file with room for `count` rows; it can be sent to other processes. start: the byte at which row 0 begins."""

    path: Path
    start: int
    count: int
    dtype: str
    row_shape: tuple[int, ...]

    def write(self, row: int, values: np.ndarray) -> None:
        """Write one row; ValueError for another shape or type, or a row that there is not."""
        if values.dtype != self.dtype or values.shape != self.row_shape or not 0 <= row < self.count:
            raise ValueError(
                f"row {row} of {self.count} would be {values.shape} {values.dtype}, the file has rows {self.row_shape} "
                f"{self.dtype}"
            )
        # Not through a map: a full disk would kill the process instead of raising, and written pages count as memory.
        with self.path.open("r+b") as handle:
            handle.seek(self.start + row * values.nbytes)
            handle.write(values.tobytes())


@contextmanager
def new_array(path: Path, count: int, dtype: str, row_shape: tuple[int, ...]) -> Iterator[RowWriter]:
    """Reserve a .npy file of count×row_shape numbers, which takes its name when the block ends without an error.

    Memory does not grow with `count`. OSError for a full disk, before the first row is written where the system can
    tell.
    """
    with atomic_path(path) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=(count, *row_shape))
        start, size = array.offset, array.nbytes
        del array
        if hasattr(os, "posix_fallocate"):  # not on macOS
            with temporary.open("r+b") as handle:
                # Asks for all the space now, so that a full disk is known before an hour of work.
                os.posix_fallocate(handle.fileno(), 0, start + size)
        yield RowWriter(temporary, start, count, dtype, row_shape)
