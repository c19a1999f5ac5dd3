"""A run's settings → its network, with the weights it starts from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.kinds.kind_registry import read_spec
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.runtime.named_objects import load_named


def build(
    spec: Mapping[str, Any], classes: int, shape: InputShape, seed: int, files: dict[str, Path] | None = None
) -> nn.Module:
    """The network of a run for images of one shape, initialised from `seed`.

    `spec` is the settings of a run that is trained; its kind names the function that builds the network. `files` maps
    "model", or a branch's name, to the safetensors file that its `weights` names, or that holds the published ones;
    None builds the network without start weights, to load finished ones into. Raises UserError as the registry and
    load_start do, and TypeError for a run that is not trained.
    """
    run = read_spec(spec)
    if not isinstance(run, TrainedKind):
        raise TypeError(f"a run of kind {run.kind} has no network of its own")
    torch.manual_seed(seed)
    return load_named(run.builder)(run, classes, shape, files)


def random_network(spec: Mapping[str, Any], classes: int, shape: InputShape, seed: int) -> nn.Module:
    """The network of a run as it judges before any training, all of whose layers count: classifiers included.

    Some families start with a classifier of zeros; that one is drawn as the others' are.
    """
    network = build(spec, classes, shape, seed).eval()
    for name in classifier_names(network):
        for module in network.get_submodule(name).modules():
            if isinstance(module, nn.Linear) and not module.weight.detach().any():
                nn.init.trunc_normal_(module.weight, std=0.02)
    return network
