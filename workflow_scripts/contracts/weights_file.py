"""weights.safetensors of a training, as far as it can be read without its tensors: shapes, and whose it is.

The format is a JSON header, after its length in eight bytes, and the tensors' bytes behind it.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.runtime.results_layout import remedy


@dataclass(frozen=True)
class Header:
    """Shape of every tensor, in the order of the file, and what the file says of itself."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]


@dataclass(frozen=True)
class Origin:
    """What a training's weights belong to: digest of the code, classes in order."""

    code: str
    classes: list[str]


def read_header(path: Path) -> Header:
    """The head of a safetensors file; UserError when it is missing or none."""
    try:
        with open(path, "rb") as handle:
            length = struct.unpack("<Q", handle.read(8))[0]
            head = json.loads(handle.read(length))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; {remedy(path)}") from None
    except (struct.error, ValueError, MemoryError, OverflowError):
        raise UserError(f"{path} is no safetensors file; {remedy(path)}") from None
    metadata = head.pop("__metadata__", {})
    return Header({key: tuple(entry["shape"]) for key, entry in head.items()}, metadata)


def head_of(path: Path) -> bytes:
    """The bytes of a safetensors file before its tensors, which read_header reads too; UserError as read_header."""
    read_header(path)
    with open(path, "rb") as handle:
        length = handle.read(8)
        return length + handle.read(struct.unpack("<Q", length)[0])


def origin(metadata: dict[str, str], settings: dict[str, Any], path: Path) -> Origin:
    """Whose weights these are; UserError, naming the file `path`, unless trained with exactly `settings`."""
    if "settings" not in metadata:
        raise UserError(f"{path} does not say how it was trained; {remedy(path)}")
    recorded = json.loads(metadata["settings"])
    if canonical_json(recorded) != canonical_json(settings):
        raise UserError(
            f"{path} was trained with other settings ({first_difference(recorded, settings)}); {remedy(path)}"
        )
    return Origin(metadata["code"], json.loads(metadata["classes"]))


def require_classes(trained: list[str], classes: list[str], where: Path) -> None:
    """Raise UserError, naming the file `where`, unless a network tells exactly these classes apart."""
    if classes != trained:
        raise UserError(
            f"{where} was trained for the classes {', '.join(trained)}, the data have {', '.join(classes)}; "
            f"{remedy(where)}"
        )


def first_difference(recorded: object, wanted: object, where: str = "") -> str:
    """First key, in their order, whose value differs between settings there and here, with both values."""
    if isinstance(recorded, dict) and isinstance(wanted, dict):
        for key in sorted(recorded.keys() | wanted.keys()):
            if recorded.get(key) != wanted.get(key):
                return first_difference(recorded.get(key), wanted.get(key), f"{where}.{key}".lstrip("."))
    return f"{where}: {recorded!r} there, {wanted!r} now"
