"""Blocks of which there are several, told apart by a name that they hold."""

from abc import ABC, abstractmethod


class OneOfKind(ABC):
    """A block of which there are several: the value of its key `kind` says which class it is parsed into."""

    kind: str

    @classmethod
    @abstractmethod
    def of_kind(cls, kind: str) -> type["OneOfKind"]:
        """The class of the blocks of one kind."""
