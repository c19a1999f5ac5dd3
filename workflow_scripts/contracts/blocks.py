"""A block of settings, declared once as a frozen data class: the settings check it, a step receives it.

The package `settings` makes a pydantic model of the class (settings.base.block_of). A step parses the JSON of its
command line into the class itself and needs no pydantic. A file that a person writes and a step reads is parsed with
its limits. A field whose key is a word of Python ends in an underscore: `class_` is the key `class`.
"""

import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from workflow_scripts.contracts.misfits import MisfitError, type_problem
from workflow_scripts.contracts.misfits import Path as Keys
from workflow_scripts.contracts.one_of_kind import OneOfKind
from workflow_scripts.runtime.wording import nearest

_Block = TypeVar("_Block")
_Sequence = TypeVar("_Sequence", bound="list[Any] | tuple[Any, ...] | None")
# Bytes of the longest name of a file that common file systems take.
LONGEST = 255
# Limit → whether a value keeps it, and what it asks for.
_LIMITS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "ge": (operator.ge, "at least {}"),
    "gt": (operator.gt, "more than {}"),
    "le": (operator.le, "at most {}"),
    "lt": (operator.lt, "less than {}"),
    "min_length": (lambda value, length: len(value) >= length, "at least {} long"),
    "max_length": (lambda value, length: len(value) <= length, "at most {} long"),
}


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
        return {name: limit for name in _LIMITS if (limit := getattr(self, name)) is not None}

    def held(self, value: Any) -> Any:
        """The value that counts; ValueError where it does not keep a limit."""
        for name, bound in self.limits.items():
            keeps, words = _LIMITS[name]
            if value is not None and not keeps(value, bound):
                raise ValueError(f"{value!r} is not {words.format(bound)}")
        return self.check(value) if self.check else value


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


# In the metadata of a field that JSON leaves out where it has its default.
_OPTIONAL = "optional"


def optional(default: Any = None) -> Any:
    """The default of a field that JSON leaves out where it has it: what was made before there was the key stays."""
    return field(default=default, metadata={_OPTIONAL: True})


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


@cache
def hints_of(block: type) -> dict[str, Any]:
    """The type of each field of a block, with what stands in `Annotated`."""
    hints = get_type_hints(block, include_extras=True)
    return {field.name: hints[field.name] for field in fields(block)}


def default_of(field: Field[Any]) -> Any:
    """The default of a block's field, or MISSING."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def key_of(name: str) -> str:
    """The key of a field."""
    return name.removesuffix("_")


@dataclass(frozen=True)
class _Reading:
    """How values are read: `further` keys are passed over; those that are `written` are held to their limits."""

    further: bool
    written: bool


def parse(block: type[_Block], values: Mapping[str, Any], further: bool = False, written: bool = False) -> _Block:
    """The block that JSON holds: `values` are those of a step's settings, checked when they were resolved.

    `further`: whether mappings may hold keys that the block has not, which are left out. `written`: whether a person
    wrote the values, so that nobody has checked their limits. Raises MisfitError, a TypeError, for a key that is
    unknown or missing and a value of another type, and for one beyond its limits; what `__post_init__` refuses is a
    ValueError unless the values are written.
    """
    return _block(block, values, (block.__name__,), _Reading(further, written))


def _block(block: type[_Block], values: Any, path: Keys, how: _Reading) -> _Block:
    if not isinstance(values, Mapping):
        raise MisfitError(path, type_problem((block,), values))
    if not is_dataclass(block):
        return _block(_of_kind(block, values, path), values, path, how)
    declared: Any = block
    hints = {key_of(name): (name, hint) for name, hint in hints_of(declared).items()}
    unknown = [key for key in values if key not in hints]
    if unknown and not how.further:
        raise MisfitError(path, f"unknown key {unknown[0]}; {nearest(unknown[0], hints)}")
    required = [key_of(field.name) for field in fields(declared) if default_of(field) is MISSING]
    if missing := [key for key in required if key not in values]:
        raise MisfitError(path, f"lacks {', '.join(missing)}")
    items = {
        name: _parsed(hint, values[key], (*path, key), how) for key, (name, hint) in hints.items() if key in values
    }
    try:
        return block(**items)
    except ValueError as error:
        if not how.written:
            raise
        raise MisfitError(path, str(error)) from None


def _of_kind(block: type[_Block], values: Mapping[str, Any], path: Keys) -> type[_Block]:
    """The class of the kind of a block of which there are several."""
    if not issubclass(block, OneOfKind) or "kind" not in values:
        raise MisfitError(path, "lacks kind")
    chosen = block.of_kind(values["kind"])
    if not issubclass(chosen, block):
        raise MisfitError(path, f"{values['kind']!r} is no kind of {block.__name__}")
    return chosen


def _parsed(hint: Any, value: Any, path: Keys, how: _Reading) -> Any:
    """A value of JSON as the type says: lists become tuples, mappings become blocks."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _held(inner[1:], _parsed(inner[0], value, path, how), path, how)
    if origin in (Union, UnionType):
        if value is None and NoneType in inner:
            return None
        kinds = tuple(kind for kind in inner if kind is not NoneType)
        fitting = next((kind for kind in kinds if _fits(kind, value)), None)
        if fitting is None:
            raise MisfitError(path, type_problem(kinds, value))
        return _parsed(fitting, value, path, how)
    if _is_block(hint):
        return _block(hint, value, path, how)
    if not _fits(hint, value):
        raise MisfitError(path, type_problem((hint,), value))
    if origin is tuple:
        items = inner[:1] * len(value) if inner[1:] == (Ellipsis,) else inner
        if len(items) != len(value):
            raise MisfitError(path, f"{len(items)} entries are wanted, {value!r} was found")
        return tuple(
            _parsed(kind, item, (*path, position), how)
            for position, (kind, item) in enumerate(zip(items, value, strict=True))
        )
    if origin in (dict, Mapping):
        return {key: _parsed(inner[1], item, (*path, key), how) for key, item in value.items()}
    return float(value) if hint is float else value


def _held(notes: tuple[Any, ...], value: Any, path: Keys, how: _Reading) -> Any:
    """The value, held to the limits that its type has."""
    if not how.written:
        return value
    for note in notes:
        if isinstance(note, About):
            try:
                value = note.held(value)
            except ValueError as error:
                raise MisfitError(path, str(error)) from None
    return value


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
    hint = hints_of(block).get("kind") if is_dataclass(block) else None
    return hint is None or _fits(hint, values.get("kind"))


def plain(value: Any) -> Any:
    """A block as JSON holds it: the inverse of `parse`."""
    if is_dataclass(value) and not isinstance(value, type):
        values = {entry: getattr(value, entry.name) for entry in fields(value)}
        return {
            key_of(entry.name): plain(item)
            for entry, item in values.items()
            if item != entry.default or not entry.metadata.get(_OPTIONAL)
        }
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value
