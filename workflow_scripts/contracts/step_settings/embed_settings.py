"""The block `embeddings` of a study's settings."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about
from workflow_scripts.contracts.constructor_options import Options


@dataclass(frozen=True)
class Embedding:
    """What a network makes of every sample, once for all runs."""

    model: Annotated[Filled, about("Name as for a network.")]
    options: Annotated[Options, about("As for a network.")] = field(default_factory=dict)
    weights: Annotated[UserPath | None, about("As for a network.")] = None
    stage: Annotated[Positive | None, about("Behind which stage; null: the last feature map.")] = None
    pool: Annotated[Literal["none", "mean"], about("Whether the maps become their means.")] = "none"
    symmetries: Annotated[Literal["none", "eight"], about("Of each picture, or of its flips and turns.")] = "none"
    stored: Annotated[Literal["float16", "float32"], about("Type of the stored numbers.")] = "float16"
    normalise: Annotated[Literal["imagenet", "half", "unit"], about("Normalisation of the pixels.")] = "imagenet"
    precision: Annotated[Literal["float32", "bfloat16"], about("Arithmetic.")] = "float32"
