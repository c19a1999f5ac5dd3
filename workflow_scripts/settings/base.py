"""The closed, described model that every block of settings is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, create_model


class Block(BaseModel):
    """A block of settings: unknown keys are refused, every key has a description and a default that is a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


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
