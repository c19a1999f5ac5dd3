"""What a built network's layers are, in the order in which an image passes them.

Nothing is read from names: one image is sent through, and modules say by their type what they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from workflow_scripts.models import compat  # noqa: F401  (before timm and torchvision)
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import classifier_names

# Of how the last feature map becomes the classifier's input.
MEAN, EVERY_POSITION = "mean of each channel", "every position of each channel"


@dataclass(frozen=True)
class Layer:
    """A convolution or a fully connected layer: its name, inputs, outputs, side of its kernel (1: fully connected)."""

    name: str
    inputs: int
    outputs: int
    kernel: int


@dataclass(frozen=True)
class Stage:
    """A part of a network: its convolutions in all, channels that enter and leave, values that are stored of it."""

    name: str
    convolutions: int
    inputs: int
    outputs: int
    values: int


@dataclass(frozen=True)
class Block:
    """A residual block: the layers one after the other, and the one on its shortcut (None: the input as it is).

    activation: what follows each layer but the last, and the sum.
    """

    name: str
    path: tuple[Layer, ...]
    shortcut: Layer | None
    activation: str


@dataclass(frozen=True)
class Classifier:
    """Fully connected layers at the end. activations: what stands between two of them, empty where it is unknown.

    pooling: how the last feature map becomes its input, MEAN, EVERY_POSITION or empty where it is neither.
    """

    layers: tuple[Layer, ...]
    activations: tuple[str, ...]
    pooling: str


@dataclass(frozen=True)
class _Call:
    """A module at work: the shapes of what it was given and of what it made."""

    name: str
    module: nn.Module
    given: tuple[int, ...]
    output: tuple[int, ...]


@dataclass(frozen=True)
class _Row:
    """What a fully connected layer was given and made, N×F, and the last feature map before it, N×C×H×W.

    wide_map: the last one before it that has more than one position.
    """

    given: torch.Tensor
    output: torch.Tensor
    map: torch.Tensor | None
    wide_map: torch.Tensor | None


@dataclass
class _Image:
    """One image on its way through a network.

    started: module → shape of what it was given, in the order in which they begin; calls: first call of each; rows: of
    each fully connected layer, in order.
    """

    started: dict[str, tuple[int, ...]] = field(default_factory=dict)
    calls: dict[str, _Call] = field(default_factory=dict)
    rows: dict[str, _Row] = field(default_factory=dict)
    map: torch.Tensor | None = None
    wide_map: torch.Tensor | None = None

    def begins(self, name: str, module: nn.Module, given: tuple[Any, ...]) -> None:
        if given and isinstance(given[0], torch.Tensor):
            self.started.setdefault(name, tuple(given[0].shape))

    def ends(self, name: str, module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        if name not in self.started or name in self.calls or not isinstance(output, torch.Tensor):
            return
        self.calls[name] = _Call(name, module, self.started[name], tuple(output.shape))
        if isinstance(module, nn.Linear) and output.ndim == 2:
            # A copy: the activation behind it may write into it.
            self.rows[name] = _Row(given[0], output.clone(), self.map, self.wide_map)
        if output.ndim == 4:
            self.map = output
            if output.shape[2] * output.shape[3] > 1:
                self.wide_map = output


class Architecture:
    """The layers of a network for images of one shape."""

    def __init__(self, network: nn.Module, shape: InputShape) -> None:
        self.network, self.shape = network, shape
        self._image = _sent_through(network, shape)
        self._calls = {name: self._image.calls[name] for name in self._image.started if name in self._image.calls}

    def values(self, part: str = "") -> int:
        """How many values are stored of the network, or of the part of that name."""
        return sum(value.numel() for value in self.network.get_submodule(part).state_dict().values())

    def stages(self) -> list[Stage]:
        """The parts of the network before its classifier, by channels.

        Empty where one gives no feature map, or they do not follow each other up to the classifier.
        """
        calls = self._stage_calls()
        if not calls or any(call.output[1] != after.given[1] for call, after in pairwise(calls)):
            return []
        classifier = self.classifier()
        if classifier and not classifier.pooling and classifier.layers[0].inputs != calls[-1].output[1]:
            return []
        return [
            Stage(call.name, _convolutions(call.module), call.given[1], call.output[1], self.values(call.name))
            for call in calls
        ]

    def classifier(self) -> Classifier | None:
        """The fully connected layers at the end, each taking what the one before gives; None where there is none."""
        names = list(self._image.rows)
        if not names:
            return None
        first = len(names) - 1
        while first and self._between(names[first - 1], names[first]) is not None:
            first -= 1
        names = names[first:]
        activations = tuple(self._between(name, after) or "" for name, after in pairwise(names))
        layers = tuple(_layer(self._calls[name]) for name in names)
        return Classifier(layers, activations, self._pooling(self._image.rows[names[0]]))

    def residual_block(self) -> Block | None:
        """The first block whose shortcut is the input as it is, or, without one, the first block with any shortcut.

        Blocks are those that the libraries' residual networks are made of.
        """
        kinds = _residual_blocks()
        blocks = [self._block(name) for name, call in self._calls.items() if isinstance(call.module, kinds)]
        return next((block for block in blocks if block.shortcut is None), blocks[0] if blocks else None)

    def separable(self) -> tuple[Layer, Layer] | None:
        """The first depthwise convolution and the 1×1 convolution of the same module that takes its output."""
        for name in self._calls:
            for first, second in pairwise(self._inside(name, nn.Conv2d)):
                if _is_depthwise(first.module) and second.module.kernel_size == (1, 1):
                    return _layer(first), _layer(second)
        return None

    def _block(self, name: str) -> Block:
        block: Any = self._calls[name].module
        path = tuple(map(_layer, self._inside(name, nn.Conv2d)))
        aside = block.downsample
        inside = [call for key, call in self._calls.items() if key.startswith(f"{name}.") and aside is not None]
        shortcut_calls = [
            call for call in inside if call.module in set(aside.modules()) and isinstance(call.module, nn.Conv2d)
        ]
        activation = block.act1 if hasattr(block, "act1") else block.relu
        return Block(name, path, _layer(shortcut_calls[0]) if shortcut_calls else None, type(activation).__name__)

    def _inside(self, name: str, kind: type[nn.Module]) -> list[_Call]:
        """What works directly inside a module, of one type."""
        calls = self._calls.values()
        return [call for call in calls if call.name.rpartition(".")[0] == name and isinstance(call.module, kind)]

    def _stage_calls(self) -> list[_Call]:
        """The parts that stages are made of; none where one gives no feature map."""
        calls = [self._calls[name] for name in self._stage_names()]
        return calls if all(len(call.given) == len(call.output) == 4 for call in calls) else []

    def _stage_names(self) -> Iterator[str]:
        """The network's own parts with convolutions; of a sequence that holds most of them, its parts."""
        whole = _convolutions(self.network)
        for part in self._inside("", nn.Module):
            count = _convolutions(part.module)
            if isinstance(part.module, nn.Sequential) and count > whole / 2:
                yield from (call.name for call in self._inside(part.name, nn.Module) if _convolutions(call.module))
            elif count:
                yield part.name

    def _between(self, name: str, after: str) -> str | None:
        """What stands between two fully connected layers, measured on the image; None: they do not follow each other.

        Two layers of the classifier follow each other whatever stands between them: then it is an empty text.
        """
        output, given = self._image.rows[name].output, self._image.rows[after].given
        if output.shape != given.shape:
            return None
        if torch.equal(output.relu(), given):
            return "ReLU"
        if torch.allclose(nn.functional.gelu(output), given):
            return "GELU"
        return "" if self._classifies(name) and self._classifies(after) else None

    def _classifies(self, name: str) -> bool:
        return any(f"{name}.".startswith(f"{part}.") for part in classifier_names(self.network))

    def _pooling(self, row: _Row) -> str:
        calls = self._stage_calls()
        flat = bool(calls) and calls[-1].output[2:] == (1, 1)
        image = row.map if flat else row.wide_map
        if image is None:
            return ""
        if row.given.shape == image.shape[:2] and torch.allclose(image.mean((2, 3)), row.given, atol=1e-5):
            return MEAN
        return EVERY_POSITION if torch.equal(image.flatten(1), row.given) else ""


