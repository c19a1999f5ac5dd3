"""A trained network in fewer bits: 16-bit or 8-bit weights in a safetensors file, or an ONNX file.

Liu et al., CVM-Cervix (2022), section 4.6, store each weight in 16 instead of 32 bits. What is written is what is
judged: the network that predicts is read back from the file.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, load_trained, read_trained, write_trained
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path
from workflow_scripts.runtime.native_output import native_output_dropped

HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
WEIGHTS, ONNX = "weights.safetensors", "model.onnx"
# An 8-bit tensor is kept with the step of each of its first dimension's slices.
STEP = "8bit_step."
LARGEST_INT8 = 127
OPSET = 18
# Numbers of images that an ONNX file is tried with, none of them the one it is traced with, and the largest difference
# of an output, as a share of the largest one, that 32-bit arithmetic in another order may make.
CHECKED = (1, 3, 5)
AGREES = 1e-3
SMALLEST = 1e-6

Predictor = Callable[[torch.Tensor], torch.Tensor]


def compress(network: nn.Module, weights: TrainedWeights, to: str, folder: Path, shape: InputShape) -> Path:
    """Write `weights` (of `network`) to `folder` in the form `to` (float16, bfloat16, int8, onnx); returns the file.

    Whole numbers, as batch norm's counters, stay as they are. `shape`: of the images.
    """
    if to == "onnx":
        return _write_onnx(load_trained(network, weights), folder / ONNX, shape)
    convert = _to_int8 if to == "int8" else lambda tensors: _to_half(tensors, HALVES[to])
    write_trained(folder / WEIGHTS, replace(weights, tensors=convert(weights.tensors)))
    return folder / WEIGHTS


def restore(network: nn.Module, file: Path, settings: TrainSettings) -> Predictor:
    """What predicts with a file that `compress` wrote: N×C×H×W images → N×K logits.

    16-bit and 8-bit weights are expanded to 32 bits when they are read; the arithmetic is the caller's. The ONNX file
    runs in onnxruntime on the processor, in 32 bits. `settings`: of the training, see read_trained.
    """
    if file.name == ONNX:
        return _onnx_session(file)
    weights = read_trained(file, settings)
    return load_trained(network, replace(weights, tensors=_expanded(weights.tensors)))


def _to_half(tensors: dict[str, torch.Tensor], kind: torch.dtype) -> dict[str, torch.Tensor]:
    small = {key: value.to(kind) if value.is_floating_point() else value for key, value in tensors.items()}
    for key, value in small.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise UserError(f"{key!r} holds numbers that {str(kind).removeprefix('torch.')} cannot; use bfloat16")
    return small


def _to_int8(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Matrices and kernels as whole numbers in [-127, 127] with one step per output channel; all else unchanged."""
    small = {}
    for key, value in tensors.items():
        if value.is_floating_point() and value.ndim >= 2:
            step = value.flatten(1).abs().amax(1) / LARGEST_INT8
            step = torch.where(step > 0, step, torch.ones_like(step)).view(-1, *[1] * (value.ndim - 1))
            small[key] = torch.round(value / step).to(torch.int8)
            small[STEP + key] = step.flatten().contiguous()
        else:
            small[key] = value
    return small


def _expanded(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """32-bit tensors again."""
    steps = {key.removeprefix(STEP): value for key, value in tensors.items() if key.startswith(STEP)}
    full = {}
    for key, value in tensors.items():
        if key in steps:
            full[key] = value.float() * steps[key].view(-1, *[1] * (value.ndim - 1))
        elif not key.startswith(STEP):
            full[key] = value.float() if value.is_floating_point() else value
    return full


def _write_onnx(network: nn.Module, path: Path, shape: InputShape) -> Path:
    """The network for any number of images of one shape; ONNX operator set 18. UserError when it cannot be written."""
    network = network.cpu().eval()
    name = type(network).__name__
    advice = "choose float16, bfloat16 or int8 as `to`"
    with atomic_path(path) as temporary:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", torch.jit.TracerWarning)
            # The newer exporter would need a package more (onnxscript).
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                # Where it fails, its compiled part prints the whole network beside what it raises.
                with native_output_dropped():
                    _export(network, temporary, shape)
            except (torch.onnx.OnnxExporterError, RuntimeError) as error:
                raise UserError(
                    f"{name} cannot be written as ONNX for images of {shape} pixels: {_sentence(error)}; {advice}"
                ) from None
        constants = sum(issubclass(warning.category, torch.jit.TracerWarning) for warning in caught)
        difference = _checked(network, temporary, shape, f"{name} as ONNX for images of {shape} pixels", advice)
    entry.log.info(
        "ONNX file checked with %s images: outputs differ by at most %.1e; %d size(s) of one image are constants in it",
        ", ".join(map(str, CHECKED)),
        difference,
        constants,
    )
    return path


def _export(network: nn.Module, path: Path, shape: InputShape) -> None:
    torch.onnx.export(
        network,
        (torch.zeros(2, *shape.dimensions),),
        str(path),
        input_names=["images"],
        output_names=["logits"],
        dynamic_axes={"images": {0: "count"}, "logits": {0: "count"}},
        opset_version=OPSET,
        dynamo=False,
    )


def _checked(network: nn.Module, file: Path, shape: InputShape, what: str, advice: str) -> float:
    """Largest difference of the file's outputs from the network's, for several numbers of images.

    Tracing makes a constant of what the code reads from a shape. Of the number of images that would be wrong, and only
    another number shows it. UserError where the file does not take one, or says something else.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    refused = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.NotImplemented, state.RuntimeException)
    generator, largest = torch.Generator().manual_seed(0), 0.0
    try:
        predict = _onnx_session(file)
        for count in CHECKED:
            images = torch.randn(count, *shape.dimensions, generator=generator)
            with torch.no_grad():
                expected = network(images)
            largest = max(
                largest, float((predict(images) - expected).abs().max() / expected.abs().max().clamp_min(SMALLEST))
            )
    except refused as error:
        raise UserError(f"{what} cannot be run with any number of images: {_sentence(error)}; {advice}") from None
    if not largest < AGREES:
        raise UserError(f"{what} gives other outputs than the network, by up to {largest:.1e}; {advice}")
    return largest


def _sentence(error: Exception) -> str:
    """The first sentence of what a library says."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line.partition(". ")[0].rstrip(".")


def _onnx_session(file: Path) -> Predictor:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(session.run(None, {"images": images.cpu().contiguous().numpy()})[0])
