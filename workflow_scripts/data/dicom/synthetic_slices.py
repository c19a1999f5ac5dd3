"""What a generator says of a synthetic DICOM study: patient, site, series and slices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from workflow_scripts.data.adapters.interface import SyntheticPicture

# In the patient's directions: x to the left, y to the back, z to the head.
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class SyntheticStudy:
    """A patient's examination: `key` decides on all that is invented, such as names and UIDs.

    `variant`, from 0, decides on syntax and encoding of the pixels; `layout`, from 0, on the folders; `site` is a short
    name; age in years, field strength in tesla.
    """

    key: str
    variant: int
    layout: int
    site: str
    age: int
    field_strength: float


@dataclass(frozen=True)
class SyntheticSeries:
    """A series: number from 1 in its study, times in ms, spacing and thickness in mm.

    `sequence` is DICOM's scanning sequence (SE, GR, EP). `multi_frame`: all slices in one enhanced file, each with a
    rescale slope of its own.
    """

    number: int
    description: str
    sequence: str
    image_type: tuple[str, ...]
    echo_time_ms: float
    repetition_time_ms: float
    spacing_mm: float
    thickness_mm: float
    multi_frame: bool = False


@dataclass(frozen=True, kw_only=True)
class SyntheticSlice(SyntheticPicture):
    """A slice of a series: uint16 H×W `pixels` in 0 … 4095, in the order of its series as it was taken.

    `position`: of the centre of the upper left pixel, in mm; `row`, `column`: direction cosines. A slice without a
    sample (`cells`) belongs to the layout only.
    """

    study: SyntheticStudy
    series: SyntheticSeries
    position: Vector
    row: Vector
    column: Vector

    @property
    def along_normal(self) -> float:
        """Position along the normal of the plane in mm."""
        return float(np.dot(np.cross(self.row, self.column), self.position))


def studies(pictures: Iterable[SyntheticPicture]) -> Iterator[list[SyntheticSlice]]:
    """The slices of one study after the other; those of a study must be neighbours."""
    for _, neighbours in groupby(map(_slice, pictures), key=lambda item: item.study.key):
        yield list(neighbours)


def _slice(picture: SyntheticPicture) -> SyntheticSlice:
    assert isinstance(picture, SyntheticSlice)
    return picture
