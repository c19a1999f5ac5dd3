"""The closed, described model that every block of settings is."""

import os
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

_List = TypeVar("_List", bound=list | None)
# Bytes of the longest name of a file that common file systems take.
LONGEST = 255


def _distinct(values: list | None) -> list | None:
    for value in values or ():
        if values.count(value) > 1:
            raise ValueError(f"{value!r} stands there {values.count(value)} times; write it once")
    return values


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("empty; write a name or a path, or take the line out")
    return text


def _user_path(text: str) -> str:
    """The path of a file or folder with `~` written out; ValueError for what no system can open."""
    _filled(text)
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


# Text that says something.
Filled = Annotated[str, AfterValidator(_filled)]
# Where a file or folder of the user's lies.
UserPath = Annotated[str, AfterValidator(_user_path)]
# A list in which nothing may stand twice.
Distinct = Annotated[_List, AfterValidator(_distinct)]


class Block(BaseModel):
    """A block of settings: unknown keys are refused, every key has a description and a default that is a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


def changes_of(block: type[Block], name: str) -> type[Block]:
    """The block with every key optional: what one run changes of the study's. Dump it with exclude_unset=True."""
    fields = {}
    for key, field in block.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Block):
            kind = changes_of(kind, f"{kind.__name__}Changes")
        annotated = Annotated[kind, *field.metadata] if field.metadata else kind
        fields[key] = (annotated, Field(None, description=field.description))
    return create_model(name, __base__=Block, __doc__=f"What differs from the study: {block.__doc__}", **fields)
