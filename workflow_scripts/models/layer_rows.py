"""What the layers of a sequential network make of an image, one row for layers of one size: as papers print a VGG."""

from dataclasses import dataclass
from itertools import groupby

import torch
from torch import nn

from workflow_scripts.models.input_shape import InputShape

CONVOLUTION, POOLING, FLATTENED, CONNECTED = "Conv", "Pool", "Flattened", "FC"


@dataclass(frozen=True)
class LayerRow:
    """So many layers of a kind, each of which makes maps of height × width × channels, or a row of numbers."""

    kind: str
    count: int
    size: tuple[int, ...]


def layer_rows(network: nn.Module, shape: InputShape) -> list[LayerRow]:
    """Convolutions, poolings and fully connected layers in the order in which an image passes them.

    A convolution that sees all of its maps is a fully connected layer. Of those the first takes what is flattened.
    """
    passed: list[tuple[str, tuple[int, ...], int]] = []

    def note(module: nn.Module, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        channels, *sides = output.shape[1:]
        flat = all(side == 1 for side in sides)
        kind = POOLING if isinstance(module, nn.MaxPool2d) else CONNECTED if flat else CONVOLUTION
        passed.append((kind, (channels,) if flat else (*sides, channels), given[0][0].numel()))

    kinds = (nn.Conv2d, nn.MaxPool2d, nn.Linear)
    hooks = [module.register_forward_hook(note) for module in network.modules() if isinstance(module, kinds)]
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *shape.dimensions))
    finally:
        for hook in hooks:
            hook.remove()
    first = next((number for number, (kind, *_) in enumerate(passed) if kind == CONNECTED), len(passed))
    grouped = groupby(passed[:first], key=lambda layer: layer[:2])
    before = [LayerRow(kind, len(list(layers)), size) for (kind, size), layers in grouped]
    behind = [LayerRow(kind, 1, size) for kind, size, _ in passed[first:]]
    flattened = [LayerRow(FLATTENED, 1, (passed[first][2],))] if behind else []
    return [*before, *flattened, *behind]
