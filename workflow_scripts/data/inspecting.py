"""From collected samples to the rows of a manifest: every file is inspected by the reader of its modality."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import CHANGE, MANIFEST, Modality
from workflow_scripts.data.adapters.interface import Refused, Sample
from workflow_scripts.data.collecting import Collected
from workflow_scripts.data.equal_pairs import SIDE, UNCOMPARED
from workflow_scripts.data.readers.reader_interface import Limits, Reader, RefusedSampleError, Seen
from workflow_scripts.data.reading import FileSample, file_tasks, inspect_files


@dataclass(frozen=True)
class Looks:
    """What samples are compared by and no table keeps, a row a sample; see data.equal_pairs.

    `pictures` has the columns pixels, rows, aspect and whole_file; `thumbnails` is N×SIDE².
    """

    pictures: pd.DataFrame
    thumbnails: np.ndarray


def inspect_all(
    collected: Collected, sources: dict[str, Path], readers: dict[str, Reader], limits: Limits, jobs: int
) -> tuple[pd.DataFrame, Looks]:
    """Manifest of the readable samples, sorted by id, and what they look like; refusals go to `collected`."""
    located = (
        (readers[adapter], *_located(sources[adapter], sample), FileSample(row, sample.part))
        for row, (adapter, sample) in enumerate(collected.samples)
    )
    copies = any(sample.change for _, sample in collected.samples)
    rows, pictures, thumbnails = [], [], []
    results = inspect_files(file_tasks(located), limits, jobs)
    for (adapter, sample), seen in zip(collected.samples, results, strict=True):
        if isinstance(seen, RefusedSampleError):
            detail = seen.detail if sample.part is None else f"{sample.id}: {seen.detail}"
            collected.refused.append(Refused(sample.path, seen.reason, detail))
            continue
        rows.append(_row(adapter, sample, seen, copies))
        picture = seen.picture
        pictures.append(
            (picture and picture.digest, seen.rows or None, picture and picture.aspect, sample.part is None)
        )
        thumbnails.append(UNCOMPARED if picture is None else picture.thumbnail)
    manifest = pd.DataFrame(rows, columns=None if rows else list(MANIFEST.columns))
    vectors = np.array(thumbnails, dtype=np.float32).reshape(-1, SIDE * SIDE)
    return manifest, Looks(pd.DataFrame(pictures, columns=["pixels", "rows", "aspect", "whole_file"]), vectors)


def _located(folder: Path, sample: Sample) -> tuple[Path, str]:
    """Where a sample's file is, and how messages call it."""
    return (folder / sample.file, sample.path) if sample.file else (folder / sample.path, "")


def _row(adapter: str, sample: Sample, seen: Seen, copies: bool) -> dict[str, object]:
    """A sample's row of the manifest; `copies`: whether there are any, and so the column that says how."""
    row: dict[str, object] = {
        "id": sample.id,
        "path": sample.path,
        "label": sample.label,
        "group": sample.group,
        "unit": sample.unit or sample.id,
        "source": adapter,
        **sample.values,
        **seen.values,
        "sha256": seen.sha256,
        **({CHANGE: sample.change} if copies else {}),
    }
    # The project's own columns come last, so that none of a user's can take their place.
    row = {**dict.fromkeys(row), **sample.attributes, **row}
    return row if sample.part is None else row | vars(sample.part)


def with_empty_cells(manifest: pd.DataFrame, modality: Modality) -> pd.DataFrame:
    """The manifest as it is written: empty cells where a sample is no part of a file, no copy, or has no attribute."""
    manifest = manifest.copy()
    for name in manifest.columns.difference(list(modality.table().columns)):
        kind = modality.optional.get(name, "str")
        if kind == "int":
            manifest[name] = manifest[name].astype("Int64")
        elif kind == "str":
            manifest[name] = manifest[name].fillna("")
    return manifest
