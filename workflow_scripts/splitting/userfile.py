"""A split made elsewhere: read the user's CSV file and check it against the manifest."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.spreadsheet import read_sheet, tidy
from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.runtime.errors import UserError

# Weights follow from the training patients of a fold; nobody brings them.
OWN_SPLIT = replace(SPLIT, optional={})


def read_split(path: Path, manifest: pd.DataFrame, folds: int, classes: Sequence[str]) -> pd.DataFrame:
    """The split in `path` (id, fold, subset), in manifest order, fold after fold.

    Raises UserError for missing or further columns, unknown, missing or repeated ids, another subset name, a fold
    outside 0 … folds-1, and a class without a sample in one of the subsets of a fold.
    """
    sheet = read_sheet(path, "path", list(OWN_SPLIT.columns))
    table = pd.DataFrame(sheet.columns, dtype=object)
    # As ingest writes them: a spreadsheet may have lost white space at the ends.
    ids, written = set(manifest["id"]), {tidy(name): name for name in manifest["id"]}
    table["id"] = [name if name in ids else written.get(name, name) for name in table["id"]]
    OWN_SPLIT.check(table, str(path))
    table = OWN_SPLIT.typed(table, str(path))
    wrong = ~table["subset"].isin(SUBSETS)
    if wrong.any():
        first = int(wrong.to_numpy().argmax())
        raise UserError(
            f"{path}, row {sheet.rows[first]}: subset {table['subset'].iloc[first]!r}; use {', '.join(SUBSETS)}"
        )
    wrong = ~table["id"].isin(ids)
    if wrong.any():
        first = int(wrong.to_numpy().argmax())
        raise UserError(
            f"{path}, row {sheet.rows[first]}: id {table['id'].iloc[first]!r} is not in manifest.csv "
            f"({int(wrong.sum())} such rows); ids are those of the manifest's first column"
        )
    if set(table["fold"]) != set(range(folds)):
        named = ", ".join(map(str, sorted(set(table["fold"]))))
        raise UserError(f"{path}: folds {named or 'none'} found, the protocol says folds: {folds} (0 to {folds - 1})")
    parts = [_fold(table[table["fold"] == fold], fold, manifest, classes, path) for fold in range(folds)]
    return pd.concat(parts, ignore_index=True)


def _fold(rows: pd.DataFrame, fold: int, manifest: pd.DataFrame, classes: Sequence[str], path: Path) -> pd.DataFrame:
    missing = manifest.loc[~manifest["id"].isin(set(rows["id"])), "id"]
    if len(missing):
        raise UserError(
            f"{path}, fold {fold}: {len(missing)} of {len(manifest)} samples of manifest.csv are missing, "
            f"first {missing.iloc[0]!r}; each sample needs a row"
        )
    rows = rows.set_index("id").loc[manifest["id"]].reset_index()
    for subset in SUBSETS:
        present = set(manifest.loc[(rows["subset"] == subset).to_numpy(), "label"])
        for name in classes:
            if name not in present:
                raise UserError(
                    f"{path}, fold {fold}: class {name!r} has no sample in subset {subset}; "
                    "each subset needs every class"
                )
    return rows[["id", "fold", "subset"]]
