"""Which pictures of a study a network of another one has learned from, by their bytes or as near copies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import PIXELS, Arrays, open_arrays
from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.contracts.dataset import PAIR_KINDS, neighbours_alike, read_manifest
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.splits import LEAK_PROOF
from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES
from workflow_scripts.data.copies.across_sets import COMPARING_MINUTES, CopiesAcross, PictureSet, copies_across
from workflow_scripts.data.copies.candidates import neighbours
from workflow_scripts.data.copies.changes import Changes
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.fold_samples import read_fold

EQUAL_BYTES = PAIR_KINDS[0]


@dataclass(frozen=True)
class LearnedCopies:
    """table: contract TRAINING_COPIES; search: None where samples are no pictures and only equal ones were counted."""

    table: pd.DataFrame
    search: CopyFindings | None

    def counts(self, predicted: pd.DataFrame) -> dict[str, int]:
        """Subset → predicted samples (columns id, subset) whose picture was learned."""
        copied = self.table["subset"].value_counts()
        return {subset: int(copied.get(subset, 0)) for subset in sorted(set(predicted["subset"]))}


def copies_of_learned(
    predicted: pd.DataFrame, here: FoldFiles, there: FoldFiles, fold: int, classes: Mapping[str, str | None] | None
) -> LearnedCopies:
    """The predicted samples whose picture is one of training or validation samples of another study's fold.

    `predicted`: id, unit, subset, label and first, the row of the arrays; `here`, `there`: files of this study and of
    that of the network; `classes`: class there → class here, None: the same names. Pictures are compared as networks
    see them, packed to one size. UserError when a file is not what its record says.
    """
    learned = learned_samples(read_fold(there.dataset, there.arrays, there.split, fold)[1])
    equal = _equal(predicted, here.dataset, learned, there.dataset)
    rest = predicted[~predicted["id"].isin(equal["id"])]
    near, search = _near(rest, here.arrays, learned, there)
    table = pd.concat([part for part in (equal, near) if len(part)] or [equal], ignore_index=True)
    meaning = table["learned_label"].map({name: name for name in learned["label"]} if classes is None else classes)
    return LearnedCopies(_ordered(table.assign(learned_label=meaning.fillna(""))), search)


def learned_samples(table: pd.DataFrame) -> pd.DataFrame:
    """Training and validation samples of a fold, of the table that read_fold gives, numbered from 0."""
    return table[table["subset"] != "test"].reset_index(drop=True)


def pictures_of(arrays: Arrays, samples: pd.DataFrame, budget: TimeBudget) -> PictureSet:
    """The pictures of samples (column first: their rows of the arrays), as many as are looked at in time."""
    return PictureSet.of((arrays.data[row] for row in samples["first"]), len(samples), budget)


def _equal(predicted: pd.DataFrame, dataset: Path, learned: pd.DataFrame, there: Path) -> pd.DataFrame:
    """Samples of the same bytes."""
    digests, digests_there = (read_manifest(folder).set_index("id")["sha256"] for folder in (dataset, there))
    first = learned.assign(sha256=learned["id"].map(digests_there)).drop_duplicates("sha256").set_index("sha256")
    own = predicted["id"].map(digests)
    return _rows(predicted[own.isin(first.index)], first.loc[own[own.isin(first.index)]]).assign(kind=EQUAL_BYTES)


def _near(
    predicted: pd.DataFrame, arrays: Path, learned: pd.DataFrame, there: FoldFiles
) -> tuple[pd.DataFrame, CopyFindings | None]:
    """Near copies, and what the search was; None where samples are no pictures."""
    opened, opened_there = open_arrays(arrays), open_arrays(there.arrays)
    if opened.description.kind != PIXELS or opened_there.description.kind != PIXELS:
        return _rows(predicted[:0], learned[:0]).assign(kind=""), None
    budget = TimeBudget(COMPARING_MINUTES)
    old, new = pictures_of(opened_there, learned, budget), pictures_of(opened, predicted, budget)
    following = np.zeros((0, 2), np.int64)
    if neighbours_alike(there.dataset):
        groups = pd.factorize(learned["group"].where(learned["group"] != "", None))[0]
        following = neighbours(groups[: len(old.records)])
    across = copies_across(old, new, budget, following)
    return _near_rows(predicted, learned, across, old, new), across.findings


def _near_rows(
    predicted: pd.DataFrame, learned: pd.DataFrame, across: CopiesAcross, there: PictureSet, here: PictureSet
) -> pd.DataFrame:
    rows = _rows(predicted.iloc[across.pairs[:, 1]], learned.iloc[across.pairs[:, 0]])
    changes = [
        Changes.of(proof, there.records[first], here.records[second])
        for proof, (first, second) in zip(across.proofs, across.pairs, strict=True)
    ]
    return rows.assign(
        kind=[change.kind for change in changes],
        changes=[change.words() for change in changes],
        correlation=across.proofs["correlation"].astype("float64").round(4),
        by_chance=[float(f"{chance:.2g}") for chance in across.by_chance],
    )


def _rows(predicted: pd.DataFrame, learned: pd.DataFrame) -> pd.DataFrame:
    """Rows of the contract, without what says how alike they are; both tables have as many rows."""
    own = predicted[["id", "unit", "subset", "label"]].reset_index(drop=True)
    return own.assign(learned_id=learned["id"].to_numpy(), learned_label=learned["label"].to_numpy())


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Two labels first, then the test subset, then the clearest."""
    same = (table["learned_label"] == "") | (table["label"] == table["learned_label"])
    order = pd.DataFrame({"same": same, "later": -table["subset"].map(SUBSETS.index).astype(int)})
    order = order.assign(chance=table["by_chance"].fillna(0.0) if "by_chance" in table else 0.0, id=table["id"])
    table = table.loc[order.sort_values(list(order.columns), kind="stable").index].reset_index(drop=True)
    if "changes" in table:
        table["changes"] = table["changes"].fillna("")
    return table[[*TRAINING_COPIES.columns, *(name for name in LEAK_PROOF if name in table)]]
