"""arrays/: what the rows of a sample are. One description, one index, one reader.

data.npy holds rows of one shape and one type; index.csv says which of them belong to a sample; the block `array` of
record.json says what a row is. masks/masks.npy holds, for some studies of pictures, a mask for each row.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.prepared_columns import PreparedColumns
from workflow_scripts.contracts.record import view_of
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.tables import Table
from workflow_scripts.contracts.verified import require
from workflow_scripts.contracts.visit_columns import VisitColumn
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy

DATA, INDEX, RECORD, MASKS = "data.npy", "index.csv", "record.json", "masks.npy"
# Rows [first, first + count) of the array belong to a sample.
ARRAY_INDEX = Table("array index", {"id": "str", "first": "int", "count": "int"}, key=("id",))
PIXELS, FEATURES, SEQUENCE, MAPS = KINDS = ("pixels", "features", "sequence", "maps")
# Kind → how many dimensions a row has, and the types that it may have.
_ROWS = {
    PIXELS: (3, ("uint8", "uint16", "float32")),
    FEATURES: (1, ("float16", "float32")),
    SEQUENCE: (1, ("float32",)),
    MAPS: (3, ("float16", "float32")),
}


@dataclass(frozen=True)
class ArrayDescription:
    """What a row of an array is; ValueError where the parts do not fit each other.

    kind: pixels (a row is a picture, H×W×C), features (a row is D numbers of a sample), sequence (a row is D numbers of
    one step of a sample, its rows are its steps in their order); dtype: uint8, uint16 or float32, the last two kinds
    float32; scale: the value that stands for 1.0 of the full range of pixels, e.g. 255; 1 where there is no such range.
    """

    kind: str
    dtype: str
    row_shape: tuple[int, ...]
    scale: float

    def __post_init__(self) -> None:
        if self.kind not in _ROWS:
            raise ValueError(f"kind {self.kind!r}; there are {', '.join(KINDS)}")
        dimensions, dtypes = _ROWS[self.kind]
        if self.dtype not in dtypes:
            raise ValueError(f"dtype {self.dtype!r}; {self.kind} are {', '.join(dtypes)}")
        if len(self.row_shape) != dimensions or not all(isinstance(side, int) and side > 0 for side in self.row_shape):
            raise ValueError(f"row_shape {self.row_shape}; {self.kind} have {dimensions} positive whole number(s)")
        if not self.scale > 0:
            raise ValueError(f"scale {self.scale}; a positive number is wanted")

    def as_record(self) -> dict[str, object]:
        """The block `array` of record.json."""
        return {"kind": self.kind, "dtype": self.dtype, "row_shape": list(self.row_shape), "scale": self.scale}

    @classmethod
    def of_record(cls, record: dict[str, Any], path: Path) -> "ArrayDescription":
        """The description in a record that was read from `path`; UserError where it holds none, or no valid one."""
        try:
            block = record["array"]
            shape = tuple(block["row_shape"])
            return cls(block["kind"], block["dtype"], shape, block["scale"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: its block `array` describes no array ({error}); {remedy(path)}") from None

    @property
    def height(self) -> int:
        """Height of a picture in pixels."""
        return self.row_shape[0]

    @property
    def width(self) -> int:
        """Width of a picture in pixels."""
        return self.row_shape[1]

    @property
    def channels(self) -> int:
        """Channels of a picture: 1 where it is grey, 3 where it is RGB."""
        return self.row_shape[2]

    def __str__(self) -> str:
        if self.kind == PIXELS:
            return f"{self.width}×{self.height} pixels, {self.channels} channel(s), {self.dtype}"
        if self.kind == MAPS:
            height, width, channels = self.row_shape
            return f"{height}×{width} maps of {channels} channels, {self.dtype}"
        return f"{self.row_shape[0]} numbers a {'step' if self.kind == SEQUENCE else 'sample'}"


@dataclass(frozen=True)
class MapNetwork:
    """The network whose first stages made maps, as a run names it.

    weights: sha256 of the file that it started from; None: it started at random, from `seed`.
    """

    model: str
    options: dict[str, Any]
    weights: str | None
    seed: int


@dataclass(frozen=True)
class MapSource:
    """What maps were made of: the pictures, mean and std of each channel of theirs in [0, 1], and the network.

    symmetries: maps of a sample, 8 of its flips and quarter turns, or 1.
    """

    pixels: ArrayDescription
    mean: tuple[float, ...]
    std: tuple[float, ...]
    symmetries: int
    network: MapNetwork


@dataclass(frozen=True)
class VisitRows:
    """What rows of visits are: the columns of a row, in their order, and how a model is to see them."""

    columns: tuple[VisitColumn, ...] = ()
    preparation: VisitPacking | None = None


@dataclass(frozen=True)
class Arrays:
    """The rows of a study's samples.

    data: N rows as `description` says, memory-mapped where they were read from a file; index: contract ARRAY_INDEX;
    masks: uint8 N×H×W, 1 where a pixel is kept; None where the study has none, or nobody asked for them; source: of
    maps, what they were made of; columns, preparation: of visits, see VisitRows.
    """

    description: ArrayDescription
    data: np.ndarray
    index: pd.DataFrame
    masks: np.ndarray | None = None
    source: MapSource | None = None
    columns: tuple[VisitColumn, ...] = ()
    preparation: VisitPacking | None = None

    @property
    def width(self) -> int:
        """Numbers of a row of features or of a step as a network sees them: of visits, once they are prepared."""
        if self.preparation is None:
            return self.description.row_shape[0]
        return len(PreparedColumns(self.columns, self.preparation).names)

    @property
    def map_source(self) -> MapSource:
        """What these maps were made of; TypeError where they are none."""
        if self.source is None:
            raise TypeError(f"arrays of kind {self.description.kind} were made of no pictures")
        return self.source

    @property
    def pictures(self) -> ArrayDescription:
        """The pictures that the rows are, or that they were made of."""
        return self.description if self.source is None else self.source.pixels

    @classmethod
    def of_rows(cls, description: ArrayDescription, data: np.ndarray, masks: np.ndarray | None = None) -> "Arrays":
        """Rows in memory, each a sample that is called by its number."""
        numbers = np.arange(len(data))
        return cls(description, data, pd.DataFrame({"id": numbers.astype(str), "first": numbers, "count": 1}), masks)

    def rows_of(self, sample: str) -> slice:
        """Where the rows of a sample are; UserError for a sample that the index lacks."""
        if sample not in self._rows:
            raise UserError(f"{INDEX} lacks the sample {sample!r}; the array was made from another data set")
        return self._rows[sample]

    @cached_property
    def _rows(self) -> dict[str, slice]:
        lines = self.index[["id", "first", "count"]].itertuples(index=False)
        return {name: slice(first, first + count) for name, first, count in lines}

    def picture(self, sample: str) -> np.ndarray:
        """H×W×C pixels of a sample, as they are stored."""
        return self.data[self.rows_of(sample)][0]

    def mask(self, sample: str) -> np.ndarray | None:
        """uint8 H×W mask of a sample's picture; None without masks."""
        return None if self.masks is None else self.masks[self.rows_of(sample)][0]


