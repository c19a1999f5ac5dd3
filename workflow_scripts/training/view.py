"""The view of a run by the kind of array it learns from: fitted in its training, found again with its weights."""

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.weights import TrainedWeights
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.feeders.feeder_registry import view_class
from workflow_scripts.training.samples import Samples, Subset


def training_seed(settings: dict) -> int:
    """Seed of order, random changes and noise of a training, from the settings of its train step."""
    return seed_for(*(settings[key] for key in ("study", "run", "fold", "seed")), "train")


def fitted_view(settings: dict, samples: Samples, subset: Subset) -> View:
    """Fit the view of a training, with the settings of its train step, on its training subset."""
    kind, train = samples.arrays.description.kind, parse(Train, settings["train"])
    return view_class(kind).fitted(train, training_seed(settings), samples.arrays, subset)


def view_of(weights: TrainedWeights, kind: str) -> View:
    """The view of a finished training, on arrays of a kind."""
    settings = weights.settings
    train = parse(Train, settings["train"])
    return view_class(kind)(train, training_seed(settings), weights.mean, weights.std)
