"""From files to the packed array, a row a sample in manifest order: the same bytes whatever the number of jobs."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.array_writer import RowWriter, new_array
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import ChangedFileError, FileTask, RawFiles, verified
from workflow_scripts.preprocessing.packer import Packer
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.results_layout import remedy


def pack(path: Path, manifest: pd.DataFrame, raw: RawFiles, packer: Packer, jobs: int) -> None:
    """Write the array, whole or not at all.

    Memory does not grow with N. Raises UserError for a file that is not what ingest saw, OSError for a full disk.
    """
    array = packer.array
    with new_array(path, len(manifest), array.dtype, array.row_shape) as rows:
        work = partial(pack_file, packer=packer, rows=rows)
        done = sum(ordered_map(work, raw.tasks(manifest), jobs))
        assert done == len(manifest), (done, len(manifest))


def pack_file(task: FileTask, packer: Packer, rows: RowWriter) -> int:
    """Write the rows of a file into the array; the number of rows.

    ChangedFileError when the file is not what ingest saw.
    """
    for sample, opened in verified(task, packer.limits(task.samples[0].part)):
        rows.write(sample.row, packer.row(opened, sample))
    return len(task.samples)


def shown_pictures(manifest: pd.DataFrame, rows: list[int], raw: RawFiles, packer: Packer) -> Iterator[np.ndarray]:
    """uint8 H×W×3 of some rows of the manifest, as they are in their files; ChangedFileError as pack_file."""
    for row in rows:
        (task,) = raw.tasks(manifest.iloc[[row]])
        for sample, opened in verified(task, Limits()):
            yield packer.shown(opened, sample.part)


def remedied(error: ChangedFileError, dataset: Path, synthetic: bool) -> UserError:
    """The error with what to do: make the file again where it is synthetic, else the dataset in this folder."""
    return UserError(f"{error}; {remedy(error.path if synthetic else dataset / 'record.json')}")
