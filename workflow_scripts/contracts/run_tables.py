"""runs/: what every run leaves, whatever predicts: a network, a vote, a baseline.

`predictions.csv` holds what the model scores (a cell, a slice, a tile), `units.csv` what is judged (a cell, a patient,
a slide). Both have `p_<class>` columns in the study's class order and are sorted by id; the rows of the validation and
the test subset are kept. Probabilities have nine significant digits, so that equal runs are equal bytes.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import PREDICTIONS_FILE, UNITS_FILE

if TYPE_CHECKING:
    from pandas.core.groupby import SeriesGroupBy

_COLUMNS = {"id": "str", "unit": "str", "group": "str", "fold": "int", "subset": "str", "label": "str"}
# How much a patient counts where some are lost, see splitting.censoring; without the column all count 1.
WEIGHT = "weight"
# A unit that a split by sample tears apart is judged within each subset; of a vote the predictions are its units.
PREDICTIONS = Table(
    "predictions",
    _COLUMNS,
    open=True,
    key=("id", "fold", "subset"),
    values={"subset": ("validation", "test")},
    shares="p_",
    optional={WEIGHT: "float"},
)
UNITS = replace(PREDICTIONS, name="units", columns={**_COLUMNS, "n_samples": "int"})

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

# In the columns fold and seed: what is over all folds, or over all seeds.
ALL = "all"
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


def unit_weights(frame: pd.DataFrame) -> np.ndarray:
    """float64 N: how much each row of a predictions or units table counts; 1 where it has no weight."""
    return frame[WEIGHT].fillna(1.0).to_numpy(dtype="float64") if WEIGHT in frame else np.ones(len(frame))


def of_known_outcome(frame: pd.DataFrame) -> np.ndarray:
    """Bool N: which rows count at all; the others are patients who were lost, whose label says nothing."""
    return unit_weights(frame) > 0


def _own_columns(frame: pd.DataFrame) -> list[str]:
    """The contract's columns, with the weight where one is not 1."""
    return [*_COLUMNS, WEIGHT] if (unit_weights(frame) != 1).any() else [*_COLUMNS]


def write_predictions(folder: Path, samples: pd.DataFrame, classes: list[str]) -> None:
    """Write predictions.csv of a run.

    `samples` has the contract's columns and one `p_<class>` a class; weights are written where one is not 1. Raises
    UserError when a probability is not finite, not in [0, 1], or a row does not sum to 1.
    """
    columns = class_columns(classes)
    ordered = samples.sort_values("id", kind="stable").reset_index(drop=True)
    PREDICTIONS.write(folder / PREDICTIONS_FILE, ordered[[*_own_columns(ordered), *columns]])


def write_units(folder: Path, samples: pd.DataFrame, classes: list[str], aggregation: Aggregation) -> None:
    """Write units.csv of a run from what predictions.csv holds.

    `aggregation`: see units_of. UserError for a unit of two labels.
    """
    ordered = samples.sort_values("id", kind="stable").reset_index(drop=True)
    UNITS.write(folder / UNITS_FILE, units_of(ordered, class_columns(classes), aggregation, str(folder)))


def units_of(samples: pd.DataFrame, columns: list[str], aggregation: Aggregation, where: str) -> pd.DataFrame:
    """One row for each unit, fold and subset, sorted by id, of what predictions.csv holds.

    `aggregation` says how the samples of a unit become one row: none (every sample is a unit), mean, max or top_k (of
    each class, then scaled to sum 1). A unit that the split tears apart has a row in each of its subsets, made of its
    samples there alone. Raises UserError when a unit has two labels.
    """
    if aggregation == EACH_SAMPLE:
        units = samples.assign(n_samples=1)
    else:
        require_one_label(samples, where)
        how: str = aggregation.aggregate
        if aggregation.aggregate_top is not None:
            samples, how = _highest(samples, columns, aggregation.aggregate_top), "mean"
        grouped = samples.groupby(["unit", "fold", "subset"], sort=True)
        units = grouped[["group", "label"]].first()
        units[columns] = grouped[columns].agg(how)
        units[columns] = units[columns].div(units[columns].sum(axis=1), axis=0)
        if WEIGHT in samples:
            units[WEIGHT] = _weight_of_units(grouped[WEIGHT], where)
        units["n_samples"] = grouped.size()
        units = units.reset_index()
        units["id"] = units["unit"]
    return units.sort_values("id", kind="stable")[[*_own_columns(units), *columns, "n_samples"]].reset_index(drop=True)


def _weight_of_units(weights: "SeriesGroupBy", where: str) -> pd.Series:
    """The weight that all samples of a unit have; UserError where they have several."""
    differing = weights.nunique() > 1
    if differing.any():
        unit = differing.index[differing][0][0]
        raise UserError(f"{where}: unit {unit!r} has samples of several weights; a unit is one patient's, see outcome")
    return weights.first()


def _highest(samples: pd.DataFrame, columns: list[str], count: int) -> pd.DataFrame:
    """The samples, of each class and each row that a unit will have only its `count` highest probabilities left."""
    ranks = samples.groupby(["unit", "fold", "subset"])[columns].rank(method="first", ascending=False)
    return samples.assign(**samples[columns].where(ranks <= count))


def require_one_label(samples: pd.DataFrame, where: str) -> None:
    """Raise UserError, naming the first, where samples (columns unit, label) of one unit have several labels."""
    labels = samples.groupby("unit")["label"].nunique()
    if (labels > 1).any():
        first, n = labels.index[labels > 1][0], int((labels > 1).sum())
        raise UserError(
            f"{where}: unit {first!r} has samples of several labels ({n} such units); give each class units of its own "
            "in the table of groups, or set aggregate to none"
        )
