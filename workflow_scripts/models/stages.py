"""Stages of VGG-like networks: each ends with a pooling of the sequence `features`."""

import copy
from collections import OrderedDict
from typing import cast

from torch import nn

from workflow_scripts.runtime.errors import UserError


def stage_ends(network: nn.Module) -> list[int]:
    """Behind which layers of `features` each stage ends; UserError for a network without such a sequence."""
    return [number for number, layer in enumerate(_layers(network), start=1) if isinstance(layer, nn.MaxPool2d)]


def front(network: nn.Module, stage: int) -> nn.Sequential:
    """The first stages; they share their layers with the network."""
    # PyTorch's types do not know that a part of a sequence is one.
    return cast(nn.Sequential, _layers(network)[: _end(network, stage)])


def tail(network: nn.Module, stage: int) -> nn.Module:
    """What comes behind them; the same layers under the same names."""
    behind = copy.copy(network)
    behind._modules = OrderedDict(network._modules)
    behind.features = _layers(network)[_end(network, stage) :]
    return behind


def _layers(network: nn.Module) -> nn.Sequential:
    """The sequence `features` of a VGG-like network; UserError for others."""
    layers = getattr(network, "features", None)
    if not isinstance(layers, nn.Sequential) or not any(isinstance(layer, nn.MaxPool2d) for layer in layers):
        raise UserError(f"{type(network).__name__} has no stages that end with a pooling; take a VGG-like network")
    return layers


def _end(network: nn.Module, stage: int) -> int:
    ends = stage_ends(network)
    if stage > len(ends):
        raise UserError(f"{type(network).__name__} has {len(ends)} stages, not {stage}")
    return ends[stage - 1]
