"""Stored maps of a made study's pictures, by the step that stores them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.made import Inputs
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.steps import embed

SEED = 11


def write_maps(
    inputs: Inputs, model: str, options: dict, stage: int, weights: Path | None = None, name: str = "maps", **more: Any
) -> Path:
    """Write an embedding of a study, of pixels that are normalised by 0.5 and 0.5; returns its folder.

    Maps are of all flips and turns and in 32 bits unless `more`, keys of Embedding, says otherwise.
    """
    block = {"weights": weights and weights.name, "symmetries": "eight", "stored": "float32", **more}
    settings = EmbedSettings("made", name, Embedding(model, options, stage=stage, normalise="half", **block), SEED, 1)
    places = {"arrays": inputs.root / "arrays", "weights": weights, "out": inputs.root / "embeddings" / name}
    embed.main(
        SimpleNamespace(settings=plain(settings), code="code", device="cpu", work=inputs.root / ".work", **places)
    )
    return places["out"]
