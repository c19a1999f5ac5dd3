"""Every file opened once: what its samples are, or the reason why they are refused."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts.dataset import CHANGE
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.dicom.pseudonyms import KEY_FILE, PUBLIC, Pseudonyms, read_key, read_or_make_key
from workflow_scripts.data.readers import reader_registry
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part, Reader, RefusedSampleError, Seen
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map
from workflow_scripts.runtime.walking import walk

# Options of the reader of dataset/visits.csv: whose visit a row is, and the order of a patient's.
OF_DATASET = {"patient": "id", "order": "visit"}


@dataclass(frozen=True)
class FileSample:
    """A sample of a file: its row in the table of samples, its part of the file (None: all of it), and what is known.

    `sha256` is what it had when it was inspected, `change` says how a copy is turned; both are empty before that.
    """

    row: int
    part: Part | None
    sha256: str = ""
    change: str = ""


@dataclass(frozen=True)
class FileTask:
    """A file, or the folder of a series, with its reader and the samples in it.

    `name`: how messages call the file where its path may tell who a patient is.
    """

    reader: Reader
    path: Path
    samples: tuple[FileSample, ...]
    name: str = ""

    @property
    def shown(self) -> str:
        """What messages call the file."""
        return self.name or str(self.path)


def file_tasks(located: Iterable[tuple[Reader, Path, str, FileSample]]) -> Iterator[FileTask]:
    """The files of samples in their order, with names for messages; neighbours in one file are opened together."""
    for (reader, path, name), neighbours in groupby(located, key=lambda item: item[:3]):
        yield FileTask(reader, path, tuple(sample for *_, sample in neighbours), name)


@dataclass(frozen=True)
class RawFiles:
    """The folders of a study's raw files and the readers of what is in them, both by adapter.

    `pseudonyms`: what names the files of private adapters.
    """

    folders: Mapping[str, Path]
    readers: Mapping[str, Reader]
    pseudonyms: Pseudonyms | None = None

    @classmethod
    def of(cls, dataset: Mapping[str, Any], folders: Mapping[str, Path], key: Path | None = None) -> "RawFiles":
        """Read as ingest did; `dataset` is the record that it wrote, `key` the file that it had for pseudonyms."""
        modality = dataset["modality"]["name"]
        options = dataset["readers"]
        readers = {adapter: reader_registry.load(modality, options[adapter]) for adapter in options}
        return cls(folders, readers, pseudonyms_of(options, dataset["synthetic"], key))

    @classmethod
    def in_dataset(cls, record: Mapping[str, Any], dataset: Path) -> "RawFiles":
        """What samples are read from that ingest has written itself: the table of visits in the folder `dataset`."""
        reader = reader_registry.load(record["modality"]["name"], OF_DATASET)
        return cls(dict.fromkeys(record["readers"], dataset), dict.fromkeys(record["readers"], reader))

    def tasks(self, manifest: pd.DataFrame) -> Iterator[FileTask]:
        """The files of a manifest in its order. UserError for a sample whose adapter has no folder."""
        sources = manifest["source"].tolist()
        if unknown := sorted(set(sources) - set(self.folders)):
            raise UserError(f"the manifest has files of {unknown[0]!r}, but --source names {', '.join(self.folders)}")
        own = {adapter: manifest.loc[manifest["source"] == adapter, "path"] for adapter in self._paths}
        if any(len(named) and self._paths[adapter].keys().isdisjoint(named) for adapter, named in own.items()):
            raise UserError(
                "no file of the source is called as the manifest does: the key is another one than ingest had; put "
                "that one back, or make the dataset again"
            )
        changes = manifest[CHANGE].tolist() if CHANGE in manifest else [""] * len(manifest)
        parts = parts_of(manifest, self.readers[sources[0]].part)
        # As lists: to go through a column of texts itself takes a hundred times as long.
        columns = zip(sources, manifest["path"].tolist(), parts, manifest["sha256"].tolist(), changes, strict=True)
        return file_tasks(
            (self.readers[source], *self._located(source, path), FileSample(row, part, sha256, change))
            for row, (source, path, part, sha256, change) in enumerate(columns)
        )

    def _located(self, source: str, path: str) -> tuple[Path, str]:
        """Where a file of the manifest is, and how messages call it."""
        if self.pseudonyms is None or source not in self._paths:
            return self.folders[source] / path, ""
        return self.folders[source] / self._paths[source].get(path, path), path

    @cached_property
    def _paths(self) -> dict[str, dict[str, str]]:
        """Private adapter → pseudonym → path relative to its folder."""
        if self.pseudonyms is None:
            return {}
        private = [adapter for adapter in self.folders if adapter_registry.is_private(adapter)]
        return {adapter: paths_of_names(self.folders[adapter], self.pseudonyms) for adapter in private}


def pseudonyms_of(adapters: Iterable[str], synthetic: bool, key: Path | None, make: bool = False) -> Pseudonyms | None:
    """What names the files and patients of a study; None where no adapter is private.

    `make`: a key that is not there is made. UserError where one is needed and not given.
    """
    if not any(adapter_registry.is_private(adapter) for adapter in adapters):
        return None
    if synthetic:
        return PUBLIC
    if key is None:
        raise UserError(f"the files bear names of people: give --key {KEY_FILE}, which is made where it is missing")
    return read_or_make_key(key) if make else read_key(key)


def paths_of_names(folder: Path, pseudonyms: Pseudonyms) -> dict[str, str]:
    """Pseudonym → path relative to the folder, of every file below it."""
    return {pseudonyms.file(item.path): item.path for item in walk(folder) if item.kind == "file"}


def parts_of(manifest: pd.DataFrame, part_type: type[Part]) -> list[Part | None]:
    """The part of its file that each sample of a manifest is; None: all of it."""
    names = list(part_type.columns())
    if not names or names[0] not in manifest:
        return [None] * len(manifest)
    columns = [manifest[name].tolist() for name in names]
    whole = (manifest[names].isna() | (manifest[names] == "")).all(axis=1)
    return [None if is_whole else part_type(*cells) for is_whole, *cells in zip(whole, *columns, strict=True)]


def inspect_file(task: FileTask, limits: Limits) -> list[Seen | RefusedSampleError]:
    """One result for each sample of the task; never raises for what a file holds."""
    try:
        with task.reader.open(task.path, limits) as opened:
            return [_inspected(opened, sample.part) for sample in task.samples]
    except (RefusedSampleError, OSError) as error:
        return [refusal_of(error)] * len(task.samples)


def _inspected(opened: OpenFile, part: Part | None) -> Seen | RefusedSampleError:
    try:
        return opened.inspect(part)
    except (RefusedSampleError, OSError) as error:
        return refusal_of(error)


def refusal_of(error: RefusedSampleError | OSError) -> RefusedSampleError:
    """What is said of a file that raised; never what the system says of its name."""
    if isinstance(error, RefusedSampleError):
        return error
    if isinstance(error, FileNotFoundError):
        return RefusedSampleError("missing_file", "no such file, or a link to nothing")
    return RefusedSampleError("unreadable", error.strerror or type(error).__name__)


def inspect_files(tasks: Iterable[FileTask], limits: Limits, jobs: int) -> Iterator[Seen | RefusedSampleError]:
    """One result for each sample of the tasks, in their order, by `jobs` processes."""
    for results in ordered_map(partial(inspect_file, limits=limits), tasks, jobs):
        yield from results


class ChangedFileError(UserError):
    """A raw file is not what ingest saw; `path` is the file, `shown` how the message calls it."""

    def __init__(self, path: Path, shown: str, what: str) -> None:
        super().__init__(path, shown, what)
        self.path = path

    def __str__(self) -> str:
        return " ".join(map(str, self.args[1:]))


def verified(task: FileTask, limits: Limits) -> Iterator[tuple[FileSample, OpenFile]]:
    """The samples of a file, one after the other, each with the open file: read its part before the next is asked for.

    ChangedFileError when one is not what ingest saw.
    """
    try:
        with task.reader.open(task.path, limits) as opened:
            for sample in task.samples:
                if opened.digest(sample.part) != sample.sha256:
                    raise ChangedFileError(task.path, task.shown, "has changed since ingest read it")
                yield sample, opened
    except (RefusedSampleError, OSError) as error:
        raise ChangedFileError(
            task.path, task.shown, f"could be read by ingest, but now: {refusal_of(error)}"
        ) from None
