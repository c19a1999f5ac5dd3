"""Several feature extractors, classified together."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about
from workflow_scripts.kinds.model_options import Options


@dataclass(frozen=True)
class Branch:
    """One feature extractor of a fusion network."""

    model: Annotated[
        Filled,
        about(
            "Name as for a network. With a distillation token (deit_tiny_distilled_patch16_224) the features are "
            "the mean of the class token and the distillation token."
        ),
    ]
    options: Annotated[Options, about("As for a network.")] = field(default_factory=dict)
    weights: Annotated[UserPath | None, about("As for a network.")] = None


@dataclass(frozen=True)
class Fusion:
    """Several feature extractors, their features joined and classified by two layers, trained together."""

    kind: Annotated[Literal["fusion"], about("Joint network of several branches.")]
    branches: Annotated[
        dict[str, Branch], about("Name → feature extractor; features are joined in this order.", min_length=2)
    ]
    how: Annotated[
        Literal["serial", "parallel"],
        about(
            "How features are joined. serial: one after the other; parallel: padded with zeros to the longest, "
            "then added."
        ),
    ] = "serial"
    hidden: Annotated[Positive | None, about("Width of the hidden layer; null: that of the joined features.")] = None
    activation: Annotated[Literal["gelu", "relu"], about("Activation between the two layers.")] = "gelu"
    dropout: Annotated[float, about("Dropout before the last layer.", ge=0, lt=1)] = 0.0
