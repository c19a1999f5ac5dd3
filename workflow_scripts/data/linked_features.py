"""What a frozen network gave of another study's samples, by patient: pictures of those whose visits are here.

The other study's manifest says by its groups whose sample each is: pseudonyms, of one key in both studies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import read_index
from workflow_scripts.data.linked_patients import samples_of_patients
from workflow_scripts.data.stored_features import StoredFeatures, scale
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.study_paths import StudyPaths


@dataclass(frozen=True)
class LinkedFeatures:
    """The samples of some patients in another study.

    values: float32 N×D, the samples of a patient next to each other, in the order of their names; count: int64 P, how
    many each patient has, at least 1. Sum of count: N.
    """

    values: np.ndarray
    count: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """int64 P: the first row of each patient."""
        first: np.ndarray = np.cumsum(self.count) - self.count
        return first

    def standardise(self, training: np.ndarray) -> None:
        """Bring each number to mean 0 and spread 1 in the samples of the patients that `training` (bool P) says."""
        scale(self.values, np.repeat(training, self.count))


def read_linked(study: Path, embedding: str, patients: Sequence[str]) -> LinkedFeatures:
    """The samples of `patients`, in their order; `study`: the folder of the other study's results.

    Nothing but groups and stored features is read there, no label. UserError where a file is not what its record says,
    and for a patient who has no sample there.
    """
    paths = StudyPaths(study)
    folder = paths.embedding(embedding)
    samples = samples_of_patients(paths.dataset).merge(read_index(folder), on="id")
    order = pd.Series(range(len(patients)), index=pd.Index(patients, name="group"), name="patient")
    samples = samples.merge(order, on="group").sort_values(["patient", "id"], kind="stable")
    count = np.bincount(samples["patient"], minlength=len(patients))
    if (count == 0).any():
        raise UserError(
            f"{int((count == 0).sum())} of {len(patients)} patients have no sample in the study {study.name}, the "
            f"first is {patients[int(count.argmin())]}; write `ingest.visits.linked: {study.name}`, which takes those "
            "alone who have both"
        )
    stored = StoredFeatures.read(folder, samples["first"].to_numpy(), averaged=True)
    return LinkedFeatures(stored.loaded(embedding), count)
