"""A block of settings, declared once as a frozen data class: the settings check it, a step receives it.

The package `settings` makes a pydantic model of the class (settings.base.block_of). A step parses the JSON of its
command line into the class itself and needs no pydantic.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_Block = TypeVar("_Block")
_Sequence = TypeVar("_Sequence", bound="list[Any] | tuple[Any, ...] | None")
# Bytes of the longest name of a file that common file systems take.
LONGEST = 255


@dataclass(frozen=True)
class About:
    """What the settings say of a field and ask of its value; stands in `Annotated`.

    `ge`, `gt`, `le`, `lt` are limits of a number; `min_length`, `max_length` those of a text, a list or a mapping.
    `check` returns the value that counts, or raises ValueError.
    """

    description: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    check: Callable[[Any], Any] | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are given, by name."""
        names = ("ge", "gt", "le", "lt", "min_length", "max_length")
        return {name: limit for name in names if (limit := getattr(self, name)) is not None}


def about(description: str, **limits: Any) -> About:
    """What the settings say of a field, and its limits, see About."""
    return About(description, **limits)


def limit(**limits: Any) -> About:
    """Limits of a value inside a field, see About."""
    return About(**limits)


def filled(text: str) -> str:
    """The text; ValueError where it says nothing."""
    if not text.strip():
        raise ValueError("empty; write a name or a path, or take the line out")
    return text


def distinct(values: _Sequence) -> _Sequence:
    """The list; ValueError where a value stands in it twice."""
    listed: list[Any] = [] if values is None else [*values]
    for value in listed:
        if listed.count(value) > 1:
            raise ValueError(f"{value!r} stands there {listed.count(value)} times; write it once")
    return values


def user_path(text: str) -> str:
    """The path of a file or folder with `~` written out; ValueError for what no system can open."""
    filled(text)
    if "\0" in text:
        raise ValueError(f"{text!r} has a zero byte, which no path can hold; correct the path")
    if any(len(os.fsencode(part)) > LONGEST for part in text.split("/")):
        raise ValueError(f"'{text[:30]}…' has a name of more than {LONGEST} bytes; shorten it")
    if not text.startswith("~"):
        return text
    try:
        return str(Path(text).expanduser())
    except RuntimeError:
        raise ValueError(
            f"{text!r}: no home folder is known for {text.split('/')[0]}; write the path in full"
        ) from None


# In the metadata of a field that JSON leaves out where it is None.
_OPTIONAL = "optional"


def optional() -> Any:
    """The default of a field that JSON leaves out where it is None."""
    return field(default=None, metadata={_OPTIONAL: True})


# A count of at least one.
Positive = Annotated[int, limit(ge=1)]
# A part of a whole.
Share = Annotated[float, limit(ge=0, le=1)]
# The side of a picture in pixels.
Size = Annotated[int, limit(ge=8, le=4096)]
# Text that says something.
Filled = Annotated[str, limit(check=filled)]
# Where a file or folder of the user's lies.
UserPath = Annotated[str, limit(check=user_path)]


class OneOfKind(ABC):
    """A block of which there are several: the value of its key `kind` says which class it is parsed into."""

    kind: str

    @classmethod
    @abstractmethod
    def of_kind(cls, kind: str) -> type["OneOfKind"]:
        """The class of the blocks of one kind."""


@cache
def hints_of(block: type) -> dict[str, Any]:
    """The type of each field of a block, with what stands in `Annotated`."""
    hints = get_type_hints(block, include_extras=True)
    return {field.name: hints[field.name] for field in fields(block)}


def default_of(field: Field) -> Any:
    """The default of a block's field, or MISSING."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def parse(block: type[_Block], values: Mapping[str, Any], further: bool = False) -> _Block:
    """The block that JSON holds: `values` are those of a step's settings, checked when they were resolved.

    `further`: whether mappings may hold keys that the block has not, which are left out. Raises TypeError for such a
    key otherwise, for one that is missing, and for a value of another type: other code than this resolved the settings.
    """
    chosen = _chosen(block, values)
    declared: type = chosen
    hints = hints_of(declared)
    unknown = sorted(set(values) - set(hints))
    if unknown and not further:
        raise TypeError(f"{chosen.__name__} has no field {unknown[0]!r}")
    stated = {name: value for name, value in values.items() if name in hints}
    return chosen(
        **{name: _parsed(hints[name], item, f"{chosen.__name__}.{name}", further) for name, item in stated.items()}
    )


def _chosen(block: type[_Block], values: Mapping[str, Any]) -> type[_Block]:
    """The block, or of one that there are several of the class of the kind; TypeError where that is another block."""
    if is_dataclass(block) or not issubclass(block, OneOfKind):
        return block
    chosen = block.of_kind(values["kind"])
    if not issubclass(chosen, block):
        raise TypeError(f"{values['kind']!r} is no kind of {block.__name__}")
    return chosen


def _parsed(hint: Any, value: Any, where: str, further: bool) -> Any:
    """A value of JSON as the type says: lists become tuples, mappings become blocks."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _parsed(inner[0], value, where, further)
    if origin in (Union, UnionType):
        if value is None and NoneType in inner:
            return None
        kinds = [kind for kind in inner if kind is not NoneType]
        return _parsed(next((kind for kind in kinds if _fits(kind, value)), kinds[0]), value, where, further)
    if not _fits(hint, value):
        raise TypeError(f"{where} is {value!r}, which is no {hint}")
    if origin is tuple:
        items = inner[:1] * len(value) if inner[1:] == (Ellipsis,) else inner
        return tuple(_parsed(kind, item, where, further) for kind, item in zip(items, value, strict=True))
    if origin in (dict, Mapping):
        return {key: _parsed(inner[1], item, f"{where}.{key}", further) for key, item in value.items()}
    if _is_block(hint):
        return parse(hint, value, further)
    return float(value) if hint is float else value


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value of JSON may stand for a type; what is inside is not looked at."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _fits(get_args(hint)[0], value)
    if origin is Literal:
        return value in get_args(hint)
    if hint is Any:
        return True
    if origin is tuple:
        return isinstance(value, (list, tuple))
    if origin in (dict, Mapping):
        return isinstance(value, Mapping)
    if _is_block(hint):
        return isinstance(value, Mapping) and _is_of_kind(hint, value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(hint, type) and isinstance(value, hint)


def _is_block(hint: Any) -> bool:
    return isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, OneOfKind))


def _is_of_kind(block: type, values: Mapping[str, Any]) -> bool:
    """Whether a mapping is for this one of several blocks that are told apart by their `kind`."""
    if not is_dataclass(block):
        return "kind" in values
    hint = hints_of(block).get("kind")
    return hint is None or _fits(hint, values.get("kind"))


def plain(value: Any) -> Any:
    """A block as JSON holds it: the inverse of `parse`."""
    if is_dataclass(value) and not isinstance(value, type):
        values = {entry: getattr(value, entry.name) for entry in fields(value)}
        return {
            entry.name: plain(item)
            for entry, item in values.items()
            if item is not None or not entry.metadata.get(_OPTIONAL)
        }
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value
