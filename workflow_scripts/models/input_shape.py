"""The pictures that a network takes. Imports no PyTorch."""

from dataclasses import dataclass

from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.runtime.errors import UserError

# Channels that published weights were trained on, and all that some networks take.
COLOURS = 3


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


def require_colour(name: str, shape: InputShape) -> None:
    """UserError where a network takes pictures in colour and these are others."""
    if shape.channels != COLOURS:
        raise UserError(
            f"model {name!r} takes images of {COLOURS} channels, not of {shape.channels}; choose a network of timm's"
        )


def side_of(name: str, shape: InputShape) -> int:
    """The side of square pictures in pixels; UserError for others."""
    if not shape.is_square:
        raise UserError(f"model {name!r} takes square images, not {shape} pixels; choose a network of timm's")
    return shape.width