def _sent_through(network: nn.Module, shape: InputShape) -> _Image:
    image = _Image()
    handles = []
    for name, module in network.named_modules():
        if name:
            handles.append(module.register_forward_pre_hook(partial(image.begins, name)))
            handles.append(module.register_forward_hook(partial(image.ends, name)))
    try:
        with torch.no_grad():
            network.eval()(torch.rand(1, *shape.dimensions, generator=torch.Generator().manual_seed(0)))
    finally:
        for handle in handles:
            handle.remove()
    return image


def _residual_blocks() -> tuple[type[nn.Module], ...]:
    """The blocks of the libraries' residual networks: layers, then a sum with `downsample` of the input."""
    from timm.models import resnet as of_timm
    from torchvision.models import resnet as of_torchvision

    return (of_timm.BasicBlock, of_timm.Bottleneck, of_torchvision.BasicBlock, of_torchvision.Bottleneck)


def _convolutions(module: nn.Module) -> int:
    return sum(isinstance(part, nn.Conv2d) for part in module.modules())


def _is_depthwise(convolution: Any) -> bool:
    """Whether each channel is convolved alone, with a kernel wider than a pixel."""
    alone = convolution.groups == convolution.in_channels == convolution.out_channels > 1
    return alone and convolution.kernel_size[0] > 1


def _layer(call: _Call) -> Layer:
    module: Any = call.module
    if isinstance(module, nn.Linear):
        return Layer(call.name, module.in_features, module.out_features, 1)
    return Layer(call.name, module.in_channels, module.out_channels, module.kernel_size[0])
