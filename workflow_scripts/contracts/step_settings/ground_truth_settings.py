"""What the step `ground_truth` receives."""

from dataclasses import dataclass

from workflow_scripts.contracts.step_settings.preprocess_settings import Mask, Packing


@dataclass(frozen=True)
class GroundTruthSettings:
    """What the step receives; explain: the runs that are explained under each of the protocols."""

    study: str
    preprocess: Packing
    mask: Mask
    protocols: tuple[str, ...]
    explain: tuple[str, ...]
