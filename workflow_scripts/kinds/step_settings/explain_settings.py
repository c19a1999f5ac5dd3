"""What the step `explain` receives, and the block `explain` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct, optional
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.contracts.step_settings.split_settings import Resample
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings


@dataclass(frozen=True)
class Explain:
    """What a trained network looks at, what it confuses, and how it sees the test samples next to each other."""

    runs: Annotated[
        tuple[str, ...], about("Runs that are explained: networks, fusions, and votes of them.", check=distinct)
    ] = ()
    images: Annotated[
        int,
        about(
            "Test images shown, taken in turn from the classes; of visits patients that are called high or low risk "
            "rightly.",
            ge=1,
            le=100,
        ),
    ] = 6
    errors: Annotated[
        int,
        about(
            "Test images shown of those that are classified wrongly, the most confident first; of visits patients that "
            "are missed or called high-risk in vain.",
            ge=1,
            le=100,
        ),
    ] = 6
    embedding: Annotated[
        bool,
        about(
            "Show the features before the classifier of all test images by t-SNE in three dimensions (not of a "
            "vote, which has none)."
        ),
    ] = True


@dataclass(frozen=True)
class PictureScale:
    """What says how large a pixel of a packed image is: see the block `preprocess`."""

    size: int
    fit: Literal["squash", "pad", "crop"]
    pixel_size: float | None


@dataclass(frozen=True)
class ExplainSettings:
    """What the step receives.

    risk: which class is a risk, of samples of several rows. fold, seed: of the trainings that are explained. specs: run
    → its settings, of those that are explained and of the trained members of votes that are.
    """

    study: str
    protocol: str
    reported: Literal["test", "validation"]
    fold: int
    seed: int
    specs: dict[str, RunSettings]
    preprocess: PictureScale
    explain: Explain
    resample: Resample = "none"
    risk: Risk | None = optional()

    def training(self, run: str) -> TrainSettings:
        """What the training of a run that is explained, or of a member of a vote that is, has received."""
        chosen = self.specs[run]
        if chosen.train is None or not isinstance(chosen.spec, TrainedKind):
            raise TypeError(f"{run} is not trained")
        how = chosen.train, self.resample, self.fold, self.seed
        return TrainSettings(self.study, self.protocol, run, chosen.spec, *how)
