"""Names → networks: timm's names, `torchvision/<name>`, and networks of this package by module path."""

import difflib
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workflow_scripts.contracts.own_networks import OWN, refused_option
from workflow_scripts.models.compat import TORCHVISION  # before timm and torchvision
from workflow_scripts.models.input_shape import COLOURS, InputShape, require_colour, side_of, square
from workflow_scripts.models.network_parts import note_classifier, note_features
from workflow_scripts.models.weights import check_names, load_start, tensor_names
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.named_objects import load_named

# Further classifiers that some of torchvision's networks have for training, which are not built here.
AUXILIARY = ("aux1", "aux2", "AuxLogits")
LARGEST_TRIED, STEP_TRIED = 512, 16
# What a network raises for images that it cannot take.
UNFIT = (RuntimeError, AssertionError, ValueError)
# What further arguments make of it: layers that are not there, divisions by them, names that are none.
UNFIT_OPTIONS = (TypeError, LookupError, AttributeError, ArithmeticError)


def create(
    name: str, classes: int, shape: InputShape, options: dict[str, Any], published: Path | None = None
) -> nn.Module:
    """A network for N×C×H×W images of one shape, initialised from the global generator.

    `classes` = 0 leaves the classifier out: the network then gives N×F features. `published` is the file of the
    library's published weights, as `models.published` writes it; what depends on the image size is interpolated as the
    library does. The attribute `classifier_names` lists the modules that make up the classifier, `feature_count` is the
    length of the output. Raises UserError for an unknown name, unfit options or such as load weights, weights that do
    not fit the options, or a shape the network cannot take.
    """
    if refused := refused_option(options):
        raise UserError(f"model {name!r}, options: {refused}")
    try:
        model = _build(name, classes, shape, options, published)
    except _unfit(options) as error:
        raise UserError(
            f"model {name!r} cannot be built for images of {shape} pixels, options {options}: {_line(error)}; change "
            "preprocess.size or the options"
        ) from None
    try:
        output, left_out = _output(model, shape)
    except _unfit(options) as error:
        if isinstance(error, UNFIT_OPTIONS):
            raise UserError(f"model {name!r} does not work with the options {options}: {_line(error)}") from None
        larger = next_size(name, options, shape)
        or_options = f" or the options {options}" if options else ""
        hint = f"; the next size it takes is {larger}" if larger else f" ({_line(error)})"
        raise UserError(
            f"model {name!r} cannot take images of {shape} pixels{hint}; change preprocess.size{or_options}"
        ) from None
    if left_out:
        raise UserError(
            f"model {name!r} cuts images into patches, and of {shape} pixels the last {left_out} belong to none; "
            f"set preprocess.size to {shape.width - left_out}"
        )
    if output.ndim != 2 or (classes and output.shape[1] != classes):
        raise UserError(
            f"model {name!r} with the options {options} gives an output of shape {tuple(output.shape)}, not one row "
            "an image; change its options"
        )
    note_features(model, output.shape[1])
    return model


def _unfit(options: dict[str, Any]) -> tuple[type[Exception], ...]:
    """What may be the fault of the image size or of the options; without any, further errors are bugs."""
    return (*UNFIT, *UNFIT_OPTIONS) if options else UNFIT


