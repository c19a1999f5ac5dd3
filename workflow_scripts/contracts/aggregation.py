"""How the samples of a unit become one prediction."""

from dataclasses import dataclass

from workflow_scripts.contracts.blocks import optional
from workflow_scripts.contracts.step_settings.split_settings import Aggregate


@dataclass(frozen=True)
class Aggregation:
    """aggregate: see the settings of a protocol; aggregate_top: how many samples count a class, of top_k alone."""

    aggregate: Aggregate
    aggregate_top: int | None = optional()

    def __post_init__(self) -> None:
        if (self.aggregate == "top_k") != (self.aggregate_top is not None):
            raise ValueError(f"aggregate is {self.aggregate}, aggregate_top is {self.aggregate_top}")

    @classmethod
    def of(cls, aggregate: Aggregate, aggregate_top: int) -> "Aggregation":
        """Of the settings, where `aggregate_top` always stands."""
        return cls(aggregate, aggregate_top if aggregate == "top_k" else None)

    @property
    def words(self) -> str:
        """What is judged."""
        if self.aggregate == "none":
            return "each sample for itself"
        if self.aggregate == "top_k":
            return f"the mean of the {self.aggregate_top} highest probabilities of each class among a unit's samples"
        return f"the {self.aggregate} of a unit's samples"


EACH_SAMPLE = Aggregation("none")
