"""What every adapter gives and takes: samples of a published layout, and synthetic pictures to be written in it.

An adapter is a module with

- `LABELS`: the published labels (`None`: any), for a check of the settings;
- `SYNTHETIC_LABELS`: where `LABELS` is None, those of synthetic data whose generator has no `LABELS`;
- `MODALITY = "name"` where another reader than that of images opens its files, see data.readers.reader_interface (read
  without importing the module), and `OPTIONS = {…}`, arguments of that reader: names of a table's columns, say;
- `PRIVATE = True` where files bear names of people (read without importing the module): `samples(root, ingest,
  pseudonyms)` then gives no other names but those that the pseudonyms give; the paths of files, which it gives as they
  are, ingest replaces; one that reads `ingest.visits` takes `linked` besides, the patients of another study, where only
  these are taken;
- `KNOWS_GROUPS = True` where the layout always says which samples belong together (read without importing the module);
- `NEEDS = "key"` where it reads nothing without that key of `ingest` (read without importing the module);
- `IN_DATASET = True` where samples are read from a table that the adapter makes of its files (read without importing
  the module): `samples` then gives it as a `MadeTable`, and its name in the folder of the dataset is the samples' path;
- `KEYS = ("key", …)`: keys of `ingest` that no adapter reads but those that name them (read without importing the
  module);
- `samples(root, ingest)`: every `Sample` and `Refused` below `root`, in a fixed order, and every `ListedSeries` or
  `ListedSlide` where the layout has some to choose from; UserError when the layout is not there. `ingest` is the block
  of settings, see contracts.step_settings.ingest_settings;
- `READS = (path, …)`: files beside the images that it reads, relative to `root`;
- `WHOLE_FIELDS = True` where one file holds a whole field with many samples;
- `write_synthetic(root, pictures)`: write synthetic pictures in the layout; yields a `Written` for each. What is drawn
  is the study's matter, see synthetic.pictures.

It lies in this package, or as adapter.py in the folder of the only study that can use it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from workflow_scripts.contracts.listed_table import ListedTable
from workflow_scripts.contracts.series_table import LISTED_SERIES
from workflow_scripts.contracts.slide_overviews import Overview
from workflow_scripts.contracts.slide_table import LISTED_SLIDES
from workflow_scripts.contracts.tables import Table
from workflow_scripts.data.raw_folders import image_files, normal
from workflow_scripts.data.readers.reader_interface import Part
from workflow_scripts.runtime.errors import UserError


@dataclass(frozen=True)
class Sample:
    """A sample as the source names it.

    `path` is that of its file, or of the folder of a series, relative to the source; `label` the published one; `group`
    is empty where unknown; `unit` is empty where the sample itself is judged; `part` is what of the file is meant, as
    its reader names parts (a Box of an image), None: all of it; `change` says how a copy is turned, see data.selecting.
    `attributes`: further columns of the manifest, such as age or stage. `values`: those of the modality's columns that
    the layout says and a look into the one file does not. `file`: where the file is, where `path` does not say it.
    """

    path: str
    id: str
    label: str
    group: str = ""
    unit: str = ""
    part: Part | None = None
    change: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    values: Mapping[str, int | float | str] = dataclasses.field(default_factory=dict)
    file: str = ""


@dataclass(frozen=True)
class Listed:
    """What the layout chooses from, taken or not: its row of `table`, and its files relative to the source."""

    table: ClassVar[ListedTable]
    row: Mapping[str, int | float | str]
    files: tuple[str, ...]


@dataclass(frozen=True)
class ListedSeries(Listed):
    """A series."""

    table: ClassVar[ListedTable] = LISTED_SERIES


@dataclass(frozen=True)
class ListedSlide(Listed):
    """A slide; `overview`: what of it is drawn later, None where nobody looked at its pixels."""

    table: ClassVar[ListedTable] = LISTED_SLIDES
    overview: Overview | None = None


@dataclass(frozen=True)
class MadeTable:
    """A table that an adapter makes of its files for the folder of the dataset.

    file: its name there; files: those it was made of, relative to the source.
    """

    table: Table
    file: str
    rows: pd.DataFrame
    files: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """A file or sample that is not used, with a reason of contracts.dataset.REASONS."""

    path: str
    reason: str
    detail: str


@dataclass(frozen=True)
class SyntheticSample:
    """A synthetic sample: label, centre (x, y) and region of what tells its class, in pixels, and its ground truth.

    `region`: left, top, right, bottom.
    """

    label: str
    x: int
    y: int
    region: tuple[int, int, int, int]
    ground_truth: dict[str, float]


@dataclass(frozen=True)
class SyntheticPicture:
    """A synthetic file: uint8 H×W×3 `pixels` (grey ones of more bits: uint16 H×W), H×W `mask`, and its samples.

    `mask`: 0 is background; in a smear 1 is cytoplasm and 2 nucleus; other generators say what their numbers mean.
    `field` counts from 1 in each class, `class_index` from 0, `number` from 1 in the field. `copy` is "equal_bytes" or
    "near_equal" when the pixels are those of `copy_of` (label, field, number); `broken` is a reason when the file is to
    be damaged; `attributes`: what the layout may say of a sample beside its label, such as age.
    """

    label: str
    class_index: int
    field: int
    number: int
    pixels: np.ndarray
    mask: np.ndarray
    cells: list[SyntheticSample] = dataclasses.field(default_factory=list)
    copy: str = ""
    copy_of: tuple[str, int, int] | None = None
    broken: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """Where a synthetic picture was written, and the ids and the group under which `samples` will find its samples."""

    picture: SyntheticPicture
    path: str
    ids: list[str]
    group: str


def class_folder_files(root: Path, below: str, labels: Mapping[str, str]) -> Iterator[tuple[str, str | Refused]]:
    """(path relative to `root`, label) of the image files in class folders, or a refusal for a folder of no class.

    The class folders lie in `root` or in its subfolder `below`. `labels` maps a folder's name in lower case to the
    label. UserError when there is not one of them.
    """
    for parent in (root, root / below):
        folders = sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []
        if any(normal(folder.name).lower() in labels for folder in folders):
            break
    else:
        names = ", ".join(sorted(labels.values()))
        raise UserError(
            f"none of the class folders {names} is in {root} or in its folder {below!r}; "
            "set `source` to the folder that holds them"
        )
    prefix = "" if parent == root else f"{below}/"
    for name in image_files(parent):
        folder, inside, _ = name.partition("/")
        if inside:
            path, label = prefix + name, labels.get(normal(folder).lower())
            yield path, label if label else Refused(path, "no_label", f"folder {folder!r} is none of the classes")
