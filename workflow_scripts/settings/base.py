"""The closed, described model that every block of settings is."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from workflow_scripts.contracts import blocks
from workflow_scripts.contracts.blocks import About
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.portable import without_folders

_List = TypeVar("_List", bound=list[Any] | None)
_Declared = TypeVar("_Declared")

# A count of at least one.
Positive = Annotated[int, Field(ge=1)]
# Text that says something.
Filled = Annotated[str, AfterValidator(blocks.filled)]
# Where a file or folder of the user's lies.
UserPath = Annotated[str, AfterValidator(blocks.user_path)]
# A list in which nothing may stand twice.
Distinct = Annotated[_List, AfterValidator(blocks.distinct)]


class Block(BaseModel):
    """A block of settings: unknown keys are refused, every key has a description and a default that is a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


def description_of(declared: type, name: str) -> str:
    """What the settings say of a field of a block."""
    notes = [note for note in get_args(blocks.hints_of(declared)[name])[1:] if isinstance(note, About)]
    return next(note.description for note in notes if note.description)


@cache
def block_of(declared: type, **further: tuple[Any, Any]) -> Any:
    """The model of a block that is declared as a data class (contracts.blocks).

    `further`: keys that stand in the settings alone or are checked there, each with its type and pydantic Field. What
    the class refuses in `__post_init__` (ValueError), the model refuses.
    """
    hints = blocks.hints_of(declared)
    keys: dict[str, Any] = {}
    for field in fields(declared):
        default = blocks.default_of(field)
        value = ... if default is MISSING else _default(default)
        keys[field.name] = (
            _model_type(hints[field.name]),
            Field(value, description=description_of(declared, field.name)),
        )
    validators: dict[str, Any] | None = None
    if _checks(declared):
        validators = {"_whole": model_validator(mode="after")(_refuses_as(declared))}
    return create_model(
        declared.__name__,
        __base__=Block,
        __doc__=declared.__doc__,
        __module__=__name__,
        __validators__=validators,
        **{**keys, **further},
    )


def declared(block: type[_Declared], model: Any) -> _Declared:
    """The block that a model holds, as a step receives it.

    What the model has and the block has not is left out; files of the user's are without_folders.
    """
    return blocks.parse(block, without_folders(model.model_dump(mode="json")), further=True)


def values_of(block: Any, **how: Any) -> dict[str, Any]:
    """The values of a block of the settings, which to the types is the data class that declares it; as model_dump."""
    return block.model_dump(**how)


def _checks(declared: type) -> bool:
    return hasattr(declared, "__post_init__")


def _refuses_as(declared: type) -> Any:
    names = {field.name for field in fields(declared)}

    def whole(model: Block) -> Block:
        blocks.parse(declared, {key: value for key, value in model.model_dump(mode="json").items() if key in names})
        return model

    return whole


def _default(value: Any) -> Any:
    """The default of a field as the model holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        return block_of(type(value))()
    if isinstance(value, tuple):
        return [_default(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _default(item) for key, item in value.items()}
    return value


def _model_type(hint: Any) -> Any:
    """The type of a field as pydantic checks it: tuples are lists of JSON, data classes are models."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind = _model_type(inner[0])
        for about in (entry for entry in inner[1:] if isinstance(entry, About)):
            limits: dict[str, Any] = dict(about.limits)
            if limits:
                kind = Annotated[kind, Field(**limits)]
            if about.check:
                kind = Annotated[kind, AfterValidator(about.check)]
        return kind
    if origin in (Union, UnionType):
        return Union[tuple(kind if kind is NoneType else _model_type(kind) for kind in inner)]  # noqa: UP007
    if origin is tuple:
        if inner[1:] == (Ellipsis,):
            return _list_of(inner[0])
        return Annotated[_list_of(inner[0]), Field(min_length=len(inner), max_length=len(inner))]
    if origin is dict:
        return GenericAlias(dict, (_model_type(inner[0]), _model_type(inner[1])))
    return block_of(hint) if isinstance(hint, type) and is_dataclass(hint) else hint


def _list_of(hint: Any) -> Any:
    return GenericAlias(list, (_model_type(hint),))


def changes_of(block: type[Block], name: str) -> type[Block]:
    """The block with every key optional: what one run changes of the study's. Dump it with exclude_unset=True."""
    fields: dict[str, Any] = {}
    for key, field in block.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Block):
            kind = changes_of(kind, f"{kind.__name__}Changes")
        annotated = Annotated[kind, *field.metadata] if field.metadata else kind
        fields[key] = (annotated, Field(None, description=field.description))
    return create_model(name, __base__=Block, __doc__=f"What differs from the study: {block.__doc__}", **fields)


def digest_of(block: Any) -> str:
    """Digest of what a step receives, as its record holds it."""
    return digest_text(canonical_json(blocks.plain(block)))
