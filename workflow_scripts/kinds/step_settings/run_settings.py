"""A run as the steps receive it that work on several: what it is, and how it was trained."""

from dataclasses import dataclass

from workflow_scripts.contracts.blocks import optional
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.kind import RunKind


@dataclass(frozen=True)
class RunSettings:
    """spec: the run as its kind declares it; train: the whole training block of one that is trained."""

    spec: RunKind
    train: Train | None = optional()

    @property
    def trained(self) -> bool:
        """Whether it is trained."""
        return self.train is not None
