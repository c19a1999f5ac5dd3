"""The layer whose map Grad-CAM shows: the last one that still knows where things are."""

import logging
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace

import torch
from torch import nn

from workflow_scripts.explanation.places import Output, outputs
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.models.build import random_network
from workflow_scripts.models.fusion import FusionNetwork
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError

log = logging.getLogger("workflow_scripts")

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
# What comes before the first stage: its map shows edges, not what was learned of classes.
STEMS = ("stem", "patch_embed", "conv_stem", "conv_proj")
# A layer that is computed before this share of all is as early.
EARLY = 0.25
# Layers of a family that is not listed: those so near to the last one are as good, and the outermost is the block.
NEAR = 0.15


@dataclass(frozen=True)
class Target:
    """A layer, its name, the height and width of its map, and how its output becomes B×C×h×w (None: it is so).

    `layer` None: the map was made of other maps.
    """

    layer: nn.Module | None
    name: str
    shape: tuple[int, int]
    reshape: Callable[[torch.Tensor], torch.Tensor] | None = None

    def of(self, model: nn.Module) -> "Target":
        """The same layer of another network of the same architecture."""
        return replace(self, layer=model.get_submodule(self.name))


def target_layers(model: nn.Module, shape: InputShape) -> dict[str, Target]:
    """The target layer of each branch of a joint network; a plain network is the branch "model". UserError: none."""
    return {name: target_layer(part, shape) for name, part in branches(model).items()}


def say_what_has_no_map(run: TrainedKind, classes: int, shape: InputShape) -> None:
    """A line of the log on a run whose network has no target layer; `shape`: of its images."""
    try:
        target_layers(random_network(run, classes, shape, 0), shape)
    except UserError as error:
        log.warning("Grad-CAM will show nothing of this network: %s", error)


def branches(model: nn.Module) -> dict[str, nn.Module]:
    """The branches of a joint network; a plain network is the branch "model"."""
    return dict(model.branches.items()) if isinstance(model, FusionNetwork) else {"model": model}


def target_layer(model: nn.Module, shape: InputShape) -> Target:
    """The target layer of a network, or of a branch, for images of one shape.

    A vision transformer's is the normalisation before its last attention: behind it only the class token reaches the
    output, and the map would be empty. A convolutional network's is the one listed, or, for a family that is not listed
    or a map of one single pixel, the outermost of the last layers with a map, see `places`. UserError where there is
    none behind the network's stem. Best asked of a network with random weights.
    """
    try:
        maps = [output for output in outputs(model, shape) if output.is_map]
    except RuntimeError as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"no gradient can be followed through {type(model).__name__} ({line}); take the run out of explain.runs"
        ) from None
    usable = [output for output in maps if not _early(output)]
    if not usable:
        raise UserError(_nothing(model, shape, maps))
    names = {output.name: output for output in usable}
    chosen = next((names[name] for name in _listed(model) if name in names), None) or _outermost(usable)
    layout = chosen.layout
    return Target(model.get_submodule(chosen.name), chosen.name, (layout.height, layout.width), layout.reshape)


def _listed(model: nn.Module) -> list[str]:
    """Names of the layer that this family is known for."""
    blocks = getattr(model, "blocks", None)
    if hasattr(model, "patch_embed") and hasattr(model, "num_prefix_tokens") and isinstance(blocks, Sized):
        return [f"blocks.{len(blocks) - 1}.norm1"]
    name = CONVOLUTIONAL.get(type(model).__name__)
    return [name] if name else []


def _early(output: Output) -> bool:
    return output.done < EARLY or output.name.partition(".")[0] in STEMS


def _outermost(maps: list[Output]) -> Output:
    """Whole blocks come before their parts: a part may be a side path that the output hardly depends on."""
    near = [output for output in maps if output.done >= maps[-1].done - NEAR]
    depth = min(output.name.count(".") for output in near)
    return [output for output in near if output.name.count(".") == depth][-1]


def _nothing(model: nn.Module, shape: InputShape, maps: list[Output]) -> str:
    family = type(model).__name__
    if not maps:
        return (
            f"no layer of {family} has a map larger than 1×1 for images of {shape} pixels; there is nothing to "
            "explain, set a larger preprocess.size or take the run out of explain.runs"
        )
    last = maps[-1]
    return (
        f"the last layer of {family} with a map for images of {shape} pixels is {last.name!r}, before its first stage, "
        "which shows edges and not what was learned; set a larger preprocess.size or take the run out of explain.runs"
    )
