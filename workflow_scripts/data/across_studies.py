"""What a network of one study meets in another: classes of other names, and pictures that it has learned from."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.verified import require, required_split
from workflow_scripts.runtime.errors import UserError


def translate(
    table: pd.DataFrame, there: list[str], here: list[str], classes: Mapping[str, str | None] | None
) -> pd.DataFrame:
    """The table with probabilities of this study's classes.

    `classes`: class there → class here, None to leave it out; None: both have the same classes. UserError when a class
    is unknown on its side or is not named, or when nothing stands for a class of this study.
    """
    meaning = {name: name for name in there} if classes is None else classes
    for what, odd in (
        ("is no class that the network tells apart", sorted(set(meaning) - set(there))),
        ("is missing on the left; map it to a class or to null", sorted(set(there) - set(meaning))),
        ("is no class of this study", sorted({name for name in meaning.values() if name} - set(here))),
        ("is a class of this study that nothing stands for", sorted(set(here) - set(meaning.values()))),
    ):
        if odd:
            raise UserError(f"classes of an external run: {odd[0]!r} {what}")
    groups = [[name for name in there if meaning[name] == target] for target in here]
    values = np.stack([table[class_columns(names)].to_numpy().sum(axis=1) for names in groups], axis=1)
    total = values.sum(axis=1, keepdims=True)
    # Where all of the probability is on classes left out, nothing speaks for any of this study's.
    values = np.where(total > 0, values / np.where(total > 0, total, 1), 1 / len(here))
    result = table.drop(columns=class_columns(there))
    result[class_columns(here)] = values
    return result


def seen_in_training(dataset: Path, predicted: pd.DataFrame, manifest: Path, split: Path, fold: int) -> dict[str, int]:
    """Per subset: predicted samples whose picture, by its bytes, the network of another study has learned from.

    `dataset`: this study's folder; `predicted`: its samples (id, subset); `manifest`, `split`: tables of the other
    study, whose training and validation samples of `fold` count.
    """
    table = SPLIT.read(required_split(split))
    learned = table.loc[(table["fold"] == fold) & (table["subset"] != "test"), "id"]
    require(manifest.with_name("record.json"), manifest.name)
    digests_there = read_manifest(manifest.parent).set_index("id").loc[learned, "sha256"]
    digests_here = read_manifest(dataset).set_index("id")["sha256"]
    same = predicted["id"].map(digests_here).isin(set(digests_there))
    return {subset: int(same[predicted["subset"] == subset].sum()) for subset in sorted(set(predicted["subset"]))}
