"""Stages of VGG-like networks: each ends with a pooling of the sequence `features`."""

import copy
from collections import OrderedDict

from torch import nn

from workflow_scripts.runtime.errors import UserError


def stage_ends(network: nn.Module) -> list[int]:
    """Behind which layers of `features` each stage ends; UserError for a network without such a sequence."""
    layers = getattr(network, "features", None)
    ends = (
        [number for number, layer in enumerate(layers, start=1) if isinstance(layer, nn.MaxPool2d)]
        if isinstance(layers, nn.Sequential)
        else []
    )
    if not ends:
        raise UserError(f"{type(network).__name__} has no stages that end with a pooling; take a VGG-like network")
    return ends


def front(network: nn.Module, stage: int) -> nn.Sequential:
    """The first stages; they share their layers with the network."""
    end = _end(network, stage)
    return network.features[:end]


def tail(network: nn.Module, stage: int) -> nn.Module:
    """What comes behind them; the same layers under the same names."""
    behind = copy.copy(network)
    behind._modules = OrderedDict(network._modules)
    behind.features = network.features[_end(network, stage) :]
    return behind


def _end(network: nn.Module, stage: int) -> int:
    ends = stage_ends(network)
    if stage > len(ends):
        raise UserError(f"{type(network).__name__} has {len(ends)} stages, not {stage}")
    return ends[stage - 1]
