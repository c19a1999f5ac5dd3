"""Stand-in."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Positive, about
from workflow_scripts.kinds.kind import TrainedKind


@dataclass(frozen=True)
class Recurrent(TrainedKind):
    """A recurrent network over visits."""

    position = 1
    reads = "sequence"
    builder = "workflow_scripts.models.recurrent:build_recurrent"
    kind: Annotated[Literal["recurrent"], about("A recurrent network.")]
    cell: Annotated[Literal["lstm", "gru"], about("Cell.")] = "lstm"
    hidden: Annotated[Positive, about("Width.")] = 32
    dropout: Annotated[float, about("Dropout.", ge=0, lt=1)] = 0.2
