"""Slope of the logistic regression of what happened on the log odds of its probability; 1 is perfect.

Cox, Biometrika 45:562, 1958. Of more than two classes the mean over each class against the rest.
"""

import math

import numpy as np

from workflow_scripts.contracts.metric_names import Metric
from workflow_scripts.evaluation.metrics import macro
from workflow_scripts.evaluation.recalibration import slopes

METRIC = Metric("calibration_slope", level="overall", words="Calibration slope", low=-math.inf, high=math.inf)


def values(labels: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One value for each of D draws; NaN where a class is missing from the draw, or its units are parted perfectly."""
    classes = range(1, 2) if p.shape[1] == 2 else range(p.shape[1])  # of two classes both have the same slope
    by_class = np.stack([slopes(labels == k, p[:, k], weights) for k in classes], axis=1)
    return macro(by_class, np.ones_like(by_class))
