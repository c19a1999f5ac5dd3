"""A paper's comparison of its studies in words."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Aspects:
    """A printed comparison of studies in words: study → head of its column; aspect → a cell for each column."""

    place: str
    columns: Mapping[str, str]
    rows: Mapping[str, tuple[str, ...]]