def read_index(folder: Path) -> pd.DataFrame:
    """The contract ARRAY_INDEX of the array in `folder`; UserError when it is not what the record says."""
    require(folder / RECORD, INDEX)
    return ARRAY_INDEX.read(folder / INDEX)


def open_arrays(folder: Path, masks: Path | None = None) -> Arrays:
    """Open the array in `folder`, and the masks at `masks`, without loading either.

    UserError, with what to do, when a file is missing, is not what its record says, or when description, rows, index
    and masks do not fit each other.
    """
    record = require(folder / RECORD, DATA, INDEX)
    if masks is not None:
        require(masks.with_name(RECORD), masks.name)
    description = ArrayDescription.of_record(record, folder / RECORD)
    index, data = ARRAY_INDEX.read(folder / INDEX), _mapped(folder / DATA)
    if data.dtype != description.dtype or data.shape[1:] != description.row_shape:
        raise UserError(
            f"{folder / DATA} has rows {data.shape[1:]} of {data.dtype}, {folder / RECORD} says {description}; "
            f"{remedy(folder / DATA)}"
        )
    source = view_of(MapSource, record, folder / RECORD) if description.kind == MAPS else None
    rows = {PIXELS: 1, MAPS: source.symmetries if source else 1}.get(description.kind)
    unfit = rows is not None and (index["count"] != rows).any()
    if unfit or (index["first"] < 0).any() or (index["count"] < 1).any():
        raise UserError(f"{folder / INDEX} gives a sample rows that it cannot have; {remedy(folder / INDEX)}")
    if (index["first"] + index["count"]).max() > len(data):
        raise UserError(f"{folder / DATA} has too few rows for {INDEX}; {remedy(folder / DATA)}")
    opened_masks = None if masks is None else _open_masks(masks, data.shape[:3])
    visits = _visit_rows(record, folder, description)
    return Arrays(description, data, index, opened_masks, source, visits.columns, visits.preparation)


def _visit_rows(record: dict[str, Any], folder: Path, description: ArrayDescription) -> VisitRows:
    """What the record in `folder` says of rows of visits; UserError where it names another number of columns."""
    if description.kind != SEQUENCE:
        return VisitRows()
    visits = view_of(VisitRows, record, folder / RECORD)
    if visits.columns and len(visits.columns) != description.row_shape[0]:
        raise UserError(
            f"{folder / RECORD} names {len(visits.columns)} columns, rows have {description.row_shape[0]} numbers; "
            f"{remedy(folder / RECORD)}"
        )
    return visits


def _open_masks(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    masks = _mapped(path)
    if masks.dtype != np.uint8 or masks.shape != shape:
        raise UserError(f"{path} has no mask for each row of the array; {remedy(path)}")
    return masks


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except ValueError as error:
        raise UserError(f"{path} is no NumPy file ({error}); {remedy(path)}") from None
