"""Attention over the samples of a unit."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, about
from workflow_scripts.kinds.kind import MAKE_WITH_ATTENTION
from workflow_scripts.kinds.made_kind import MadeKind

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Attention(MadeKind):
    """A unit is judged by all its samples at once: gated attention pooling over their stored features.

    Every sample of a unit gets the unit's probabilities. Under a protocol by sample, a unit that is torn apart is
    judged within each subset by its samples there. How much each sample counted stands in attention.csv.
    """

    position = 8
    rule = MAKE_WITH_ATTENTION
    reads = "features"
    learns = True
    needs_validation = True
    maker = "workflow_scripts.training.attention_run:make"

    kind: Annotated[Literal["attention"], about("Attention over the samples of a unit, on stored features.")]
    embedding: Annotated[
        Filled,
        about("The study's embedding whose numbers are pooled; of maps their mean over positions."),
    ] = field()  # Without it the default would be that of all kinds, none.
    hidden: Annotated[Positive, about("How many numbers each sample is reduced to.")] = 256
    gate: Annotated[Positive, about("Width of the two layers that weigh a sample.")] = 128
    dropout: Annotated[
        float,
        about("Share of numbers left out at random, after the reduction and before the classifier.", ge=0, lt=1),
    ] = 0.25
    epochs: Annotated[Positive, about("Passes over the training units at most, one unit an optimiser step.")] = 100
    patience: Annotated[
        Positive,
        about("Epochs without a lower validation loss after which training stops; the best epoch is kept."),
    ] = 20
    learning_rate: Annotated[float, about("Learning rate of Adam.", gt=0)] = 0.0005
    weight_decay: Annotated[float, about("Weight decay of Adam.", ge=0)] = 0.0001

    def words(self, name: str, record: "RunRecord") -> str:
        return f"attention over the samples of a unit, on the stored features {self.embedding}"
