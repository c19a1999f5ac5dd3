"""A plain convolutional network, as papers compare their own with where they say no more than "CNN"."""

from collections.abc import Sequence

import torch
from torch import nn

from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError


class PlainCnn(nn.Module):
    """Blocks of a 3×3 convolution, ReLU and a 2×2 maximum, then one hidden layer; no normalisation, no shortcut.

    The shape of LeNet-5 (LeCun et al., Proc. IEEE 1998) with ReLU and maxima, as of AlexNet (2012).
    """

    classifier_names = ("head",)

    def __init__(self, classes: int, shape: InputShape, channels: Sequence[int], hidden: int) -> None:
        super().__init__()
        sides, inputs = (shape.height, shape.width), shape.channels
        blocks: list[nn.Module] = []
        for outputs in channels:
            blocks += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            sides, inputs = (sides[0] // 2, sides[1] // 2), outputs
        if min(sides) < 1:
            raise UserError(
                f"model 'plain_cnn' halves images {len(channels)} times, and of {shape} pixels nothing is left; take "
                "channels out of its options"
            )
        self.blocks = nn.Sequential(*blocks)
        self.hidden = nn.Linear(inputs * sides[0] * sides[1], hidden)
        self.head: nn.Module = nn.Linear(hidden, classes) if classes else nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """B×C×H×W → B×classes logits, or B×hidden features."""
        maps: torch.Tensor = self.blocks(images)
        features = torch.relu(self.hidden(maps.flatten(1)))
        output: torch.Tensor = self.head(features)
        return output


def make(classes: int, shape: InputShape, channels: Sequence[int] = (16, 32, 64), hidden: int = 128) -> PlainCnn:
    """The network for `classes` (0: features) and images of one shape; `channels`: of each block."""
    return PlainCnn(classes, shape, channels, hidden)
