"""Inception-ResNet-v1 (Szegedy et al., AAAI 2017, arXiv:1602.07261), from the figures of its paper."""

import torch
from torch import nn

from workflow_scripts.models.input_shape import InputShape, require_colour

# The paper asks for 0.1 to 0.3 before a residual is added (section 3.3); by block, its authors' code for version 2.
SCALES = {"A": 0.17, "B": 0.10, "C": 0.20}
FEATURES = 1792


class Convolution(nn.Sequential):
    """Convolution without bias, batch normalisation, ReLU. Without `valid` an odd kernel keeps the size of the map."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, valid: bool = False
    ) -> None:
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (0, 0) if valid else (sides[0] // 2, sides[1] // 2)
        super().__init__(
            nn.Conv2d(inputs, outputs, sides, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )


class Residual(nn.Module):
    """Branches side by side, joined by a 1×1 convolution without activation, scaled, added to the input, then ReLU."""

    def __init__(self, channels: int, scale: float, branches: list[nn.Module], width: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = nn.Conv2d(width, channels, 1)
        self.scale = scale

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """B×C×H×W → the same shape."""
        joined = self.join(torch.cat([branch(maps) for branch in self.branches], dim=1))
        return torch.relu(maps + self.scale * joined)


class Reduction(nn.Module):
    """Branches that halve the map, and a pooling, side by side."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList([nn.MaxPool2d(3, stride=2), *branches])

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """B×C×H×W → B×(C + channels of the branches)×H'×W', H' = (H - 3) // 2 + 1."""
        return torch.cat([branch(maps) for branch in self.branches], dim=1)


def block_a() -> Residual:
    """Figure 10, on 256 channels."""
    return Residual(
        256,
        SCALES["A"],
        [
            Convolution(256, 32, 1),
            nn.Sequential(Convolution(256, 32, 1), Convolution(32, 32, 3)),
            nn.Sequential(Convolution(256, 32, 1), Convolution(32, 32, 3), Convolution(32, 32, 3)),
        ],
        96,
    )


def block_b() -> Residual:
    """Figure 11, on 896 channels."""
    deep = nn.Sequential(Convolution(896, 128, 1), Convolution(128, 128, (1, 7)), Convolution(128, 128, (7, 1)))
    return Residual(896, SCALES["B"], [Convolution(896, 128, 1), deep], 256)


def block_c() -> Residual:
    """Figure 13, on 1792 channels."""
    deep = nn.Sequential(Convolution(1792, 192, 1), Convolution(192, 192, (1, 3)), Convolution(192, 192, (3, 1)))
    return Residual(1792, SCALES["C"], [Convolution(1792, 192, 1), deep], 384)


def reduction_a() -> Reduction:
    """Figure 7 with k, l, m, n of its table 1: 256 → 896 channels."""
    k, l_, m, n = 192, 192, 256, 384
    deep = nn.Sequential(Convolution(256, k, 1), Convolution(k, l_, 3), Convolution(l_, m, 3, 2, valid=True))
    return Reduction([Convolution(256, n, 3, 2, valid=True), deep])


def reduction_b() -> Reduction:
    """Figure 12: 896 → 1792 channels."""
    return Reduction(
        [
            nn.Sequential(Convolution(896, 256, 1), Convolution(256, 384, 3, 2, valid=True)),
            nn.Sequential(Convolution(896, 256, 1), Convolution(256, 256, 3, 2, valid=True)),
            nn.Sequential(Convolution(896, 256, 1), Convolution(256, 256, 3), Convolution(256, 256, 3, 2, valid=True)),
        ]
    )


def stem() -> nn.Sequential:
    """Figure 14: 3 → 256 channels."""
    return nn.Sequential(
        Convolution(3, 32, 3, 2, valid=True),
        Convolution(32, 32, 3, valid=True),
        Convolution(32, 64, 3),
        nn.MaxPool2d(3, stride=2),
        Convolution(64, 80, 1),
        Convolution(80, 192, 3, valid=True),
        Convolution(192, 256, 3, 2, valid=True),
    )


class InceptionResnetV1(nn.Module):
    """The whole network (figure 15): stem, 5 A, reduction A, 10 B, reduction B, 5 C, mean, dropout, classifier."""

    classifier_names = ("classifier",)

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = stem()
        self.a = nn.Sequential(*(block_a() for _ in range(5)))
        self.reduction_a = reduction_a()
        self.b = nn.Sequential(*(block_b() for _ in range(10)))
        self.reduction_b = reduction_b()
        self.c = nn.Sequential(*(block_c() for _ in range(5)))
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(FEATURES, classes) if classes else nn.Identity()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """B×3×H×W images of at least 75 pixels → B×K logits, or B×1792 features without classifier."""
        maps = self.b(self.reduction_a(self.a(self.stem(images))))
        maps = self.c(self.reduction_b(maps))
        return self.classifier(self.dropout(maps.mean((2, 3))))


def make(classes: int, shape: InputShape) -> InceptionResnetV1:
    """The network for `classes` (0: features); its layers depend on the channels of `shape` alone, which are three."""
    require_colour("inception_resnet_v1", shape)
    return InceptionResnetV1(classes)
