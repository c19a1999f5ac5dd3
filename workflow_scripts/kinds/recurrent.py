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
            "How patients of different numbers of visits share a batch. padded: all compute as many steps as the "
            "longest of the batch, and each one's last visit is read; packed: none computes beyond its last visit, "
            "which takes longer on a processor unless few have many visits. Equal but for rounding."
        ),
    ] = "padded"

    def layers_over_steps(self, classes: int) -> tuple[tuple[str, ...], ...]:
        reading = ("the visits in their order", *(["the layer before it"] * (self.layers - 1)))
        cells = [(self.cell.upper(), f"{self.hidden} units", f"reads {what}") for what in reading]
        dropout = f"dropout {self.dropout:g}" if self.dropout else "as they are"
        last = ("After the last visit", f"{self.hidden} numbers", dropout)
        return (*cells, last, ("Output", f"{self.hidden} → {classes}", "softmax"))

    def words(self, name: str, record: "RunRecord") -> str:
        layers = "" if self.layers == 1 else f" in {self.layers} layers"
        return f"{self.cell.upper()} of {self.hidden} units{layers}"
