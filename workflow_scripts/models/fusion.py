"""Several feature extractors, one classifier: the joint network of Liu et al., CVM-Cervix (2022), section 3."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import feature_count
from workflow_scripts.models.single_network import create_part
from workflow_scripts.runtime.errors import UserError

Join = Callable[[list[torch.Tensor]], torch.Tensor]
ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU}


def serial(features: list[torch.Tensor]) -> torch.Tensor:
    """N×F features of each branch → N×(sum of F), one after the other."""
    return torch.cat(features, dim=1)


def parallel(features: list[torch.Tensor]) -> torch.Tensor:
    """N×F features of each branch → N×(largest F): padded with zeros at the end, then added.

    Yang et al., Pattern Recognition 36:1369 (2003), pad alike but join two branches to one complex vector. The real
    part of a complex linear layer on it is a linear layer on the serial features; added, the branches share weights.
    """
    width = max(branch.shape[1] for branch in features)
    return torch.stack([nn.functional.pad(branch, (0, width - branch.shape[1])) for branch in features]).sum(dim=0)


# Way of fusion → join, and its width from the branches' numbers of features.
WAYS: dict[str, tuple[Join, Callable[[Iterable[int]], int]]] = {"serial": (serial, sum), "parallel": (parallel, max)}


class FusionNetwork(nn.Module):
    """Joined features of all branches → Linear → activation → dropout → Linear.

    `branches` maps names to networks that give N×F features and have an attribute `feature_count` (F). `how`, serial or
    parallel (section 3.4), joins them. `hidden` is the width of the hidden layer; None: that of the joined features.
    All parts are trained together.
    """

    classifier_names = ("hidden", "output")

    def __init__(
        self,
        branches: dict[str, nn.Module],
        classes: int,
        how: str,
        hidden: int | None,
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__()
        try:
            self.branches = nn.ModuleDict(branches)
        except KeyError as error:
            raise UserError(f"a branch cannot have this name ({error.args[0]}); rename it") from None
        self.join, width_of = WAYS[how]
        width = width_of(map(feature_count, branches.values()))
        self.hidden = nn.Linear(width, hidden or width)
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden or width, classes)
        self.feature_count = classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """N×3×H×W images → N×K logits."""
        features = self.join([branch(images) for branch in self.branches.values()])
        return self.output(self.dropout(self.activation(self.hidden(features))))


class JointNetwork(Protocol):
    """What joins the branches of a network; see FusionNetwork."""

    @property
    def branches(self) -> Mapping[str, NetworkPart]: ...

    @property
    def how(self) -> str: ...

    @property
    def hidden(self) -> int | None: ...

    @property
    def activation(self) -> str: ...

    @property
    def dropout(self) -> float: ...


def build_fusion(spec: JointNetwork, classes: int, shape: InputShape, files: dict[str, Path] | None) -> nn.Module:
    """The network that `spec` describes, see models.build."""
    branches = {name: create_part(part, name, 0, shape, files)[0] for name, part in spec.branches.items()}
    return FusionNetwork(branches, classes, spec.how, spec.hidden, spec.activation, spec.dropout)
