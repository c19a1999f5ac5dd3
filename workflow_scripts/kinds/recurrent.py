"""A recurrent network over the steps of a sample."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Positive, about
from workflow_scripts.kinds.kind import TrainedKind

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Recurrent(TrainedKind):
    """A recurrent network that reads the steps of a sample, a patient's visits, in their order."""

    position = 0
    reads = "sequence"
    builder = "workflow_scripts.models.recurrent:build_recurrent"

    kind: Annotated[Literal["recurrent"], about("A recurrent network over visits.")]
    cell: Annotated[
        Literal["lstm", "gru"],
        about("lstm: long short-term memory (Hochreiter & Schmidhuber 1997); gru: gated units (Cho et al. 2014)."),
    ] = "lstm"
    hidden: Annotated[Positive, about("Numbers that a layer remembers from visit to visit.")] = 32
    layers: Annotated[Positive, about("Recurrent layers, each reading what the one below it gives.")] = 1
    dropout: Annotated[
        float, about("Share of numbers left out at random between the layers and before the classifier.", ge=0, lt=1)
    ] = 0.0
    batching: Annotated[
        Literal["packed", "padded"],
        about(
            "How patients of different numbers of visits share a batch. packed: none computes beyond its last visit; "
            "padded: all compute as many steps, and each one's last visit is read. Equal but for rounding."
        ),
    ] = "packed"

    def words(self, name: str, record: "RunRecord") -> str:
        layers = "" if self.layers == 1 else f" in {self.layers} layers"
        return f"{self.cell.upper()} of {self.hidden} units{layers}"
