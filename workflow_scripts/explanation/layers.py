"""The layer whose map Grad-CAM shows: the last one that still knows where things are."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from workflow_scripts.contracts.errors import UserError

# Family (class of the network, in timm, torchvision and this package) → its last layer with a map.
CONVOLUTIONAL = {
    "AlexNet": "features",
    "ByobNet": "stages",
    "ConvNeXt": "stages",
    "DenseNet": "features.norm5",
    "EfficientNet": "bn2",
    "GoogLeNet": "inception5b",
    "Inception3": "Mixed_7c",
    "InceptionResnetV1": "c",
    "InceptionResnetV2": "conv2d_7b",
    "InceptionV3": "Mixed_7c",
    "InceptionV4": "features",
    "MobileNetV2": "features",
    "ResNet": "layer4",
    "ShuffleNetV2": "conv5",
    "VGG": "features",
    "Xception": "act4",
    "XceptionAligned": "blocks",
}


@dataclass(frozen=True)
class Target:
    """A layer, its name, the height and width of its map, and how its output becomes B×C×h×w (None: it is so).

    `layer` None: the map was made of other maps.
    """

    layer: nn.Module | None
    name: str
    shape: tuple[int, int]
    reshape: Callable[[torch.Tensor], torch.Tensor] | None = None


def target_layer(model: nn.Module, size: int) -> Target:
    """The target layer of a network, or of a branch, for images of `size` pixels.

    A vision transformer's is the normalisation before its last attention: behind it only the class token reaches the
    output, and the map would be empty. A convolutional network's is the one listed, or, for a family that is not listed
    or a map of one single pixel, the last outermost layer with more. UserError when there is none.
    """
    if hasattr(model, "patch_embed") and hasattr(model, "num_prefix_tokens"):
        return _transformer(model)
    maps = _maps(model, size)
    listed = CONVOLUTIONAL.get(type(model).__name__)
    if listed in maps and max(maps[listed]) > 1:
        return Target(model.get_submodule(listed), listed, maps[listed])
    found = [name for name, shape in maps.items() if max(shape) > 1]
    if not found:
        raise UserError(
            f"no layer of {type(model).__name__} has a map larger than 1×1 for images of {size} pixels; there is "
            "nothing to explain, set a larger preprocess.size or take the run out of explain.runs"
        )
    # Whole blocks come before their parts: a part may be a side path that the output hardly depends on.
    depth = min(name.count(".") for name in found)
    name = [name for name in found if name.count(".") == depth][-1]
    return Target(model.get_submodule(name), name, maps[name])


def _transformer(model: nn.Module) -> Target:
    height, width = model.patch_embed.grid_size
    prefix = model.num_prefix_tokens

    def reshape(tokens: torch.Tensor) -> torch.Tensor:
        patches = tokens[:, prefix:]
        return patches.reshape(len(tokens), height, width, -1).permute(0, 3, 1, 2)

    name = f"blocks.{len(model.blocks) - 1}.norm1"
    return Target(model.get_submodule(name), name, (height, width), reshape)


def _maps(model: nn.Module, size: int) -> dict[str, tuple[int, int]]:
    """Height and width of the output of each layer that gives a map, in the order in which they are computed."""
    found: dict[str, tuple[int, int]] = {}

    def keep(name: str) -> Callable:
        def hook(module: nn.Module, arguments: tuple, output: object) -> None:
            # Channels may come last: the images are square, so the maps are. Pooling may make one pixel many again.
            square = isinstance(output, torch.Tensor) and output.ndim == 4 and output.shape[2] == output.shape[3]
            if square and "Pool" not in type(module).__name__:
                found.pop(name, None)
                found[name] = tuple(output.shape[2:])

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in model.named_modules() if name]
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, size, size, device=next(model.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
    return found
