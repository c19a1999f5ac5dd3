"""From files to the packed array, a row a sample in manifest order: the same bytes whatever the number of jobs."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.array_writer import RowWriter, resumable_array
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import ChangedFileError, FileTask, RawFiles, verified
from workflow_scripts.preprocessing.packer import Packer
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.work_folder import WorkFolder

FILES_AT_A_TIME = 16


def pack(path: Path, manifest: pd.DataFrame, raw: RawFiles, packer: Packer, jobs: int, work: WorkFolder) -> None:
    """Write the array, whole or not at all; files that an earlier process has packed are not packed again.

    Memory does not grow with N. Raises UserError for a file that is not what ingest saw, OSError for a full disk. Hold
    `work.locked` meanwhile.
    """
    array = packer.array
    with resumable_array(work, path, len(manifest), array.dtype, array.row_shape) as packed:
        left = (task for task in raw.tasks(manifest) if not packed.done(_rows_of(task)))
        write = partial(pack_file, packer=packer, rows=packed.rows)
        for block in ordered_map(write, left, jobs, _files_at_a_time(manifest)):
            packed.mark(block)


def pack_file(task: FileTask, packer: Packer, rows: RowWriter) -> range:
    """Write the rows of a file into the array; which rows they are.

    ChangedFileError when the file is not what ingest saw.
    """
    for sample, opened in verified(task, packer.limits(task.samples[0].part)):
        rows.write(sample.row, packer.row(opened, sample))
    return _rows_of(task)


def _rows_of(task: FileTask) -> range:
    """The rows of a file's samples, which are neighbours in the manifest."""
    return range(task.samples[0].row, task.samples[-1].row + 1)


def _files_at_a_time(manifest: pd.DataFrame) -> int:
    """How many files a process gets at a time: those of many samples one by one."""
    return max(1, FILES_AT_A_TIME * len(manifest[["source", "path"]].drop_duplicates()) // len(manifest))


def shown_pictures(manifest: pd.DataFrame, rows: list[int], raw: RawFiles, packer: Packer) -> Iterator[np.ndarray]:
    """uint8 H×W×3 of some rows of the manifest, as they are in their files; ChangedFileError as pack_file."""
    for row in rows:
        (task,) = raw.tasks(manifest.iloc[[row]])
        for sample, opened in verified(task, Limits()):
            yield packer.shown(opened, sample.part)


def remedied(error: ChangedFileError, dataset: Path, synthetic: bool) -> UserError:
    """The error with what to do: make the file again where it is synthetic, else the dataset in this folder."""
    return UserError(f"{error}; {remedy(error.path if synthetic else dataset / 'record.json')}")
