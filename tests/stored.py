"""Stored features in the place of a made study's pictures."""

import numpy as np
import pandas as pd

from tests import made
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription


def store(inputs: made.Inputs, values: np.ndarray, kind: str = "features") -> made.Inputs:
    """Give the study an array N×R×D or N×R×h×w×C: R rows a sample, the first of its picture as it is."""
    samples, rows = values.shape[:2]
    flat = values.reshape(samples * rows, *values.shape[2:])
    ids = pd.read_csv(inputs.split)["id"]
    np.save(inputs.images, flat)
    index = pd.DataFrame({"id": ids, "first": rows * np.arange(samples), "count": rows})
    ARRAY_INDEX.write(inputs.images.with_name("index.csv"), index)
    array = ArrayDescription(kind, str(flat.dtype), flat.shape[1:], 1.0).as_record()
    return inputs.vouch(arrays={"array": array})


def class_numbers(inputs: made.Inputs) -> np.ndarray:
    """The class number of each sample, in the order of the array."""
    return pd.Index(made.CLASSES).get_indexer(pd.read_csv(inputs.root / "dataset" / "manifest.csv")["label"])
