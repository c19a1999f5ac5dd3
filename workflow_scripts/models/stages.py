"""Stages of networks that are a sequence of them.

Of a VGG-like network each ends with a pooling of the sequence `features`; of an EfficientNet of timm's they are its
`blocks`, and the first one begins with the stem.
"""

import copy
from collections import OrderedDict
from typing import cast

from torch import nn

from workflow_scripts.runtime.errors import UserError


def stage_ends(network: nn.Module) -> list[int]:
    """Behind which layers of `features` each stage ends; UserError for a network without such a sequence."""
    return [number for number, layer in enumerate(_layers(network), start=1) if isinstance(layer, nn.MaxPool2d)]


def front(network: nn.Module, stage: int) -> nn.Sequential:
    """The first stages; they share their layers with the network. UserError for a network that has not so many."""
    if _has_blocks(network):
        parts = {name: network.get_submodule(name) for name in _STEM}
        return nn.Sequential(OrderedDict({**parts, "blocks": _blocks(network, stage)[:stage]}))
    # PyTorch's types do not know that a part of a sequence is one.
    return cast(nn.Sequential, _layers(network)[: _end(network, stage)])


def tail(network: nn.Module, stage: int) -> nn.Module:
    """What comes behind them; the same layers under the same names."""
    behind = copy.copy(network)
    behind._modules = OrderedDict(network._modules)
    if _has_blocks(network):
        for name in _STEM:
            setattr(behind, name, nn.Identity())
        behind.blocks = _blocks(network, stage)[stage:]
        return behind
    behind.features = _layers(network)[_end(network, stage) :]
    return behind


# What an EfficientNet does before its blocks.
_STEM = ("conv_stem", "bn1")


def _has_blocks(network: nn.Module) -> bool:
    """Whether a network is made as timm's EfficientNets are: a stem, then blocks, a stage each."""
    return all(hasattr(network, name) for name in _STEM) and isinstance(getattr(network, "blocks", None), nn.Sequential)


def _blocks(network: nn.Module, stage: int) -> nn.Sequential:
    blocks = cast(nn.Sequential, network.blocks)
    _require(network, stage, len(blocks))
    return blocks


def _require(network: nn.Module, stage: int, stages: int) -> None:
    """Raise UserError where a network has not so many stages."""
    if stage > stages:
        raise UserError(f"{type(network).__name__} has {stages} stages, not {stage}")


def _layers(network: nn.Module) -> nn.Sequential:
    """The sequence `features` of a VGG-like network; UserError for others."""
    layers = getattr(network, "features", None)
    if not isinstance(layers, nn.Sequential) or not any(isinstance(layer, nn.MaxPool2d) for layer in layers):
        raise UserError(
            f"{type(network).__name__} has no stages that end with a pooling and no blocks behind a stem; take a "
            "VGG-like network or an EfficientNet of timm's"
        )
    return layers


def _end(network: nn.Module, stage: int) -> int:
    ends = stage_ends(network)
    _require(network, stage, len(ends))
    return ends[stage - 1]
