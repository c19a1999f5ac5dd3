"""What every packer gives: a sample's row of the array, and the sample as people look at it before and after."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part
from workflow_scripts.data.reading import FileSample


class Packer(ABC):
    """How samples of a modality become rows; a frozen data class, so that it can be sent to other processes."""

    @classmethod
    @abstractmethod
    def of(cls, packing: Packing) -> Self:
        """The packer with a study's settings, which are those of its modality."""

    @property
    @abstractmethod
    def array(self) -> ArrayDescription:
        """What the rows are."""

    @abstractmethod
    def order(self) -> tuple[str, ...]:
        """What is done to a sample, in words, in this order."""

    @abstractmethod
    def words(self) -> str:
        """How a sample was brought to its size, in a few words, for captions."""

    def limits(self, part: Part | None) -> Limits:
        """How the file is opened that holds this part, or whose whole is packed (None)."""
        return Limits()

    @abstractmethod
    def row(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """The row of a sample of an open file, as `array` says."""

    @abstractmethod
    def shown(self, opened: OpenFile, part: Part | None) -> np.ndarray:
        """uint8 H×W×3: the sample as it is in its file, for people to look at."""

    @abstractmethod
    def region(self, mask: np.ndarray, sample: FileSample) -> np.ndarray:
        """bool S×S of a uint8 H×W mask of the sample's whole file, 0 outside: where the region is in the row."""
