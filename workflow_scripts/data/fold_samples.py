"""Samples of one fold beside the rows of the array that they are; needs no deep-learning library."""

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.arrays import INDEX, read_index
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.verified import require, required_split
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy


def read_fold(dataset: Path, arrays: Path, split: Path, fold: int) -> tuple[list[str], pd.DataFrame]:
    """Class order, and the samples of one fold of a split: id, unit, group, label, subset, weight, first and count.

    Rows [first, first + count) of the array are a sample's; the table is sorted by `first`. weight: float, 1 where the
    split has none; 0: of a patient that was lost, from whom nothing is learned. Raises UserError when a
    file is not what its record says, when the split names unknown samples, or has no such fold.
    """
    classes = require(dataset / "record.json", "manifest.csv")["classes"]
    assigned = SPLIT.read(required_split(split))
    assigned = assigned[assigned["fold"] == fold]
    if assigned.empty:
        raise UserError(f"{split} has no fold {fold}; {remedy(split)}")
    if "weight" not in assigned:
        assigned = assigned.assign(weight=1.0)
    manifest, index = read_manifest(dataset), read_index(arrays)
    table = manifest[["id", "unit", "group", "label"]].merge(assigned[["id", "subset", "weight"]], on="id", how="right")
    table = table.merge(index, on="id", how="left")
    for column, file in (("label", dataset / "manifest.csv"), ("first", arrays / INDEX)):
        if table[column].isna().any():
            lost = table.loc[table[column].isna(), "id"].iloc[0]
            raise UserError(f"{split} names the sample {lost!r}, which {file} lacks; {remedy(split)}")
    unknown = set(table["label"]) - set(classes)
    if unknown:
        raise UserError(f"{dataset / 'manifest.csv'} has the label {min(unknown)!r}, which is no class of the study")
    return classes, table.sort_values("first", kind="stable").reset_index(drop=True)
