"""Samples of one fold beside the packed pixels they refer to; needs no deep-learning library."""

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import ARRAY_INDEX, MANIFEST
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.verified import require, required_split
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.results_layout import remedy

ORIGINALS = "originals.npz"


def write_originals(path: Path, images: dict[str, np.ndarray]) -> None:
    """Write id → uint8 H×W×3 pixels of images as they are in their files."""
    numbered = {f"image{number}": pixels for number, pixels in enumerate(images.values())}
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, ids=np.array(list(images)), **numbered)


def read_originals(path: Path) -> dict[str, np.ndarray]:
    """What write_originals wrote."""
    with np.load(path) as stored:
        return {str(name): stored[f"image{number}"] for number, name in enumerate(stored["ids"])}


def read_table(dataset: Path, arrays: Path, split: Path, fold: int) -> tuple[list[str], pd.DataFrame]:
    """Class order, and the samples of one fold of a split: id, unit, group, label, subset and row, sorted by row.

    `row` is that of the packed pixels. Raises UserError when a file is not what its record says, when the split names
    unknown samples, or has no such fold.
    """
    classes = require(dataset / "record.json", "manifest.csv")["classes"]
    require(arrays / "record.json", "index.csv")
    assigned = SPLIT.read(required_split(split))
    assigned = assigned[assigned["fold"] == fold]
    if assigned.empty:
        raise UserError(f"{split} has no fold {fold}; {remedy(split)}")
    manifest, index = MANIFEST.read(dataset / "manifest.csv"), ARRAY_INDEX.read(arrays / "index.csv")
    if (index["count"] != 1).any():
        raise UserError(
            f"{arrays / 'index.csv'}: a network on images takes one image a sample; use another kind of run"
        )
    table = manifest[["id", "unit", "group", "label"]].merge(assigned[["id", "subset"]], on="id", how="right")
    table = table.merge(index.rename(columns={"first": "row"})[["id", "row"]], on="id", how="left")
    for column, file in (("label", dataset / "manifest.csv"), ("row", arrays / "index.csv")):
        if table[column].isna().any():
            lost = table.loc[table[column].isna(), "id"].iloc[0]
            raise UserError(f"{split} names the sample {lost!r}, which {file} lacks; {remedy(split)}")
    unknown = set(table["label"]) - set(classes)
    if unknown:
        raise UserError(f"{dataset / 'manifest.csv'} has the label {min(unknown)!r}, which is no class of the study")
    return classes, table.sort_values("row", kind="stable").reset_index(drop=True)


def read_fold(
    dataset: Path, arrays: Path, split: Path, fold: int
) -> tuple[np.ndarray, list[str], pd.DataFrame, np.ndarray | None]:
    """Pixels (uint8 N×S×S×3, memory-mapped), class order, the table of read_table, and the pixels' masks.

    The masks are uint8 N×S×S (memory-mapped), 1 where a pixel is kept, or None where the study has none. Raises
    UserError as read_table, or when the pixels do not belong to it.
    """
    classes, table = read_table(dataset, arrays, split, fold)
    require(arrays / "record.json", "images.npy", "masks.npy")
    images, masks = _opened(arrays / "images.npy"), _opened(arrays / "masks.npy")
    if images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 3 or images.dtype != np.uint8:
        raise UserError(f"{arrays / 'images.npy'} is no N×S×S×3 array of bytes; {remedy(arrays / 'images.npy')}")
    if table["row"].max() >= len(images):
        raise UserError(f"{arrays / 'images.npy'} has too few images for index.csv; {remedy(arrays / 'images.npy')}")
    if masks.dtype != np.uint8 or masks.ndim != 3 or (len(masks) and masks.shape != images.shape[:3]):
        raise UserError(f"{arrays / 'masks.npy'} has no mask for each image; {remedy(arrays / 'images.npy')}")
    return images, classes, table, masks if len(masks) else None


def _opened(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(path)}") from None
