"""What the step `examples` receives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HowPacked:
    """What a caption says of how pictures were packed: see the block `preprocess`."""

    fit: str
    interpolation: str


@dataclass(frozen=True)
class ExamplesSettings:
    """What the step receives."""

    study: str
    preprocess: HowPacked
