"""explanation/: where test samples lie among each other and what is taken for what; predict/: what new images are."""

from pathlib import Path
from typing import Any

import numpy as np

from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.results_layout import remedy

IDS, RANDOM = "ids", ":random"

# One row per test sample; x, y, z: t-SNE of the features before the classifier, without unit.
EMBEDDING = Table(
    "embedding",
    {"id": "str", "label": "str", "predicted": "str", "x": "float", "y": "float", "z": "float"},
    key=("id",),
)

# Ordered pairs of different classes that occur on the test subset, most frequent first; share: of the true class.
CONFUSIONS = Table(
    "confusions", {"true": "str", "predicted": "str", "count": "int", "share": "float"}, key=("true", "predicted")
)

# central_share: share of the map's sum in the central square of half the area (0.5 for an even map).
# correlation_random: Pearson correlation of the map with that of the same network with random weights.
# Both cells are empty where a map is empty.
GRADCAM = Table(
    "Grad-CAM",
    {
        "id": "str",
        "label": "str",
        "predicted": "str",
        "probability": "float",
        "branch": "str",
        "layer": "str",
        "map_height": "int",
        "map_width": "int",
        "central_share": "float",
        "correlation_random": "float",
    },
    key=("id", "branch"),
)

# New images in the order of their paths; then p_<class> in the study's class order. doubt: entropy of these, 0 to 1;
# out_of_distribution: yes or no; why: what of the image the training data do not have; appearance_distance (colours and
# shape) and feature_distance (what the network makes of it): 1 at the limit, the latter empty where the split has no
# validation samples; copy_of: id of a training or validation sample that shows the same, whatever was done to it.
APPLIED = Table(
    "predictions of new images",
    {
        "path": "str",
        "predicted": "str",
        "doubt": "float",
        "out_of_distribution": "str",
        "why": "str",
        "appearance_distance": "float",
        "feature_distance": "float",
        "copy_of": "str",
    },
    open=True,
    key=("path",),
)


def write_maps(path: Path, ids: list[str], trained: dict[str, np.ndarray], random: dict[str, np.ndarray]) -> None:
    """Write gradcam.npz: ids, and N×S×S maps in [0, 1] by branch, of a trained network and with random weights.

    In 16 bits, compressed; equal maps are equal bytes.
    """
    arrays = {**trained, **{f"{branch}{RANDOM}": values for branch, values in random.items()}}
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        stored: dict[str, Any] = {IDS: np.array(ids)}
        stored |= {key: values.astype("float16") for key, values in arrays.items()}
        np.savez_compressed(handle, **stored)


def read_maps(path: Path) -> tuple[list[str], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Ids, maps (float32 N×S×S) by branch, and the same of the network with random weights; UserError if missing."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(path)}") from None
    ids = arrays.pop(IDS).tolist()
    random = {key.removesuffix(RANDOM): arrays.pop(key) for key in list(arrays) if key.endswith(RANDOM)}
    return ids, *({key: values.astype("float32") for key, values in part.items()} for part in (arrays, random))
