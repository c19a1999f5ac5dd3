"""Which layers of a network give maps: outputs whose positions are positions in the image, and reach the prediction."""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from workflow_scripts.models.input_shape import InputShape

# An image, and four more of which one quarter is another: what changes in a map shows where its positions lie.
PROBES = 4
# Gradients reach a map if they reach this share of its positions: of tokens, the class token alone is none of them.
REACHED = 0.5
# Logarithm of how much more one quarter of a map changes than another, below which they change alike.
EVEN = 0.01


@dataclass(frozen=True)
class Layout:
    """How an output B×… holds a map: channels at `channels` (1 or 3), or, None, tokens after `prefix`."""

    height: int
    width: int
    channels: int | None
    prefix: int = 0

    @property
    def reshape(self) -> Callable[[torch.Tensor], torch.Tensor] | None:
        """From the output to B×C×h×w; None where it is so already."""
        return None if self.channels == 1 else self.to_map

    def to_map(self, output: torch.Tensor) -> torch.Tensor:
        """B×C×h×w of an output in this layout."""
        if self.channels == 1:
            return output
        if self.channels == 3:
            return output.permute(0, 3, 1, 2)
        tokens = output[:, self.prefix :]
        return tokens.reshape(len(output), self.height, self.width, -1).permute(0, 3, 1, 2)


@dataclass
class Output:
    """What is known of one layer's output in one layout.

    done: share of the layers with weights that are computed when it is; in_place: whether a change in one quarter of
    the image shows most in the same quarter of the map; reached: share of the positions that gradients reach.
    """

    name: str
    layout: Layout
    done: float
    in_place: bool
    reached: float = 0.0

    @property
    def is_map(self) -> bool:
        """Whether the output has places, and the prediction depends on them.

        A convolution keeps places as it keeps channels first; of tokens, and of channels last, it has to be seen.
        """
        return self.reached >= REACHED and (self.layout.channels == 1 or self.in_place)


def outputs(model: nn.Module, shape: InputShape) -> list[Output]:
    """Outputs of the layers of a network, or of a branch, that may be maps, in the order in which they are computed.

    `shape`: of the images. Layers that are called more than once are left out, and pooling, which may make many
    positions of one. Best asked of a network with random weights; of one on the meta device only shapes are
    known, and every layout that fits counts.
    """
    device = next(model.parameters()).device
    if device.type == "meta":
        recorder = _Recorder(model.eval(), shape, numbers=False)
        with torch.no_grad(), recorder:
            model(torch.empty(PROBES + 1, *shape.dimensions, device=device))
        return recorder.outputs()
    model = _with_open_paths(model).eval()
    images = _probes(shape).to(device)
    recorder = _Recorder(model, shape, numbers=True)
    generator = torch.Generator().manual_seed(0)
    with torch.enable_grad(), recorder:
        recorder.results.append(model(images))
        weights = [torch.randn(value.shape, generator=generator).to(device) for value in recorder.results]
        sums = ((value * weight).sum() for value, weight in zip(recorder.results, weights, strict=True))
        sum(sums, torch.zeros((), device=device)).backward()
    model.zero_grad(set_to_none=True)
    return recorder.outputs()


def layouts(shape: torch.Size, prefixes: tuple[int, ...], image: InputShape) -> Iterator[Layout]:
    """The layouts of a map of more than one position that an output of this shape may have; `image`: of the images."""
    if len(shape) == 4:
        if _is_like(shape[2], shape[3], image):
            yield Layout(shape[2], shape[3], 1)
        if _is_like(shape[1], shape[2], image):
            yield Layout(shape[1], shape[2], 3)
    if len(shape) == 3:
        for prefix in prefixes:
            tokens = max(shape[1] - prefix, 0)
            height = max(1, round(math.sqrt(tokens * image.height / image.width)))
            width = tokens // height
            if height * width == tokens and _is_like(height, width, image):
                yield Layout(height, width, None, prefix)


def _is_like(height: int, width: int, image: InputShape) -> bool:
    """Whether a map has the shape of the image, but for less than one position; square ones of square images are."""
    off = abs(height * image.width - width * image.height)
    return height > 1 and width > 1 and off < max(image.height, image.width)


