"""Predictions of a training beside the samples of its fold that they are to be of."""

from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.run_tables import PREDICTIONS, unit_weights
from workflow_scripts.contracts.weights_file import require_classes
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy

if TYPE_CHECKING:
    import pandas as pd

# Of a row of predictions, what the manifest and the split say of its sample.
GIVEN = ["id", "unit", "group", "fold", "subset", "label"]


def are_of_fold(table: "pd.DataFrame", samples: "pd.DataFrame", fold: int) -> bool:
    """Whether predictions are of exactly the samples of a fold that are not learned from; `samples`: see read_fold."""
    judged = samples[samples["subset"] != "train"].sort_values("id", kind="stable").assign(fold=fold)
    same = table[GIVEN].reset_index(drop=True).equals(judged[GIVEN].reset_index(drop=True))
    return bool(same and (unit_weights(table) == unit_weights(judged)).all())


def read_predictions(path: Path, files: FoldFiles, fold: int, trained: list[str], weights: Path) -> "pd.DataFrame":
    """The predictions of a training that told the classes `trained` apart, and left the file `weights`.

    UserError unless they are of the classes and samples of its fold.
    """
    classes, samples = read_fold(files.dataset, files.arrays, files.split, fold)
    require_classes(trained, classes, weights)
    table = PREDICTIONS.read(path)
    if not are_of_fold(table, samples, fold):
        raise UserError(f"{path} is not of the samples of {files.split}; {remedy(path)}")
    return table
