"""Finished runs vote."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct, limit


@dataclass(frozen=True)
class Vote:
    """Finished runs vote; nothing is trained."""

    kind: Annotated[Literal["vote"], about("Vote of several runs.")]
    members: Annotated[tuple[str, ...], about("Names of runs of this study.", min_length=2, check=distinct)]
    how: Annotated[
        Literal["soft", "weighted", "hard"],
        about(
            "soft: mean of the probabilities; weighted: their mean, weighted by `weights`; hard: share of the "
            "votes (ties: the larger mean probability)."
        ),
    ] = "soft"
    weights: Annotated[
        tuple[Annotated[float, limit(ge=0)], ...] | None,
        about("weighted only: one number a member. null: the members' accuracy on the validation subset."),
    ] = None
