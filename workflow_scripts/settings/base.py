"""The closed, described model that every block of settings is."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of settings: unknown keys are refused, every key has a description and a default that is a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
