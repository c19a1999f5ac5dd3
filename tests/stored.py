"""Stored features in the place of a made study's pictures."""

import numpy as np
import pandas as pd

from tests import made
from workflow_scripts.contracts.arrays import ARRAY_INDEX, FEATURES, MAPS, ArrayDescription


def store(inputs: made.Inputs, values: np.ndarray) -> made.Inputs:
    """Give the study features N×R×D or maps N×R×h×w×C: R rows a sample, the first of its picture as it is."""
    samples, rows = values.shape[:2]
    flat = values.reshape(samples * rows, *values.shape[2:])
    np.save(inputs.images, flat)
    index = pd.DataFrame({"id": pd.read_csv(inputs.split)["id"], "first": rows * np.arange(samples), "count": rows})
    ARRAY_INDEX.write(inputs.images.with_name("index.csv"), index)
    kind = MAPS if flat.ndim == 4 else FEATURES
    pixels = ArrayDescription("pixels", "uint8", (32, 32, 3), 255).as_record()
    network = {"model": "vgg16", "options": {}, "weights": None, "seed": 0}
    source = {"pixels": pixels, "mean": [0.5] * 3, "std": [0.5] * 3, "symmetries": rows, "network": network}
    array = ArrayDescription(kind, str(flat.dtype), flat.shape[1:], 1.0).as_record()
    return inputs.vouch(arrays={"array": array, **source})


def class_numbers(inputs: made.Inputs) -> np.ndarray:
    """The class number of each sample, in the order of the array."""
    return pd.Index(made.CLASSES).get_indexer(pd.read_csv(inputs.root / "dataset" / "manifest.csv")["label"])
