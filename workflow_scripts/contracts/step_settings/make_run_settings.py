"""What makes a run of a kind that no training makes."""

from dataclasses import dataclass
from typing import Any

from workflow_scripts.contracts.blocks import optional
from workflow_scripts.contracts.step_settings.split_settings import Aggregate


@dataclass(frozen=True)
class MakeRun:
    """One fold and seed of a run.

    spec: the run's settings, see kinds.kind_registry.read_spec; aggregate, aggregate_top: how samples become what is
    judged (contracts.aggregation), of a run that reads a study's arrays; member: the settings of the training whose
    weights it applies, where it applies one.
    """

    study: str
    protocol: str
    run: str
    fold: int
    seed: int
    spec: dict[str, Any]
    aggregate: Aggregate = "none"
    aggregate_top: int | None = optional()
    member: dict[str, Any] | None = None
