"""runs/: what every run leaves, whatever predicts: a network, a vote, a baseline.

`predictions.csv` holds what the model scores (a cell, a slice, a tile), `units.csv` what is judged (a cell, a patient,
a slide). Both have `p_<class>` columns in the study's class order and are sorted by id; the rows of the validation and
the test subset are kept. Probabilities have nine significant digits, so that equal runs are equal bytes.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import PREDICTIONS_FILE, UNITS_FILE

_COLUMNS = {"id": "str", "unit": "str", "group": "str", "fold": "int", "subset": "str", "label": "str"}
_CHECKED = {"open": True, "key": ("id", "fold"), "values": {"subset": ("validation", "test")}, "shares": "p_"}
PREDICTIONS = Table("predictions", _COLUMNS, **_CHECKED)
UNITS = Table("units", {**_COLUMNS, "n_samples": "int"}, **_CHECKED)

# One row an epoch, from 1; times in seconds; further columns: what the loop measures (validation_loss, …).
HISTORY = Table(
    "history",
    {
        "epoch": "int",
        "learning_rate": "float",
        "train_loss": "float",
        "train_accuracy": "float",
        "validation_loss": "float",
        "validation_accuracy": "float",
    },
    key=("epoch",),
)

METRICS = Table(
    "metrics",
    {
        "protocol": "str",
        "run": "str",
        "fold": "str",
        "seed": "str",
        "subset": "str",
        "level": "str",
        "class": "str",
        "metric": "str",
        "value": "float",
        "low": "float",
        "high": "float",
        "n": "int",
    },
)


def class_columns(classes: list[str]) -> list[str]:
    """Names of the probability columns, in class order."""
    return [f"p_{name}" for name in classes]


def classes_of(frame: pd.DataFrame) -> list[str]:
    """Classes of a predictions or units table, in their order."""
    return [column[2:] for column in frame.columns if column.startswith("p_")]


def probabilities(frame: pd.DataFrame) -> np.ndarray:
    """float64 N×K probabilities of a predictions or units table, columns in class order."""
    return frame[class_columns(classes_of(frame))].to_numpy(dtype="float64")


def predicted(frame: pd.DataFrame) -> np.ndarray:
    """Predicted class of each row of a predictions or units table; of equal probabilities the first class."""
    return np.array(classes_of(frame))[probabilities(frame).argmax(axis=1)]


# What to do where the samples of a unit do not agree.
_MIXED = {
    "label": "give each class units of its own in the table of groups, or set evaluate.aggregate to none",
    "subset": "split by group",
}


def write_run_tables(folder: Path, samples: pd.DataFrame, classes: list[str], aggregate: str) -> None:
    """Write predictions.csv and units.csv of a run; see write_predictions and write_units."""
    write_predictions(folder, samples, classes)
    write_units(folder, samples, classes, aggregate)


def write_predictions(folder: Path, samples: pd.DataFrame, classes: list[str]) -> None:
    """Write predictions.csv of a run.

    `samples` has the contract's columns and one `p_<class>` a class. Raises UserError when a probability is not finite,
    not in [0, 1], or a row does not sum to 1.
    """
    columns = class_columns(classes)
    ordered = samples.sort_values("id", kind="stable").reset_index(drop=True)
    PREDICTIONS.write(folder / PREDICTIONS_FILE, ordered[[*_COLUMNS, *columns]])


def write_units(folder: Path, samples: pd.DataFrame, classes: list[str], aggregate: str) -> None:
    """Write units.csv of a run from what predictions.csv holds.

    `aggregate` says how the samples of a unit become one row: "none" (every sample is a unit), "mean" or "max" (of each
    class, then scaled to sum 1). Raises UserError when a unit has two labels or subsets.
    """
    ordered = samples.sort_values("id", kind="stable").reset_index(drop=True)
    UNITS.write(folder / UNITS_FILE, units_of(ordered, class_columns(classes), aggregate, str(folder)))


def units_of(samples: pd.DataFrame, columns: list[str], aggregate: str, where: str) -> pd.DataFrame:
    """One row per unit and fold, sorted by id; see write_units."""
    if aggregate == "none":
        units = samples.assign(n_samples=1)
    else:
        keys = ["unit", "fold"]
        counts = samples.groupby(keys)[["label", "subset"]].nunique()
        for column, remedy in _MIXED.items():
            if (counts[column] > 1).any():
                raise UserError(
                    f"{where}: unit {counts[column].idxmax()[0]!r} has samples of several {column}s; {remedy}"
                )
        grouped = samples.groupby(keys, sort=True)
        units = grouped[["group", "subset", "label"]].first()
        units[columns] = grouped[columns].agg(aggregate)
        units[columns] = units[columns].div(units[columns].sum(axis=1), axis=0)
        units["n_samples"] = grouped.size()
        units = units.reset_index()
        units["id"] = units["unit"]
    return units.sort_values("id", kind="stable")[[*_COLUMNS, *columns, "n_samples"]].reset_index(drop=True)
