"""What a network takes: pictures, or rows of numbers. Imports no PyTorch."""

from dataclasses import dataclass

from workflow_scripts.contracts.arrays import FEATURES, SEQUENCE, ArrayDescription, Arrays
from workflow_scripts.runtime.errors import UserError

# Channels that published weights were trained on, and all that some networks take.
COLOURS = 3


@dataclass(frozen=True)
class InputShape:
    """Channels, height and width (pixels) of a picture; written, its side where it is square.

    A row of D numbers, of a sample or of a step of one, is a pixel of D channels.
    """

    channels: int
    height: int
    width: int

    @classmethod
    def of(cls, description: ArrayDescription) -> "InputShape":
        """Of the pictures of an array."""
        return cls(description.channels, description.height, description.width)

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> "InputShape":
        """Of the pictures that the rows are or were made of, or of the rows of numbers as a network sees them."""
        if arrays.description.kind in (FEATURES, SEQUENCE):
            return cls(arrays.width, 1, 1)
        return cls.of(arrays.pictures)

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
