"""What every packer gives: a sample's rows of the array; of pictures the sample as people look at it besides."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.data.readers.reader_interface import Limits, OpenFile, Part
from workflow_scripts.data.reading import FileSample


class Packer(ABC):
    """How samples of a modality become rows; a frozen data class, so that it can be sent to other processes."""

    @property
    @abstractmethod
    def array(self) -> ArrayDescription:
        """What the rows are."""

    @abstractmethod
    def order(self) -> tuple[str, ...]:
        """What is done to a sample, in words, in this order."""

    def limits(self, part: Part | None) -> Limits:
        """How the file is opened that holds this part, or whose whole is packed (None)."""
        return Limits()

    @abstractmethod
    def counts(self, manifest: pd.DataFrame) -> np.ndarray:
        """int64: how many rows each sample of a manifest has."""

    @abstractmethod
    def rows(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """The rows of a sample of an open file, each as `array` says."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the record of the arrays says of the rows besides."""
        return {}


class PicturePacker(Packer):
    """How pictures become rows, one each."""

    @classmethod
    @abstractmethod
    def of(cls, packing: Packing) -> Self:
        """The packer with a study's settings, which are those of its modality."""

    @abstractmethod
    def words(self) -> str:
        """How a sample was brought to its size, in a few words, for captions."""

    @abstractmethod
    def row(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """The row of a sample of an open file, as `array` says."""

    @abstractmethod
    def shown(self, opened: OpenFile, part: Part | None) -> np.ndarray:
        """uint8 H×W×3: the sample as it is in its file, for people to look at."""

    @abstractmethod
    def region(self, mask: np.ndarray, sample: FileSample) -> np.ndarray:
        """bool S×S of a uint8 H×W mask of the sample's whole file, 0 outside: where the region is in the row."""

    def counts(self, manifest: pd.DataFrame) -> np.ndarray:
        """As Packer.counts."""
        return np.ones(len(manifest), dtype="int64")

    def rows(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """As Packer.rows."""
        return self.row(opened, sample)[None]
