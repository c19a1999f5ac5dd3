"""What makes a run of a kind that no training makes."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MakeRun:
    """One fold and seed of a run.

    spec: the run's settings, see kinds.kind_registry.read_spec; aggregate: how samples become what is judged, of a run
    that reads a study's arrays; member: the settings of the training whose weights it applies, where it applies one.
    """

    study: str
    protocol: str
    run: str
    fold: int
    seed: int
    spec: dict[str, Any]
    aggregate: str = "none"
    member: dict[str, Any] | None = None
