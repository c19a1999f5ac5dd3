"""What makes a run of a kind that no training makes."""

from dataclasses import dataclass

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.blocks import optional
from workflow_scripts.contracts.step_settings.split_settings import Aggregate
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings


@dataclass(frozen=True)
class MakeRun:
    """One fold and seed of a run.

    spec: the run as its kind declares it; aggregate, aggregate_top: how samples become what is judged, of a run that
    reads a study's arrays; member: the settings of the training whose weights it applies, or that it does itself;
    expert: digest of the labels in the user's file, where its kind names one.
    """

    study: str
    protocol: str
    run: str
    fold: int
    seed: int
    spec: RunKind
    aggregate: Aggregate | None = optional()
    aggregate_top: int | None = optional()
    member: TrainSettings | None = optional()
    expert: str | None = optional()

    @property
    def aggregation(self) -> Aggregation:
        """How samples become what is judged."""
        return Aggregation(self.aggregate or "none", self.aggregate_top)
