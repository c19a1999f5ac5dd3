"""Weights files: what a training starts from, what it leaves, and whose it is."""

import json
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.preparation_record import PreparationRecord
from workflow_scripts.contracts.stain_reference import StainReference
from workflow_scripts.contracts.weights_file import origin
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.input_shape import COLOURS
from workflow_scripts.models.network_parts import classifier_names, token_grid
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, write_bytes


@dataclass(frozen=True)
class TrainedWeights:
    """Tensors of a finished training and what they belong to; `mean` and `std` of pixels in [0, 1], three each.

    stain: the colours that pictures were brought to, None where they were left as they are; preparation: of visits,
    which have no mean and std beside it; None of other samples.
    """

    tensors: dict[str, torch.Tensor]
    settings: TrainSettings
    code: str
    mean: list[float]
    std: list[float]
    classes: list[str]
    stain: StainReference | None = None
    preparation: PreparationRecord | None = None


def load_start(model: nn.Module, path: Path, name: str, without: tuple[str, ...] = ()) -> None:
    """Copy the tensors of a safetensors file into a network, all but its classifier; 16-bit tensors are cast.

    A vision transformer's position embedding is interpolated when the file was made for another image size; for
    pictures of one channel the first convolution's kernels are summed over the colours, as timm does with published
    weights. `without` names further modules whose tensors the file may have and the network need not. Raises UserError,
    naming the file, when tensors are missing, too many, or of another shape. `name` is for the message.
    """
    state = _read(path)[0]
    left_out = _prefixes(model, without)
    state = {key: value for key, value in state.items() if not key.startswith(left_out)}
    check_names(model, state.keys(), path, name, without)
    wanted = {key: value for key, value in model.state_dict().items() if not key.startswith(left_out)}
    if "pos_embed" in wanted and wanted["pos_embed"].shape != state["pos_embed"].shape:
        state["pos_embed"] = _resized_positions(state["pos_embed"], model)
    for key, value in wanted.items():
        if _is_of_colours(state[key], value):
            state[key] = state[key].float().sum(dim=1, keepdim=True)
        if value.shape != state[key].shape:
            raise UserError(
                f"{path} does not fit {name}: {key!r} has the shape {tuple(state[key].shape)}, the model's is "
                f"{tuple(value.shape)}; change the model's options or the file"
            )
    model.load_state_dict(state, strict=False)


def check_names(model: nn.Module, given: Iterable[str], path: Path, name: str, without: tuple[str, ...] = ()) -> None:
    """Raise UserError unless the tensors of a file are those of a network, classifier and `without` aside."""
    left_out = _prefixes(model, without)
    wanted = {key for key in model.state_dict() if not key.startswith(left_out)}
    given = {key for key in given if not key.startswith(left_out)}
    missing, unknown = sorted(wanted - given), sorted(given - wanted)
    if missing or unknown:
        what = f"lacks {missing[0]!r}" if missing else f"has the unknown tensor {unknown[0]!r}"
        raise UserError(f"{path} does not hold weights of {name}: it {what}; use a file of exactly this model")


def tensor_names(path: Path) -> list[str]:
    """Names of the tensors in a safetensors file; UserError when it is none."""
    with _opened(path) as file:
        return list(file.keys())


def write_trained(path: Path, weights: TrainedWeights) -> None:
    """Write weights.safetensors atomically."""
    write_bytes(path, *trained_bytes(weights))


def trained_bytes(weights: TrainedWeights) -> tuple[bytes, memoryview]:
    """The parts of weights.safetensors; equal weights are equal bytes."""
    from safetensors.torch import save

    metadata = {
        "settings": canonical_json(plain(weights.settings)),
        "code": weights.code,
        "mean": canonical_json(weights.mean),
        "std": canonical_json(weights.std),
        "classes": canonical_json(weights.classes),
    }
    if weights.stain is not None:
        metadata["stain"] = canonical_json(plain(weights.stain))
    if weights.preparation is not None:
        metadata["preparation"] = canonical_json(plain(weights.preparation))
    tensors = {key: value.detach().cpu().contiguous() for key, value in weights.tensors.items()}
    raw = save(tensors, metadata=metadata)
    # The library writes the metadata in an order that changes from process to process.
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, memoryview(raw)[8 + length :]


def read_trained(path: Path, settings: TrainSettings) -> TrainedWeights:
    """Read the weights of a finished training; UserError unless they were trained with exactly `settings`."""
    tensors, metadata = _read(path)
    source = origin(metadata, plain(settings), path)
    mean, std = (json.loads(metadata[key]) for key in ("mean", "std"))
    stain = parse(StainReference, json.loads(metadata["stain"])) if "stain" in metadata else None
    preparation = parse(PreparationRecord, json.loads(metadata["preparation"])) if "preparation" in metadata else None
    return TrainedWeights(tensors, settings, source.code, mean, std, source.classes, stain, preparation)


def load_trained(model: nn.Module, weights: TrainedWeights) -> nn.Module:
    """Copy the tensors of a finished training into its network, strictly; returns the network in eval mode."""
    model.load_state_dict(weights.tensors)
    return model.eval()


def _prefixes(model: nn.Module, without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{part}." for part in (*classifier_names(model), *without))


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with _opened(path) as file:
        return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file, open; UserError when it is missing or none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError:
        raise UserError(f"{path} is missing; put the weights file there or change the setting `weights`") from None
    except SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file ({error}); pickled weights are not read") from None


def _is_of_colours(given: torch.Tensor, wanted: torch.Tensor) -> bool:
    """Whether these are kernels that see three colours, and those of the network see one channel."""
    is_grey = wanted.ndim == 4 and wanted.shape[1] == 1
    return is_grey and given.shape == (wanted.shape[0], COLOURS, *wanted.shape[2:])


def _resized_positions(positions: torch.Tensor, model: nn.Module) -> torch.Tensor:
    from timm.layers import resample_abs_pos_embed

    grid, prefix_tokens = token_grid(model)
    return resample_abs_pos_embed(positions.float(), new_size=grid, num_prefix_tokens=prefix_tokens)
