"""The network that a training starts from: which layers start from weights, and which anew, as `train` says."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from workflow_scripts.contracts.arrays import MapSource
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models import registry
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.single_network import NETWORK
from workflow_scripts.models.stages import front
from workflow_scripts.runtime.digests import digest_once
from workflow_scripts.runtime.errors import UserError


def starting_network(
    settings: TrainSettings,
    classes: int,
    shape: InputShape,
    files: dict[str, Path],
    source: MapSource | None = None,
) -> nn.Module:
    """The network of a training before its first step, see build; `files`: what its parts start from.

    `source`: where stored maps stand for its frozen stages, what these were made of. UserError as build, where stages
    stay frozen of a network that has none, and where the maps were made by a network of other weights.
    """
    seed, train = settings.seeds.initialise, settings.train
    network = build(settings.spec, classes, shape, seed, files)
    if train.redefine:
        anew = build(settings.spec, classes, shape, seed)
        _copy_front(network, anew, train.frozen_stages)
        network = anew
    if source is not None:
        _require_start(source, files)
        if not files:
            _copy_front(_random_network(source, shape), network, train.frozen_stages)
    return network


def _copy_front(network: nn.Module, to: nn.Module, stages: int) -> None:
    front(to, stages).load_state_dict(front(network, stages).state_dict())


def _random_network(source: MapSource, shape: InputShape) -> nn.Module:
    """The network that made the maps, where it started at random."""
    torch.manual_seed(source.network.seed)
    return registry.create(source.network.model, 0, shape, source.network.options)


def _require_start(source: MapSource, files: Mapping[str, Path]) -> None:
    digest = digest_once(files[NETWORK]) if files else None
    if digest != source.network.weights:
        raise UserError(
            f"the stored maps were made by a network that started from weights {source.network.weights or 'at random'},"
            f" the run starts from {digest or 'none'}; give embedding and run the same `weights`"
        )
