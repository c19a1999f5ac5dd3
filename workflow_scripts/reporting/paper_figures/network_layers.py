"""What a weights file says of a network's layers: its stages, a residual block, its classifier. No network is built."""

import math
import re
from dataclasses import dataclass
from itertools import pairwise

Shapes = dict[str, tuple[int, ...]]

# Convolutions beside the path through a block: shortcuts, and squeeze-and-excitation.
ASIDE = re.compile(r"(^|\.)(downsample|shortcut|se|attn)(\.|$)")
_BLOCK = re.compile(r"(.+)\.conv1\.weight")


@dataclass(frozen=True)
class Layer:
    """A convolution or a fully connected layer: its name, inputs, outputs, side of its kernel (1: fully connected)."""

    name: str
    inputs: int
    outputs: int
    kernel: int


@dataclass(frozen=True)
class Stage:
    """Neighbouring layers of one name: its convolutions in all, channels that enter and leave, values in the file."""

    name: str
    convolutions: int
    inputs: int
    outputs: int
    values: int


@dataclass(frozen=True)
class Block:
    """A residual block: the layers one after the other, and the one on its shortcut (None: the input as it is)."""

    name: str
    path: tuple[Layer, ...]
    shortcut: Layer | None


def natural(name: str) -> list:
    """Sort key in which 10 comes after 9."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def stages(shapes: Shapes) -> list[Stage]:
    """The stages in the order in which an image passes them; empty where the channels do not tell the order.

    The first takes 3 channels, each next one as many as the one before gives; of several the first by name.
    """
    left = {name: keys for name, keys in _by_stage(shapes).items() if keys}
    ordered: list[Stage] = []
    channels = 3
    while left:
        fitting = [name for name, keys in left.items() if channels in _entries(shapes, keys)]
        if not fitting:
            return []
        name = min(fitting, key=natural)
        keys = left.pop(name)
        values = sum(math.prod(shape) for key, shape in shapes.items() if key.startswith(f"{name}."))
        count = sum(len(shape) == 4 for key, shape in shapes.items() if key.startswith(f"{name}."))
        outputs = shapes[[key for key in keys if not ASIDE.search(key)][-1]][0]
        ordered.append(Stage(name, count, channels, outputs, values))
        channels = outputs
    return ordered


def classifier(shapes: Shapes) -> list[Layer]:
    """The fully connected layers at the end, each taking what the one before gives; empty where that is not told."""
    layers = [
        Layer(key.removesuffix(".weight"), shape[1], shape[0], 1) for key, shape in shapes.items() if len(shape) == 2
    ]
    ordered = sorted(layers, key=lambda layer: natural(layer.name))
    return ordered if all(layer.outputs == after.inputs for layer, after in pairwise(ordered)) else []


def residual_block(shapes: Shapes) -> Block | None:
    """The first block whose shortcut is the input as it is, or, without one, the first block with any shortcut."""
    blocks = []
    for key in sorted(shapes, key=natural):
        match = _BLOCK.fullmatch(key)
        if match and len(shapes[key]) == 4:
            block = _block(shapes, match[1])
            if block is not None:
                blocks.append(block)
    return next((block for block in blocks if block.shortcut is None), blocks[0] if blocks else None)


def _block(shapes: Shapes, name: str) -> Block | None:
    """The block of this name; None when it has no second convolution, or nothing can be added to its output."""
    keys = [f"{name}.conv{number}.weight" for number in (1, 2, 3) if f"{name}.conv{number}.weight" in shapes]
    path = tuple(_layer(shapes, key) for key in keys)
    aside = [key for key, shape in shapes.items() if key.startswith(f"{name}.") and ASIDE.search(key)]
    shortcuts = [_layer(shapes, key) for key in aside if len(shapes[key]) == 4 and ".downsample." in key]
    if len(path) < 2 or (not shortcuts and path[0].inputs != path[-1].outputs):
        return None
    return Block(name, path, shortcuts[0] if shortcuts else None)


def _entries(shapes: Shapes, keys: list[str]) -> set[int]:
    """Channels that the layers of a stage's first block take; a depthwise one takes as many as it gives."""
    block = [key for key in keys if key.split(".")[:-2] == keys[0].split(".")[:-2]]
    return {shapes[key][0] if shapes[key][1] == 1 else shapes[key][1] for key in block}


def _layer(shapes: Shapes, key: str) -> Layer:
    outputs, inputs, kernel, _ = shapes[key]
    return Layer(key.removesuffix(".weight"), inputs, outputs, kernel)


def _by_stage(shapes: Shapes) -> dict[str, list[str]]:
    """Stage → its convolutions in order. A list that holds most of the network is a stage an entry."""
    convolutions = sorted((key for key, shape in shapes.items() if len(shape) == 4), key=natural)
    tops: dict[str, list[str]] = {}
    for key in convolutions:
        tops.setdefault(key.split(".")[0], []).append(key)
    by_stage: dict[str, list[str]] = {}
    for top, keys in tops.items():
        split = len(keys) > len(convolutions) / 2 and all(key.split(".")[1].isdigit() for key in keys)
        for key in keys:
            by_stage.setdefault(".".join(key.split(".")[:2]) if split else top, []).append(key)
    return by_stage
