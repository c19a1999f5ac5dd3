"""From files to the packed array, samples in manifest order: the same bytes whatever the number of jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from workflow_scripts.contracts.array_writer import RowWriter, resumable_array
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import ChangedFileError, FileTask, RawFiles, verified
from workflow_scripts.preprocessing.packer import Packer, PicturePacker
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.work_folder import WorkFolder

FILES_AT_A_TIME = 16


@dataclass(frozen=True)
class Places:
    """Which rows of the array belong to each sample of a manifest: int64 N, the first of each and how many."""

    first: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, count: np.ndarray) -> Self:
        """Samples one after the other, without gaps."""
        return cls(np.cumsum(count) - count, count)

    @property
    def rows(self) -> int:
        """Rows of all samples."""
        return int(self.count.sum())

    def block(self, task: FileTask) -> range:
        """The rows of a file's samples, which are neighbours in the manifest."""
        last = task.samples[-1].row
        return range(int(self.first[task.samples[0].row]), int(self.first[last] + self.count[last]))


def pack(path: Path, manifest: pd.DataFrame, raw: RawFiles, packer: Packer, jobs: int, work: WorkFolder) -> Places:
    """Write the array, whole or not at all; files that an earlier process has packed are not packed again.

    Memory does not grow with N. Raises UserError for a file that is not what ingest saw, OSError for a full disk. Hold
    `work.locked` meanwhile.
    """
    array, rows_of_samples = packer.array, Places.of(packer.counts(manifest))
    with resumable_array(work, path, rows_of_samples.rows, array.dtype, array.row_shape) as packed:
        left = (task for task in raw.tasks(manifest) if not packed.done(rows_of_samples.block(task)))
        write = partial(pack_file, packer=packer, rows=packed.rows, rows_of_samples=rows_of_samples)
        for block in ordered_map(write, left, jobs, _files_at_a_time(manifest)):
            packed.mark(block)
    return rows_of_samples


def pack_file(task: FileTask, packer: Packer, rows: RowWriter, rows_of_samples: Places) -> range:
    """Write the rows of a file into the array; which rows they are.

    ChangedFileError when the file is not what ingest saw.
    """
    for sample, opened in verified(task, packer.limits(task.samples[0].part)):
        values, row = packer.rows(opened, sample), sample.row
        first, count = rows_of_samples.first[row], rows_of_samples.count[row]
        if len(values) != count:
            raise ChangedFileError(task.path, task.shown, f"has {len(values)} rows where the manifest says {count}")
        rows.write(int(first), values)
    return rows_of_samples.block(task)


def _files_at_a_time(manifest: pd.DataFrame) -> int:
    """How many files a process gets at a time: those of many samples one by one."""
    return max(1, FILES_AT_A_TIME * len(manifest[["source", "path"]].drop_duplicates()) // len(manifest))


def shown_pictures(
    manifest: pd.DataFrame, rows: list[int], raw: RawFiles, packer: PicturePacker
) -> Iterator[np.ndarray]:
    """uint8 H×W×3 of some rows of the manifest, as they are in their files; ChangedFileError as pack_file."""
    for row in rows:
        (task,) = raw.tasks(manifest.iloc[[row]])
        for sample, opened in verified(task, Limits()):
            yield packer.shown(opened, sample.part)


def remedied(error: ChangedFileError, dataset: Path, synthetic: bool) -> UserError:
    """The error with what to do: make the file again where it is synthetic, else the dataset in this folder."""
    return UserError(f"{error}; {remedy(error.path if synthetic else dataset / 'record.json')}")
