"""What makes a run of a kind that no training makes."""

from dataclasses import dataclass

from workflow_scripts.contracts.blocks import optional
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings


@dataclass(frozen=True)
class MakeRun:
    """One fold and seed of a run.

    spec: the run as its kind declares it; aggregate: how samples become what is judged, of a run that reads a study's
    arrays; member: the settings of the training whose weights it applies, where it applies one.
    """

    study: str
    protocol: str
    run: str
    fold: int
    seed: int
    spec: RunKind
    aggregate: str | None = optional()
    member: TrainSettings | None = optional()
