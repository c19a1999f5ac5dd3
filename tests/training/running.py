"""The train step, called as its tests call it, and weights to start from."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.steps import train


def run(inputs, out, settings, **more):
    """Train; returns the bytes of weights and history."""
    train.main(changed(inputs.arguments(out=out, settings=settings), more))
    return (out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()


def tensors_in(raw):
    """The bytes of the tensors in those of a weights file."""
    return raw[8 + int.from_bytes(raw[:8], "little") :]


def changed(arguments, more):
    """Arguments of a step with some others."""
    for name, value in more.items():
        setattr(arguments, name, value)
    return arguments


def narrow_weights(folder: Path, options: dict) -> Path:
    """Weights of a narrow VGG that a training starts from; its batch-norm statistics are not those of a new network."""
    torch.manual_seed(5)
    network = registry.create("narrow_vgg", 7, square(32), options)
    network.train()(torch.randn(16, 3, 32, 32))
    path = folder / "start.safetensors"
    save_file(network.state_dict(), path)
    return path
