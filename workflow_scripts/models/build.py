"""A run's settings → its network, with the weights it starts from."""

from pathlib import Path

import torch
from torch import nn

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.models import registry
from workflow_scripts.models.fusion import FusionNetwork
from workflow_scripts.models.weights import load_start

PUBLISHED = "published"
NETWORK = "model"


def build(spec: dict, classes: int, size: int, seed: int, files: dict[str, Path] | None = None) -> nn.Module:
    """The network of a run, initialised from `seed`.

    `spec` is a run's settings: kind network (model, options, weights) or fusion (branches, how, hidden, activation,
    dropout). `files` maps "model", or a branch's name, to the safetensors file that its `weights` names, or that holds
    the published ones; None builds the network without start weights, to load finished ones into. Raises UserError as
    the registry and load_start do.
    """
    torch.manual_seed(seed)
    if spec["kind"] == "network":
        return _part(spec, NETWORK, classes, size, files)
    parts = {name: _part(branch, name, 0, size, files) for name, branch in spec["branches"].items()}
    return FusionNetwork(parts, classes, spec["how"], spec["hidden"], spec["activation"], spec["dropout"])


def _part(part: dict, name: str, classes: int, size: int, files: dict[str, Path] | None) -> nn.Module:
    start = None
    if files is not None and part["weights"] is not None:
        if name not in files:
            raise UserError(f"the settings name start weights for {name!r}, but none were given: --weights {name}=FILE")
        start = files[name]
    published = start if part["weights"] == PUBLISHED else None
    model = registry.create(part["model"], classes, size, part["options"], published)
    if start is not None and published is None:
        load_start(model, start, f"{part['model']!r}")
    if start is not None and classes:
        _zero_classifier(model)
    return model


def _zero_classifier(model: nn.Module) -> None:
    """Start the classifier at zero: large first errors of a random one would undo what the other layers know.

    As in Big Transfer (Kolesnikov et al., ECCV 2020).
    """
    for name in model.classifier_names:
        for parameter in model.get_submodule(name).parameters():
            nn.init.zeros_(parameter)
