"""VGG-16 with a fraction of its channels (Simonyan and Zisserman, ICLR 2015, table 1, column D)."""

import torch
from torch import nn

from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError

# Convolutions of each block and their channels; a 2×2 maximum ends a block.
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
HIDDEN = 4096


class NarrowVgg(nn.Module):
    """Thirteen 3×3 convolutions in five blocks, each with batch normalisation and ReLU, then three dense layers.

    The dense layers take the mean of each last map, so that images may be smaller than the paper's 224 pixels.
    """

    classifier_names = ("head",)

    def __init__(self, classes: int, channels: int, width: float, drop_rate: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for convolutions, full in BLOCKS:
            for _ in range(convolutions):
                outputs = max(1, round(full * width))
                layers += [
                    nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
                    nn.BatchNorm2d(outputs),
                    nn.ReLU(inplace=True),
                ]
                channels = outputs
            layers.append(nn.MaxPool2d(2))
        hidden = max(1, round(HIDDEN * width))
        self.features = nn.Sequential(*layers)
        self.dense = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.drop = nn.Dropout(drop_rate)
        self.head: nn.Module = nn.Linear(hidden, classes) if classes else nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """B×C×H×W → B×classes logits, or features."""
        maps: torch.Tensor = self.features(images)
        output: torch.Tensor = self.head(self.drop(self.dense(maps.mean(dim=(2, 3)))))
        return output


def make(classes: int, shape: InputShape, width: float = 0.125, drop_rate: float = 0.0) -> NarrowVgg:
    """The network for `classes` (0: features); `width`: channels as a fraction of VGG-16's, above 0;
    `drop_rate`: share of what the dense layers give that a training leaves out.

    UserError for images of fewer pixels than five halvings leave.
    """
    if min(shape.height, shape.width) < 2 ** len(BLOCKS):
        raise UserError(
            f"model 'narrow_vgg' halves images {len(BLOCKS)} times, and of {shape} pixels nothing is left; set "
            f"preprocess.size to at least {2 ** len(BLOCKS)}"
        )
    return NarrowVgg(classes, shape.channels, width, drop_rate)