class _Recorder:
    """Hooks on every layer of a network while it judges the probes."""

    def __init__(self, model: nn.Module, image: InputShape, numbers: bool) -> None:
        self._model, self._image, self._numbers, self._computed = model, image, numbers, 0
        self._found: list[Output] = []
        self._calls: dict[str, int] = {}
        self._prefixes = tuple(sorted({0, 1, getattr(model, "num_prefix_tokens", 0)}))
        self._handles: list[RemovableHandle] = []
        # What gradients start from: the input of a classifier, whose weights may be zero, and the output.
        self.results: list[torch.Tensor] = []

    def __enter__(self) -> "_Recorder":
        for name, module in self._model.named_modules():
            if name:
                self._handles.append(module.register_forward_hook(self._hook(name)))
        for name in getattr(self._model, "classifier_names", ()):
            classifier = self._model.get_submodule(name)
            self._handles.append(classifier.register_forward_pre_hook(lambda _, inputs: self.results.append(inputs[0])))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def outputs(self) -> list[Output]:
        """Of the layers that were called once."""
        outputs_called_once = [output for output in self._found if self._calls[output.name] == 1]
        for output in outputs_called_once:
            output.done /= max(self._computed, 1)
        return outputs_called_once

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[Any, ...], object], None]:
        def hook(module: nn.Module, arguments: tuple[Any, ...], output: object) -> None:
            self._computed += any(True for _ in module.parameters(recurse=False))
            self._calls[name] = self._calls.get(name, 0) + 1
            if not isinstance(output, torch.Tensor) or output.ndim < 3 or len(output) != PROBES + 1:
                return
            if "Pool" in type(module).__name__:
                return
            for layout in layouts(output.shape, self._prefixes, self._image):
                if not self._numbers:
                    self._found.append(Output(name, layout, self._computed, in_place=True, reached=1.0))
                elif output.requires_grad:
                    seen = Output(name, layout, self._computed, _in_place(layout.to_map(output.detach())))
                    self._found.append(seen)
                    output.register_hook(_keep_reached(seen))

        return hook


def _keep_reached(seen: Output) -> Callable[[torch.Tensor], None]:
    def hook(gradient: torch.Tensor) -> None:
        seen.reached = float((seen.layout.to_map(gradient)[0].abs().sum(dim=0) > 0).float().mean())

    return hook


def _in_place(maps: torch.Tensor) -> bool:
    """Whether the change of each probe shows most in its own quarter of the maps B×C×h×w, beside what all share.

    True as well where no quarter shows any more than another: attention that starts even has not learned places yet.
    """
    change = (maps[1:] - maps[:1]).abs().mean(dim=1)
    rows, columns = (_halves(length) for length in change.shape[1:])
    quarters = torch.stack([change[:, row, column].mean(dim=(1, 2)) for row in rows for column in columns], dim=1)
    logarithms = quarters.clamp_min(torch.finfo(torch.float32).tiny).log()
    own = logarithms - logarithms.mean(dim=0, keepdim=True) - logarithms.mean(dim=1, keepdim=True) + logarithms.mean()
    expected = torch.arange(PROBES, device=maps.device)
    ordered = (own.argmax(dim=1) == expected).all() and (own.argmax(dim=0) == expected).all()
    return bool(ordered) or float(own.abs().max()) < EVEN


def _halves(length: int) -> tuple[slice, slice]:
    """The first and the last half of a side; of an odd one the middle belongs to neither."""
    return slice(0, length // 2), slice(length - length // 2, None)


def _probes(shape: InputShape) -> torch.Tensor:
    """Five images of noise that differ in a rectangle in the middle of one quarter of the image."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(1, *shape.dimensions, generator=generator).repeat(PROBES + 1, 1, 1, 1)
    sizes = [max(length // 4, 1) for length in (shape.height, shape.width)]
    for number in range(PROBES):
        halves = zip(divmod(number, 2), (shape.height, shape.width), sizes, strict=True)
        starts = [half * (length // 2) + size // 2 for half, length, size in halves]
        rows, columns = (slice(start, start + size) for start, size in zip(starts, sizes, strict=True))
        images[number + 1, :, rows, columns] = torch.randn(shape.channels, *sizes, generator=generator)
    return images


def _with_open_paths(model: nn.Module) -> nn.Module:
    """The network itself, or a copy in which scales that start at zero are one: through them nothing would pass."""
    if not any(_closed(module) for module in model.modules()):
        return model
    opened = copy.deepcopy(model)
    for module in filter(_closed, opened.modules()):
        nn.init.ones_(module.get_parameter("weight"))
    return opened


def _closed(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return isinstance(weight, nn.Parameter) and weight.ndim == 1 and not weight.detach().any()
