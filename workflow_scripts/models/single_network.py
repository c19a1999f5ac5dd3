"""One network of a run, or one branch of it, with the weights it starts from."""

from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.models.weights import load_start
from workflow_scripts.runtime.errors import UserError

PUBLISHED = "published"
NETWORK = "model"


class SingleNetwork(NetworkPart, Protocol):
    """A network with the width of a further layer before its classifier, None: no such layer."""

    @property
    def hidden(self) -> int | None: ...


class Head(nn.Module):
    """A classifier of two layers with ReLU between them, in the place of one."""

    def __init__(self, features: int, width: int, classes: int) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(features, width), nn.Linear(width, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """N×F features → N×K logits."""
        return self.output(torch.relu(self.hidden(features)))


def build_network(spec: SingleNetwork, classes: int, shape: InputShape, files: dict[str, Path] | None) -> nn.Module:
    """The network that `spec` describes, see models.build; UserError when a hidden layer has no place."""
    model, start = create_part(spec, NETWORK, classes, shape, files)
    if spec.hidden is not None:
        _add_hidden(model, spec.hidden, spec.model)
    if start is not None:
        _zero_classifier(model)
    return model


def create_part(
    part: NetworkPart, name: str, classes: int, shape: InputShape, files: dict[str, Path] | None
) -> tuple[nn.Module, Path | None]:
    """A network and the file that it started from; `classes` = 0: without its classifier."""
    start = None
    if files is not None and part.weights is not None:
        if name not in files:
            raise UserError(f"the settings name start weights for {name!r}, but none were given: --weights {name}=FILE")
        start = files[name]
    published = start if part.weights == PUBLISHED else None
    model = registry.create(part.model, classes, shape, part.options, published)
    if start is not None and published is None:
        load_start(model, start, f"{part.model!r}")
    return model, start


def _add_hidden(model: nn.Module, width: int, name: str) -> None:
    """Put a Head in the classifier's place; UserError when that is not one linear layer."""
    names = classifier_names(model)
    last = model.get_submodule(names[0]) if len(names) == 1 else None
    if not isinstance(last, nn.Linear):
        raise UserError(
            f"model {name!r} has no classifier of one linear layer to put {width} nodes before; drop hidden"
        )
    model.set_submodule(names[0], Head(last.in_features, width, last.out_features))


def _zero_classifier(model: nn.Module) -> None:
    """Start the last layer at zero: large first errors of a random one would undo what the other layers know.

    As in Big Transfer (Kolesnikov et al., ECCV 2020). A hidden layer stays random: at zero nothing would reach it.
    """
    for name in classifier_names(model):
        classifier = model.get_submodule(name)
        for parameter in (classifier.output if isinstance(classifier, Head) else classifier).parameters():
            nn.init.zeros_(parameter)
