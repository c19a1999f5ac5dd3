"""The training samples that may be asked for, and who knows their labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from workflow_scripts.contracts.expert_answers import ask, known_answers
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.randomness import QUERY, keys_of, uniform

# Of the patients to be labelled, how many a message names.
MOST_NAMED = 20


@dataclass(frozen=True)
class Pool:
    """N training samples in the order of the array: what is known of them without their labels.

    table: the columns id, first and count of the fold's samples; draws: a number in [0, 1) for each, a function of its
    id and of the seed.
    """

    table: pd.DataFrame
    draws: np.ndarray

    @classmethod
    def of(cls, training: pd.DataFrame, seed: int) -> "Pool":
        """The samples of a training subset that count; their labels are left out."""
        table = training.drop(columns="label").reset_index(drop=True)
        return cls(table, uniform(seed, 0, keys_of(table["id"]), QUERY))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def ids(self) -> list[str]:
        """Names of the samples."""
        return list(self.table["id"])

    def without(self, ids: list[str]) -> np.ndarray:
        """Numbers of the samples that are none of these, ascending."""
        return np.flatnonzero(~self.table["id"].isin(ids).to_numpy())

    def labelled(self, labels: dict[str, str]) -> pd.DataFrame:
        """The samples that have a label, in the order of the array, with the column `label`."""
        chosen = self.table[self.table["id"].isin(list(labels))]
        return chosen.assign(label=chosen["id"].map(labels))


class Annotator(Protocol):
    """Who knows labels."""

    def labels(self, ids: list[str]) -> dict[str, str]:
        """Id → label of these samples; UserError where they are not known yet."""
        ...


@dataclass(frozen=True)
class KnownLabels:
    """The labels of the data set: an expert is played by what is known."""

    table: pd.DataFrame

    def labels(self, ids: list[str]) -> dict[str, str]:
        """As Annotator.labels."""
        by_id = self.table.set_index("id")["label"]
        return {sample: str(by_id[sample]) for sample in ids}


@dataclass(frozen=True)
class ExpertLabels:
    """The labels that an expert fills into a file; `job`: whose samples they are, for a message."""

    path: Path
    classes: list[str]
    job: str

    def labels(self, ids: list[str]) -> dict[str, str]:
        """As Annotator.labels; the samples without a label are added to the file."""
        answers = known_answers(self.path, self.classes)
        missing = [sample for sample in ids if sample not in answers]
        if missing:
            ask(self.path, missing)
            named = ", ".join(missing[:MOST_NAMED]) + (", …" if len(missing) > MOST_NAMED else "")
            raise UserError(
                f"{self.job} needs the labels of {len(missing)} sample(s): {named}; fill in the column label of "
                f"{self.path} ({', '.join(self.classes)}) and start again"
            )
        return {sample: answers[sample] for sample in ids}
