"""The view of a run by the kind of array it learns from: fitted in its training, found again with its weights."""

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.weights import TrainedWeights
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.feeders.feeder_registry import view_class
from workflow_scripts.training.samples import Samples


def fitted_view(train: Train, seed: int, samples: Samples) -> View:
    """Fit the view of a training on its training subset; `seed`: of the training."""
    table = samples.counting("train")
    subset, units = samples.subset_of(table), table["unit"].to_numpy()
    return view_class(samples.arrays.description.kind).fitted(train, seed, samples.arrays, subset, units)


def view_of(weights: TrainedWeights, kind: str) -> View:
    """The view of a finished training, on arrays of a kind."""
    fitted = weights.mean, weights.std, weights.stain, weights.preparation
    return view_class(kind)(weights.settings.train, weights.settings.seeds.train, *fitted)
