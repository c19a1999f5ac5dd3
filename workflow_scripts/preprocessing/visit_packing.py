"""How tables of visits are packed: rows are float32 numbers, one row a visit, as dataset/columns.csv names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import SEQUENCE, ArrayDescription
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing, VisitPacking
from workflow_scripts.contracts.visit_columns import VisitColumn, read_visit_columns
from workflow_scripts.data.readers.reader_interface import OpenFile
from workflow_scripts.data.readers.table_reader import TableFile
from workflow_scripts.data.reading import FileSample
from workflow_scripts.preprocessing.packer import Packer
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.study_paths import COLUMNS_FILE


@dataclass(frozen=True)
class VisitPacker(Packer):
    """Packs the visits of patients as they are: what is missing stays so, each training fold fills gaps for itself."""

    columns: tuple[VisitColumn, ...]
    visits: VisitPacking

    @classmethod
    def of(cls, packing: Packing, dataset: Path) -> Self:
        """The packer with a study's settings, of the columns of its dataset."""
        assert packing.visits is not None  # see packer_registry.load
        return cls(read_visit_columns(dataset / COLUMNS_FILE), packing.visits)

    @property
    def array(self) -> ArrayDescription:
        """As Packer.array."""
        return ArrayDescription(SEQUENCE, "float32", (len(self.columns),), 1)

    @property
    def facts(self) -> Mapping[str, Any]:
        """As Packer.facts: see contracts.arrays.VisitRows."""
        return {"columns": plain(self.columns), "preparation": plain(self.visits)}

    def order(self) -> tuple[str, ...]:
        """As Packer.order."""
        fitted = {
            "median": "each gap filled with the training median, or the most frequent level",
            "last_value": "each gap filled with the patient's last value, or the training median",
            "iterative": "gaps filled by linear regressions on the other columns, in rounds",
        }
        return (
            "visits up to the landmark, in the order of time",
            f"in each training fold: {fitted[self.visits.imputation]}",
            *(["0 or 1 for every column, whether it is missing"] if self.visits.indicators else []),
            *(["years since every column was last measured"] if self.visits.elapsed else []),
            "mean 0 and standard deviation 1 of the training visits",
        )

    def counts(self, manifest: pd.DataFrame) -> np.ndarray:
        """As Packer.counts: the visits of each patient."""
        return manifest["visits"].to_numpy(dtype="int64")

    def rows(self, opened: OpenFile, sample: FileSample) -> np.ndarray:
        """As Packer.rows."""
        assert isinstance(opened, TableFile), opened
        names = [column.name for column in self.columns]
        if opened.names != names:
            columns = opened.path.with_name(COLUMNS_FILE)
            raise UserError(f"{columns} does not name the columns of {opened.path.name}; {remedy(columns)}")
        return opened.rows(sample.part)
