"""The view of a run by the kind of array it learns from: fitted in its training, found again with its weights."""

from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.weights import TrainedWeights
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.feeders.feeder_registry import view_class
from workflow_scripts.training.samples import Samples, Subset


def fitted_view(settings: TrainSettings, samples: Samples, subset: Subset) -> View:
    """Fit the view of a training on its training subset."""
    kind = samples.arrays.description.kind
    return view_class(kind).fitted(settings.train, training_seed(settings), samples.arrays, subset)


def view_of(weights: TrainedWeights, kind: str) -> View:
    """The view of a finished training, on arrays of a kind."""
    settings = weights.settings
    return view_class(kind)(settings.train, training_seed(settings), weights.mean, weights.std)


def training_seed(settings: TrainSettings) -> int:
    """Seed of order, random changes and noise of a training."""
    return settings.seed_for("train")
