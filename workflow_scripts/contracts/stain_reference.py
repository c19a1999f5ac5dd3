"""The colours that a run brings its pictures to; stands in its weights file, beside mean and standard deviation."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["reinhard", "macenko"]
Stain = Literal["none", "reinhard", "macenko"]
# Method → how many numbers describe its colours.
_NUMBERS = {"reinhard": 6, "macenko": 8}


@dataclass(frozen=True)
class StainReference:
    """Colours of stained tissue, fitted on some training units alone; ValueError for another method or count.

    units: on how many; values: of reinhard the mean of L*, a* and b*, then their standard deviations; of macenko the
    optical density (red, green, blue) of haematoxylin, of eosin, each of length 1, then how much there is of either.
    """

    method: Method
    units: int
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values) != _NUMBERS.get(self.method):
            raise ValueError(f"{len(self.values)} numbers for the method {self.method!r}")
