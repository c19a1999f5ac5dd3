"""What one training learns from."""

from dataclasses import dataclass

from workflow_scripts.contracts.arrays import Arrays
from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.run_record import Resampled
from workflow_scripts.kinds.step_settings.training_settings import Seeds, TrainSettings
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.training import sampling
from workflow_scripts.training.feeders.batches import View
from workflow_scripts.training.samples import Samples, Subset, read_samples
from workflow_scripts.training.view import fitted_view


@dataclass(frozen=True)
class LearningSamples:
    """The samples of a fold, how a network sees them, and those that an epoch shows.

    arrays: where the rows of `subset` are; resampled: of the synthetic ones among them, None without any.
    """

    samples: Samples
    view: View
    arrays: Arrays
    subset: Subset
    resampled: Resampled | None
    seeds: Seeds

    @classmethod
    def read(cls, files: FoldFiles, settings: TrainSettings) -> "LearningSamples":
        """Read a fold and fit the view of its training subset; UserError as read_samples."""
        seeds, train = settings.seeds, settings.train
        samples = read_samples(files.dataset, files.arrays, files.split, settings.fold, files.masks)
        subset = samples.subset("train")
        view = fitted_view(train, seeds.train, samples)
        arrays, report = samples.arrays, None
        if settings.resample != "none":
            # Its library is needed nowhere else.
            from workflow_scripts.training.smote import resampled

            training = resampled(settings, samples)
            arrays, subset, report = training.arrays, training.subset, training.report
        shown = sampling.shown(subset.targets, samples.classes, train, seeds.repeat)
        return cls(samples, view, arrays, subset.repeated(shown), report, seeds)

    @property
    def classes(self) -> list[str]:
        return self.samples.classes

    @property
    def shape(self) -> InputShape:
        """Of what the network takes; of the pictures, also where stored maps of them are learned from."""
        return InputShape.of_arrays(self.samples.arrays)
