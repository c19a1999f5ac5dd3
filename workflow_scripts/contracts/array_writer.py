"""New array files whose rows processes fill in any order; they appear whole or not at all.

`new_array` starts afresh on every call. `resumable_array` keeps what a killed process has finished, for work that takes
long.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from workflow_scripts.runtime.files import atomic_path, digest_text, named_when_full
from workflow_scripts.runtime.work_folder import WorkFolder

# Seconds between two times at which rows are brought to the disk: files of one small picture would wait for it all day.
KEEP_EVERY = 1.0
BYTES_AT_A_TIME = 2**22
# In the folder of a state: the blocks that are done, a line each.
DONE = "done"


@dataclass(frozen=True)
class RowWriter:
    """A file with room for `count` rows; it can be sent to other processes. start: the byte at which row 0 begins."""

    path: Path
    start: int
    count: int
    dtype: str
    row_shape: tuple[int, ...]

    def write(self, first: int, values: np.ndarray) -> None:
        """Write the rows that begin at `first`; ValueError for another shape or type, or rows that there are not."""
        number = len(values)
        if values.dtype != self.dtype or values.shape[1:] != self.row_shape or not 0 <= first <= self.count - number:
            raise ValueError(
                f"from row {first} of {self.count} on there would be {values.shape} {values.dtype}, the file has rows "
                f"{self.row_shape} {self.dtype}"
            )
        # Not through a map: a full disk would kill the process instead of raising, and written pages count as memory.
        with self.path.open("r+b") as handle:
            handle.seek(self.start + first * self.row_bytes)
            handle.write(np.ascontiguousarray(values).data)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return int(np.prod(self.row_shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


def _reserved(path: Path, count: int, dtype: str, row_shape: tuple[int, ...]) -> RowWriter:
    """A new .npy file with room for all rows; OSError for a full disk where the system can tell."""
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(count, *row_shape))
    start, size = array.offset, array.nbytes
    del array
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with path.open("r+b") as handle:
            # Asks for all the space now, so that a full disk is known before an hour of work.
            os.posix_fallocate(handle.fileno(), 0, start + size)
    return RowWriter(path, start, count, dtype, row_shape)


@contextmanager
def new_array(path: Path, count: int, dtype: str, row_shape: tuple[int, ...]) -> Iterator[RowWriter]:
    """Reserve a .npy file of count×row_shape numbers, which takes its name when the block ends without an error.

    Memory does not grow with `count`. OSError for a full disk, before the first row is written where the system can
    tell.
    """
    with atomic_path(path) as temporary:
        yield _reserved(temporary, count, dtype, row_shape)


class ResumableArray:
    """An array file in the making, and which blocks of its rows are done.

    A block is a range of rows. Its rows are on the disk before it counts as done, and it is done no more when they are
    not what they were then.
    """

    def __init__(self, rows: RowWriter, journal: Path, digests: dict[range, str]) -> None:
        self.rows, self._journal, self._digests = rows, journal, digests
        self._whole: set[range] = set()
        self._waiting: list[range] = []
        self._kept = time.monotonic()

    def done(self, block: range) -> bool:
        """Whether an earlier process, or this one, has done exactly this block."""
        if block in self._digests and block not in self._whole:
            with self.rows.path.open("rb") as handle:
                if self._digests[block] == self._digest(handle, block):
                    self._whole.add(block)
        return block in self._whole

    def mark(self, block: range) -> None:
        """The rows of this block are written. Blocks are brought to the disk a second's worth at a time."""
        self._whole.add(block)
        self._waiting.append(block)
        if time.monotonic() >= self._kept + KEEP_EVERY:
            self.keep()

    def keep(self) -> None:
        """Bring all marked blocks to the disk, so that no later process does them again."""
        if self._waiting:
            with self.rows.path.open("r+b") as handle:
                os.fsync(handle.fileno())
                lines = [f"{block.start} {block.stop} {self._digest(handle, block)}\n" for block in self._waiting]
            with self._journal.open("a", encoding="ascii") as journal:
                journal.writelines(lines)
                journal.flush()
                os.fsync(journal.fileno())
            self._waiting.clear()
        self._kept = time.monotonic()

    def require_all(self) -> None:
        """Raise ValueError unless every row is in a block that is done."""
        done = sum(map(len, self._whole))
        if done != self.rows.count:
            raise ValueError(f"{done} of the {self.rows.count} rows of {self.rows.path} are in blocks that are done")

    def _digest(self, handle: BinaryIO, block: range) -> str:
        """sha256 of the rows as they are in the file, which is open."""
        total, left = hashlib.sha256(), len(block) * self.rows.row_bytes
        handle.seek(self.rows.start + block.start * self.rows.row_bytes)
        while left and (part := handle.read(min(left, BYTES_AT_A_TIME))):
            total.update(part)
            left -= len(part)
        return total.hexdigest()


@contextmanager
def resumable_array(
    work: WorkFolder, path: Path, count: int, dtype: str, row_shape: tuple[int, ...]
) -> Iterator[ResumableArray]:
    """As new_array, but a block of rows that is done stays so when the process is killed or fails.

    The state lies in the work folder, one for each `path`; that of other work than `work.identity` is replaced. Hold
    `work.locked` around the block. All blocks must be done at its end (ValueError); the file then takes its name and
    the state is removed, as it is when a full disk ends the block.
    """
    folder = work.folder / "arrays" / digest_text(str(path.resolve()))
    try:
        with named_when_full(path):
            array = _state(folder, work.identity, path.name, (count, dtype, row_shape))
            try:
                yield array
            finally:
                array.keep()
            array.require_all()
            with atomic_path(path) as temporary:
                # Copied where the results are on another disk than the work folder.
                shutil.move(array.rows.path, temporary)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder)


def _state(folder: Path, identity: str, name: str, wanted: tuple[int, str, tuple[int, ...]]) -> ResumableArray:
    """The state in a folder, or a new one where there is none of this work and shape."""
    journal = folder / DONE
    if rows := _rows_of(folder / name, *wanted):
        try:
            first, *lines = journal.read_text(encoding="ascii").split("\n")
        except (OSError, UnicodeDecodeError):
            first, lines = "", []
        if first == identity:
            # What a kill has cut off in the middle of a line must not be taken for the start of the next.
            with journal.open("a", encoding="ascii") as handle:
                handle.write("\n")
            return ResumableArray(rows, journal, dict(filter(None, map(_block_of, lines))))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = _reserved(folder / name, *wanted)
    journal.write_text(f"{identity}\n", encoding="ascii")
    return ResumableArray(rows, journal, {})


def _rows_of(path: Path, count: int, dtype: str, row_shape: tuple[int, ...]) -> RowWriter | None:
    """The rows of a file that was reserved earlier; None where it is missing or another."""
    try:
        array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    if not isinstance(array, np.memmap) or array.dtype != dtype or array.shape != (count, *row_shape):
        return None
    return RowWriter(path, array.offset, count, dtype, row_shape)


def _block_of(line: str) -> tuple[range, str] | None:
    """A block and the digest of its rows, of a line of the journal; None for one that was cut off."""
    match line.split(" "):
        case [first, stop, digest] if first.isdigit() and stop.isdigit():
            return range(int(first), int(stop)), digest
    return None
