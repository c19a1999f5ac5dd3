"""A run's settings → its network, with the weights it starts from."""

from pathlib import Path

import torch
from torch import nn

from workflow_scripts.models import registry
from workflow_scripts.models.fusion import FusionNetwork
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.models.weights import load_start
from workflow_scripts.runtime.errors import UserError

PUBLISHED = "published"
NETWORK = "model"


class Head(nn.Module):
    """A classifier of two layers with ReLU between them, in the place of one."""

    def __init__(self, features: int, width: int, classes: int) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(features, width), nn.Linear(width, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """N×F features → N×K logits."""
        return self.output(torch.relu(self.hidden(features)))


def build(spec: dict, classes: int, shape: InputShape, seed: int, files: dict[str, Path] | None = None) -> nn.Module:
    """The network of a run for images of one shape, initialised from `seed`.

    `spec` is a run's settings: kind network (model, options, weights, hidden) or fusion (branches, how, hidden,
    activation, dropout). `files` maps "model", or a branch's name, to the safetensors file that its `weights` names, or
    that holds the published ones; None builds the network without start weights, to load finished ones into. Raises
    UserError as the registry and load_start do, and when a hidden layer has no place.
    """
    torch.manual_seed(seed)
    if spec["kind"] == "network":
        return _part(spec, NETWORK, classes, shape, files, spec["hidden"])
    parts = {name: _part(branch, name, 0, shape, files) for name, branch in spec["branches"].items()}
    return FusionNetwork(parts, classes, spec["how"], spec["hidden"], spec["activation"], spec["dropout"])


def random_network(spec: dict, classes: int, shape: InputShape, seed: int) -> nn.Module:
    """The network of a run as it judges before any training, all of whose layers count: classifiers included.

    Some families start with a classifier of zeros; that one is drawn as the others' are.
    """
    network = build(spec, classes, shape, seed).eval()
    for name in classifier_names(network):
        for module in network.get_submodule(name).modules():
            if isinstance(module, nn.Linear) and not module.weight.detach().any():
                nn.init.trunc_normal_(module.weight, std=0.02)
    return network


def _part(
    part: dict, name: str, classes: int, shape: InputShape, files: dict[str, Path] | None, hidden: int | None = None
) -> nn.Module:
    start = None
    if files is not None and part["weights"] is not None:
        if name not in files:
            raise UserError(f"the settings name start weights for {name!r}, but none were given: --weights {name}=FILE")
        start = files[name]
    published = start if part["weights"] == PUBLISHED else None
    model = registry.create(part["model"], classes, shape, part["options"], published)
    if start is not None and published is None:
        load_start(model, start, f"{part['model']!r}")
    if hidden is not None:
        _add_hidden(model, hidden, part["model"])
    if start is not None and classes:
        _zero_classifier(model)
    return model


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
