"""How much each judged unit counts."""

import numpy as np
import pandas as pd

WEIGHT = "weight"


def unit_weights(frame: pd.DataFrame) -> np.ndarray:
    """float64 N: the column `weight` of a units table, 1 of every unit where it has none."""
    return frame[WEIGHT].to_numpy(dtype="float64") if WEIGHT in frame else np.ones(len(frame))
