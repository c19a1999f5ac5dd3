"""The pictures that a network takes. Imports no PyTorch."""

from dataclasses import dataclass

from workflow_scripts.contracts.arrays import ArrayDescription


@dataclass(frozen=True)
class InputShape:
    """Channels, height and width (pixels) of a picture; written, its side where it is square."""

    channels: int
    height: int
    width: int

    @classmethod
    def of(cls, description: ArrayDescription) -> "InputShape":
        """Of the pictures of an array."""
        return cls(description.channels, description.height, description.width)

    @property
    def is_square(self) -> bool:
        """Whether height and width are the same."""
        return self.height == self.width

    @property
    def dimensions(self) -> tuple[int, int, int]:
        """(C, H, W): the shape of one picture of a batch."""
        return (self.channels, self.height, self.width)

    def __str__(self) -> str:
        return str(self.width) if self.is_square else f"{self.width}×{self.height}"


def square(side: int, channels: int = 3) -> InputShape:
    """The shape of square pictures, in colour unless `channels` says otherwise."""
    return InputShape(channels, side, side)
