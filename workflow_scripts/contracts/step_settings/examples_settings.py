"""What the step `examples` receives."""

from dataclasses import dataclass

from workflow_scripts.contracts.step_settings.preprocess_settings import Packing


@dataclass(frozen=True)
class ExamplesSettings:
    """What the step receives: how samples were packed, as of the step `preprocess`."""

    study: str
    preprocess: Packing
