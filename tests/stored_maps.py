"""Stored maps of a made study's pictures, as the step `embed` leaves them."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tests.made import Inputs
from tests.vouched import vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription, open_arrays
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.stages import front
from workflow_scripts.models.symmetries import eight_symmetries
from workflow_scripts.models.weights import load_start
from workflow_scripts.runtime.files import digest_file

SEED = 11


def write_maps(
    inputs: Inputs,
    model: str,
    options: dict,
    stage: int,
    weights: Path | None = None,
    stored: str = "float32",
    symmetries: int = 8,
    name: str = "maps",
) -> Path:
    """Write an embedding of a study, of pixels that were normalised by 0.5 and 0.5; returns its folder."""
    arrays, folder = open_arrays(inputs.root / "arrays"), inputs.root / "embeddings" / name
    torch.manual_seed(SEED)
    network = registry.create(model, 0, InputShape.of(arrays.description), options)
    if weights:
        load_start(network, weights, model)
    changed = np.stack([eight_symmetries(picture)[number] for picture in arrays.data for number in range(symmetries)])
    with torch.no_grad():
        pixels = (torch.from_numpy(changed).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
        maps = front(network, stage).eval()(pixels).permute(0, 2, 3, 1).numpy().astype(stored)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "data.npy", maps)
    index = pd.DataFrame({"id": arrays.index["id"], "first": arrays.index["first"] * symmetries, "count": symmetries})
    ARRAY_INDEX.write(folder / "index.csv", index)
    vouch(
        folder / "record.json",
        inputs={"arrays/record.json": digest_file(inputs.root / "arrays" / "record.json")},
        array=ArrayDescription("maps", stored, maps.shape[1:], 1.0).as_record(),
        pixels=arrays.description.as_record(),
        mean=[0.5] * 3,
        std=[0.5] * 3,
        symmetries=symmetries,
        network={
            "model": model,
            "options": options,
            "weights": digest_file(weights) if weights else None,
            "seed": SEED,
        },
    )
    return folder