def next_size(name: str, options: dict[str, Any], shape: InputShape) -> int | None:
    """The next larger image side in pixels, up to 512, that a network takes; None when none was found.

    To the pixel where the layers do not depend on the size; else a multiple of 16. Of images that are not square none
    is looked for.
    """
    if not shape.is_square:
        return None
    size, channels = shape.width, shape.channels
    with torch.device("meta"):  # shapes without numbers: costs neither time nor memory
        largest = _build(name, 2, square(LARGEST_TRIED, channels), options, None)
        low, high = size + 1, LARGEST_TRIED
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if _takes(largest, square(middle, channels)) else (middle + 1, high)
        steps = range(size // STEP_TRIED * STEP_TRIED + STEP_TRIED, LARGEST_TRIED + 1, STEP_TRIED)
        for tried in sorted({low, *steps}):
            try:
                model = _build(name, 2, square(tried, channels), options, None)
            except (*UNFIT, *UNFIT_OPTIONS, UserError):
                continue
            # The first is the smallest of all only if its layers take other sizes as well.
            if _takes(model, square(tried, channels)) and (
                tried != low or _takes(model, square(LARGEST_TRIED, channels))
            ):
                return tried
    return None


def _takes(model: nn.Module, shape: InputShape) -> bool:
    try:
        _, left_out = _output(model, shape)
    except (*UNFIT, *UNFIT_OPTIONS):
        return False
    return not left_out


def known_names() -> list[str]:
    """Every name that `create` takes."""
    import timm
    import torchvision

    listed = torchvision.models.list_models(module=torchvision.models)
    return [*OWN, *timm.list_models(), *(TORCHVISION + name for name in listed)]


def _build(name: str, classes: int, shape: InputShape, options: dict[str, Any], published: Path | None) -> nn.Module:
    import timm

    try:
        if name in OWN:
            return _own(name, classes, shape, options)
        if name.startswith(TORCHVISION) and name in known_names():
            return _torchvision(name.removeprefix(TORCHVISION), classes, shape, options, published)
        if timm.is_model(name):
            return _timm(name, classes, shape, options, published)
    except TypeError as error:
        if options:
            raise UserError(f"model {name!r} does not take the options {options}: {_line(error)}") from None
        raise
    near = difflib.get_close_matches(name, known_names(), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "use a name of timm (resnet18) or torchvision/<name>"
    raise UserError(f"no model is called {name!r}; {hint}")


def _timm(name: str, classes: int, shape: InputShape, options: dict[str, Any], published: Path | None) -> nn.Module:
    import timm

    preset = timm.get_pretrained_cfg(name)
    options = dict(options)
    if preset is not None and preset.fixed_input_size:
        options.setdefault("img_size", shape.width if shape.is_square else (shape.height, shape.width))
    if shape.channels != COLOURS:
        options["in_chans"] = shape.channels
    if published is None:
        model = timm.create_model(name, num_classes=classes, **options)
    else:
        model = _timm_published(name, classes, options, published)
    preset_of_model: dict[str, Any] = getattr(model, "pretrained_cfg", None) or {}
    names = preset_of_model.get("classifier") or ()
    note_classifier(model, (names,) if isinstance(names, str) else tuple(names))
    if published is not None:
        check_names(model, tensor_names(published), published, name)
    return model


def _timm_published(name: str, classes: int, options: dict[str, Any], published: Path) -> nn.Module:
    """Let timm load the file: it knows which tensors follow the image size, and how."""
    import timm

    # The file holds the tensors as timm names them, whatever the published one was.
    overlay = {"file": str(published), "custom_load": False, "label_offset": 0}
    try:
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes, **options)
    except RuntimeError as error:
        raise UserError(
            f"{published} does not fit {name!r} with the options {options} ({_misfit(error)}); change the options, or "
            "set weights to null"
        ) from None


def _torchvision(
    name: str, classes: int, shape: InputShape, options: dict[str, Any], published: Path | None
) -> nn.Module:
    import torchvision

    require_colour(TORCHVISION + name, shape)
    options = dict(options)
    if name in ("googlenet", "inception_v3"):
        options = {"aux_logits": False, "init_weights": True, **options}
    if name.startswith("vit_"):
        options.setdefault("image_size", side_of(TORCHVISION + name, shape))
    model = torchvision.models.get_model(name, weights=None, **options)
    last = [path for path, module in model.named_modules() if isinstance(module, nn.Linear)][-1:]
    if not last:
        raise UserError(f"model torchvision/{name} has no linear classifier; choose another")
    head = model.get_submodule(last[0])
    # Replaced before loading: the published classifier is left out either way.
    model.set_submodule(last[0], nn.Linear(head.in_features, classes) if classes else nn.Identity())
    note_classifier(model, (last[0],))
    if published is not None:
        load_start(model, published, f"{TORCHVISION}{name}", without=AUXILIARY)
    return model


def _own(name: str, classes: int, shape: InputShape, options: dict[str, Any]) -> nn.Module:
    return load_named(OWN[name])(classes, shape, **options)


def _output(model: nn.Module, shape: InputShape) -> tuple[torch.Tensor, int]:
    """What a network gives for one image, and how many pixels of its right and lower border it leaves out."""
    was_training, left_out = model.training, [0]
    embedding = getattr(model, "patch_embed", None)

    def hook(module: nn.Conv2d, inputs: tuple[torch.Tensor, ...]) -> None:
        # Patches lie side by side, or overlap and reach over the border: only what no patch covers is lost.
        for axis, length in enumerate((shape.height, shape.width)):
            side = inputs[0].shape[2 + axis]
            padding = 0 if isinstance(module.padding, str) else module.padding[axis]  # "valid"
            uncovered = (side + 2 * padding - module.kernel_size[axis]) % module.stride[axis] - padding
            left_out.append(uncovered * (length // side))

    inside = embedding.modules() if isinstance(embedding, nn.Module) else ()
    convolutions = [module for module in inside if isinstance(module, nn.Conv2d) and module.padding != "same"]
    handles = [module.register_forward_pre_hook(hook) for module in convolutions]
    try:
        with torch.no_grad():
            output = model.eval()(torch.zeros(1, *shape.dimensions))
    finally:
        for handle in handles:
            handle.remove()
    model.train(was_training)
    return output, max(left_out)


def _misfit(error: RuntimeError) -> str:
    """The first of the reasons that PyTorch lists, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[1] if len(lines) > 1 else lines[0]


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
