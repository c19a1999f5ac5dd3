"""A network of a library, or of this project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about, optional
from workflow_scripts.contracts.constructor_options import Options
from workflow_scripts.contracts.own_networks import OWN, NetworkPart
from workflow_scripts.kinds.kind import TrainedKind


@dataclass(frozen=True)
class Network(TrainedKind):
    """A network that is trained on the images."""

    position = 0
    builder = "workflow_scripts.models.single_network:build_network"

    kind: Annotated[Literal["network"], about("One network.")]
    model: Annotated[
        Filled,
        about(f"Name as timm has it (resnet18), torchvision/<name>, or one that is written here: {', '.join(OWN)}."),
    ]
    options: Annotated[
        Options,
        about(
            "Further arguments of the model's constructor. Not such as load weights (`pretrained`, "
            "`checkpoint_path`, …): `weights` alone names them."
        ),
    ] = field(default_factory=dict)
    weights: Annotated[
        UserPath | None,
        about(
            "Start: null (from scratch), `published` (the library's pretrained weights, fetched once to "
            "data/weights) or the path of a safetensors file."
        ),
    ] = None
    hidden: Annotated[
        Positive | None,
        about(
            "Width of a further fully connected layer, with ReLU, between the features and the classifier; null: none."
        ),
    ] = None
    embedding: Annotated[
        Filled | None,
        about("Name of an embedding of the study: train what is behind its stored maps instead of from pixels."),
    ] = optional()

    def networks(self) -> Mapping[str, NetworkPart]:
        return {"model": self}
