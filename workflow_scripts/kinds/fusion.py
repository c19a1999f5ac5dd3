"""Several feature extractors, classified together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about
from workflow_scripts.contracts.constructor_options import Options
from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


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
class Fusion(TrainedKind):
    """Several feature extractors, their features joined and classified by two layers, trained together."""

    position = 1
    builder = "workflow_scripts.models.fusion:build_fusion"

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

    def networks(self) -> Mapping[str, NetworkPart]:
        return self.branches

    def words(self, name: str, record: "RunRecord") -> str:
        return "fusion of " + listed(branch.model for branch in self.branches.values())

    def joint_layers(self, widths: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
        joined, hidden, classes = widths
        return (
            ("Features", f"{self.how} fusion", f"{joined} values"),
            ("Hidden layer", f"{joined} → {hidden}", self.activation.upper()),
            ("Output", f"{hidden} → {classes}", "softmax"),
        )
