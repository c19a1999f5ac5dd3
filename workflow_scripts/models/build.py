"""A run's settings → its network, with the weights it starts from."""

from pathlib import Path

import torch
from torch import nn

from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.runtime.named_objects import load_named


def build(
    run: TrainedKind, classes: int, shape: InputShape, seed: int, files: dict[str, Path] | None = None
) -> nn.Module:
    """The network of a run for images of one shape, initialised from `seed`.

    The kind of the run names the function that builds the network. `files` maps "model", or a branch's name, to the
    safetensors file that its `weights` names, or that holds the published ones; None builds the network without start
    weights, to load finished ones into. Raises UserError as the registry and load_start do.
    """
    torch.manual_seed(seed)
    network: nn.Module = load_named(run.builder)(run, classes, shape, files)
    return network


def random_network(run: TrainedKind, classes: int, shape: InputShape, seed: int) -> nn.Module:
    """The network of a run as it judges before any training, all of whose layers count: classifiers included.

    Some families start with a classifier of zeros; that one is drawn as the others' are.
    """
    network = build(run, classes, shape, seed).eval()
    for name in classifier_names(network):
        for module in network.get_submodule(name).modules():
            if isinstance(module, nn.Linear) and not module.weight.detach().any():
                nn.init.trunc_normal_(module.weight, std=0.02)
    return network
