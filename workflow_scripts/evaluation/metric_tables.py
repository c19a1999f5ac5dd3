"""Read the units of finished runs, and refuse those that do not belong to the dataset or to the settings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import EQUAL_PAIRS, read_manifest
from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.run_tables import (
    UNITS,
    WEIGHT,
    classes_of,
    of_known_outcome,
    probabilities,
    unit_weights,
)
from workflow_scripts.evaluation.drawn_together import drawn_together, joined_by_copies
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import UNITS_FILE, FoldSeed


@dataclass(frozen=True)
class Dataset:
    """What evaluation needs of a dataset: its manifest, its classes in order, whether its data are synthetic.

    joined: by unit, what copies join groups to; see evaluation.drawn_together.
    """

    manifest: pd.DataFrame
    classes: list[str]
    synthetic: bool
    joined: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))


def read_dataset(folder: Path) -> Dataset:
    """The dataset that ingest wrote to `folder`."""
    record = read_record(folder / "record.json")
    manifest = read_manifest(folder)
    joined = joined_by_copies(manifest, EQUAL_PAIRS.read(folder / "equal_pairs.csv"))
    return Dataset(manifest, record["classes"], record["synthetic"], joined)


def run_folder(runs: Path, fold: int, seed: int) -> Path:
    """Folder of one fold and seed of a run."""
    return runs / str(FoldSeed(fold, seed))


def metrics_file(evaluated: Path, fold: int, seed: int) -> Path:
    """The metrics of one fold and seed, in the folder `evaluated` of a run's evaluation."""
    return evaluated / f"{FoldSeed(fold, seed)}.json"


def read_units(
    runs: Path, folds: int, seeds: Sequence[int], dataset: Dataset, aggregate: str, reported: str, repeats: int = 1
) -> Grid:
    """units.csv of every fold and seed of the run in `runs`, each checked against the manifest; copies are one group.

    `reported` is the subset that the protocol reports, `folds` counts those of all `repeats`. UserError when a table is
    missing or broken, lacks that subset, has other classes, folds, ids, labels or groups than the dataset, or when two
    seeds of a fold judged different units.
    """
    expected = _known(dataset, aggregate)
    tables = {}
    for fold in range(folds):
        for seed in seeds:
            path = run_folder(runs, fold, seed) / UNITS_FILE
            units = _check(UNITS.read(path), fold, dataset.classes, expected, reported, path)
            tables[fold, seed] = drawn_together(units, dataset.joined)
            same_units(tables[fold, seeds[0]], tables[fold, seed], str(path))
    return Grid(tables, repeats)


def require_settings(runs: Path, expects: dict[str, str]) -> None:
    """Refuse runs whose record holds other settings than expected ({"fold0-seed0": digest}): UserError names one."""
    for name, digest in expects.items():
        path = runs / name / "record.json"
        if digest_text(canonical_json(read_record(path)["settings"])) != digest:
            raise UserError(f"{path} was made with other settings than the present ones; {remedy(path)}")


def same_units(first: pd.DataFrame, second: pd.DataFrame, where: str) -> None:
    """Raise UserError, naming the first difference, unless both tables judge the same units.

    The same labels and weights of units belong to that.
    """
    if list(first["id"]) != list(second["id"]):
        judged, again = Counter(first["id"]), Counter(second["id"])
        odd = sorted((judged - again) + (again - judged))
        raise UserError(
            f"{where}: judges other units than the run it is read with ({len(odd)} differ, first {odd[0]!r})"
            if odd
            else f"{where}: its rows are in another order; delete that folder, `snakemake --cores all` makes it again"
        )
    alike = ("unit", "group", "fold", "subset", "label")
    tables = [frame[[*alike]].assign(**{WEIGHT: unit_weights(frame)}) for frame in (first, second)]
    for column in (*alike, WEIGHT):
        values, again = (table[column].to_numpy() for table in tables)
        odd = (values != again).nonzero()[0]
        if len(odd):
            row = int(odd[0])
            raise UserError(
                f"{where}: unit {first['id'].iloc[row]!r} has {column} {again[row]!r}, but {values[row]!r} in the run "
                "it is read with"
            )


def arrays(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Class number of each row (N) and probabilities (N×K) of a units table."""
    return pd.Index(classes_of(frame)).get_indexer(frame["label"]), probabilities(frame)


def weighted_mean(values: np.ndarray, frame: pd.DataFrame) -> float:
    """Mean of N values of the rows of a units table, by their weights."""
    return float(np.average(values, weights=unit_weights(frame)) if WEIGHT in frame else values.mean())


def _known(dataset: Dataset, aggregate: str) -> pd.DataFrame:
    """Label and group of each thing that may be judged: samples, or units where samples are aggregated."""
    key = "id" if aggregate == "none" else "unit"
    return dataset.manifest.groupby(key, sort=False)[["label", "group"]].first()


def _check(
    frame: pd.DataFrame, fold: int, classes: list[str], expected: pd.DataFrame, reported: str, path: Path
) -> pd.DataFrame:
    if classes_of(frame) != classes:
        raise UserError(f"{path}: classes {', '.join(classes_of(frame))}; the dataset has {', '.join(classes)}")
    if (frame["fold"] != fold).any():
        raise UserError(f"{path}: rows of another fold than {fold}; {remedy(path)}")
    if not (frame["subset"] == reported).any():
        raise UserError(f"{path}: no {reported} units; the split leaves none, change the protocol")
    if not of_known_outcome(frame[frame["subset"] == reported]).any():
        raise UserError(f"{path}: all {reported} patients are lost before the horizon; shorten it, or use fewer folds")
    if reported != "test" and (frame["subset"] == "test").any():
        raise UserError(f"{path}: has test units, but the protocol has no test subset; {remedy(path)}")
    unknown = ~frame["id"].isin(expected.index)
    if unknown.any():
        raise UserError(
            f"{path}: unit {frame['id'][unknown].iloc[0]!r} is not in the manifest ({int(unknown.sum())} such); "
            f"the run belongs to another dataset; {remedy(path)}"
        )
    rows = expected.loc[frame["id"]]
    for column in ("label", "group"):
        odd = (rows[column].to_numpy() != frame[column].to_numpy()).nonzero()[0]
        if len(odd):
            row = int(odd[0])
            raise UserError(
                f"{path}: unit {frame['id'].iloc[row]!r} has {column} {frame[column].iloc[row]!r}, the manifest says "
                f"{rows[column].iloc[row]!r}; the run belongs to another dataset; {remedy(path)}"
            )
    return frame
