"""What the step `segment` receives."""

from dataclasses import dataclass

from workflow_scripts.contracts.step_settings.preprocess_settings import Mask


@dataclass(frozen=True)
class SegmentSettings:
    """What the step receives. mask: on what the masks are found, see the block `preprocess`."""

    study: str
    mask: Mask
