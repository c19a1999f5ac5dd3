"""The network that a training starts from: which layers start from weights, and which anew, as `train` says."""

from pathlib import Path

from torch import nn

from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.stages import front


def starting_network(settings: TrainSettings, classes: int, shape: InputShape, files: dict[str, Path]) -> nn.Module:
    """The network of a training before its first step, see build; `files`: what its parts start from.

    UserError as build, and where stages stay frozen of a network that has none.
    """
    seed, train = settings.seeds.initialise, settings.train
    network = build(settings.spec, classes, shape, seed, files)
    if not train.redefine:
        return network
    anew = build(settings.spec, classes, shape, seed)
    front(anew, train.frozen_stages).load_state_dict(front(network, train.frozen_stages).state_dict())
    return anew
