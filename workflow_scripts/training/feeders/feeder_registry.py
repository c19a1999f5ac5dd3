"""Kind of array → the view whose feeders give its batches. Imports no PyTorch."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow_scripts.training.feeders.batches import View

# Kind → "module:class"; naming one imports only it.
VIEWS: dict[str, str] = {
    "pixels": "workflow_scripts.training.feeders.pixels:PixelView",
    "features": "workflow_scripts.training.feeders.features:FeatureView",
    "maps": "workflow_scripts.training.feeders.maps:MapView",
    "sequence": "workflow_scripts.training.feeders.sequences:SequenceView",
}


def view_class(kind: str) -> "type[View]":
    """The view for arrays of a kind, see contracts.arrays."""
    module, _, name = VIEWS[kind].partition(":")
    return getattr(importlib.import_module(module), name)


def feeder_module(kind: str) -> str:
    """The module that feeds arrays of a kind: a step that trains or applies a network depends on its code."""
    return VIEWS[kind].partition(":")[0]
