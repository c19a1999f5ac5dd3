"""Units of an external test whose pictures the network has learned from, and the others, judged apart."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.training_copies_table import (
    NO_TRAINING_COPY,
    TRAINING_COPIES,
    TRAINING_COPIES_FILE,
    TRAINING_COPY,
)
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import run_folder


def parts_by_copies(run: Path, units: Grid, aggregate: str) -> dict[str, pd.Index]:
    """Part → ids of what is judged: units with a sample that was learned from, or a copy of one, and all others.

    `run`: folder of the run's folds and seeds. Empty where the run lists no copies, or none was found.
    """
    tables = list(_tables(run, units))
    column = "id" if aggregate == "none" else "unit"
    copied = pd.Index(pd.concat([table[column] for table in tables]).unique() if tables else [])
    if copied.empty:
        return {}
    judged = pd.Index(pd.concat([table["id"] for table in units.values()]).unique())
    return {TRAINING_COPY: judged.intersection(copied), NO_TRAINING_COPY: judged.difference(copied)}


def _tables(run: Path, units: Grid) -> Iterable[pd.DataFrame]:
    paths = (run_folder(run, *key) / TRAINING_COPIES_FILE for key in units)
    return (TRAINING_COPIES.read(path) for path in paths if path.exists())
