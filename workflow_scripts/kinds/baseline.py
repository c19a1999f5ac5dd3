"""Logistic regression on a few numbers of each image."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct


@dataclass(frozen=True)
class Baseline:
    """Logistic regression on a few numbers of each image; what it reaches, a network must beat."""

    kind: Annotated[Literal["baseline"], about("Logistic regression without a network.")]
    features: Annotated[
        tuple[Literal["rim", "colour", "size", "stained"], ...],
        about(
            "rim: the outermost 2 of 32 rows and columns of pixels; colour: mean, spread and percentiles of each "
            "channel; size: width, height and their ratio of the published image; stained: share of the area of "
            "nuclei that is brown.",
            min_length=1,
            check=distinct,
        ),
    ]
