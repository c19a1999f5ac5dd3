"""How often labels that somebody brings agree with the predictions of new images."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.evaluation.intervals import clopper_pearson
from workflow_scripts.evaluation.metrics import calibration_error

BINS = 10


@dataclass(frozen=True)
class Agreement:
    """How often labels and predictions agree.

    n: labelled images; right: of these; low, high: exact 95 % interval of the accuracy, as of independent images;
    balanced: mean over the classes that occur; calibration: expected calibration error; confusion: true class → class →
    images, of the classes that occur; unlabelled: predicted images without a label.
    """

    n: int
    right: int
    low: float
    high: float
    balanced: float
    calibration: float
    confusion: dict[str, dict[str, int]]
    unlabelled: int

    @property
    def accuracy(self) -> float:
        """Share of labelled images that are right."""
        return self.right / self.n


def agreement(table: pd.DataFrame, labels: Mapping[str, str], classes: list[str]) -> Agreement | None:
    """Of the contract APPLIED and labels by path; None where no readable image has one."""
    labelled = table[table["path"].isin(labels)]
    if labelled.empty:
        return None
    true = labelled["path"].map(labels)
    right = int((true == labelled["predicted"]).sum())
    low, high = clopper_pearson(right / len(labelled), len(labelled))
    present = [name for name in classes if (true == name).any()]
    confusion = {
        name: labelled.loc[true == name, "predicted"].value_counts().reindex(classes, fill_value=0).to_dict()
        for name in present
    }
    numbers = true.map({name: number for number, name in enumerate(classes)}).to_numpy()
    return Agreement(
        n=len(labelled),
        right=right,
        low=low,
        high=high,
        balanced=float(np.mean([confusion[name][name] / sum(confusion[name].values()) for name in present])),
        calibration=calibration_error(numbers, labelled[class_columns(classes)].to_numpy(), BINS),
        confusion=confusion,
        unlabelled=len(table) - len(labelled),
    )
