"""A trained run of another study, applied to this one."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import about


@dataclass(frozen=True)
class External:
    """A trained run of another study predicts this study's samples, without any refit."""

    kind: Annotated[Literal["external"], about("A trained run of another study, applied here as it is.")]
    study: Annotated[str, about("The study it was trained in.")]
    of: Annotated[str, about("Name of a network or fusion of that study; its first fold is used.")]
    protocol: Annotated[str | None, about("Protocol of that study. null: the one whose `role` is as_published.")] = None
    classes: Annotated[
        dict[str, str | None] | None,
        about(
            "Class there → class here; probabilities of several are added; null: left out, and the rest scaled to"
            " 1. null for the whole key: both studies have the same classes."
        ),
    ] = None
