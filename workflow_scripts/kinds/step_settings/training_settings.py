"""What trainings receive, and what finishes them."""

from dataclasses import dataclass

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.blocks import optional
from workflow_scripts.contracts.step_settings.split_settings import Aggregate, Resample
from workflow_scripts.contracts.step_settings.train_settings import Train, balanced_twice
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.runtime.seeds import seed_for


@dataclass(frozen=True)
class TrainedRun:
    """What the trainings of a run under a protocol share: the run as its kind declares it, and how it is trained.

    resample: the synthetic samples that its protocol has it learn from besides.
    """

    study: str
    protocol: str
    run: str
    spec: TrainedKind
    train: Train
    resample: Resample


@dataclass(frozen=True)
class Seeds:
    """Seeds of a training by purpose.

    train: order, random changes and noise; repeat: which samples of rare classes are shown again; initialise: the
    network; resample: synthetic samples, not of the run, so that runs which are compared learn from the same ones, and
    before the split not of the fold either, because one set is made for all folds.
    """

    train: int
    repeat: int
    initialise: int
    resample: int


@dataclass(frozen=True)
class TrainSettings(TrainedRun):
    """What the training of one fold and seed receives."""

    fold: int
    seed: int

    def __post_init__(self) -> None:
        if words := balanced_twice(self.resample, self.train):
            raise ValueError(words)

    @property
    def seeds(self) -> Seeds:
        """The seeds of the training."""
        fold = "" if self.resample == SMOTE_BEFORE_SPLIT else self.fold
        return Seeds(
            train=self.seed_for("train"),
            repeat=self.seed_for("repeat"),
            initialise=self.seed_for("initialise"),
            resample=seed_for(self.study, fold, self.seed, self.resample),
        )

    def seed_for(self, purpose: str) -> int:
        """Seed of the random numbers for one purpose, such as "train" or "initialise"."""
        return seed_for(self.study, self.run, self.fold, self.seed, purpose)


@dataclass(frozen=True)
class FinishedTrainings(TrainedRun):
    """The same of what finishes them; aggregate, aggregate_top: how samples become what is judged, see Aggregation."""

    aggregate: Aggregate
    aggregate_top: int | None = optional()

    @property
    def aggregation(self) -> Aggregation:
        """How samples become what is judged."""
        return Aggregation(self.aggregate, self.aggregate_top)


@dataclass(frozen=True, kw_only=True)
class FinishSettings(FinishedTrainings):
    """What finishes the training of one fold and seed."""

    fold: int
    seed: int

    @property
    def training(self) -> TrainSettings:
        """What the training has received."""
        how = self.train, self.resample, self.fold, self.seed
        return TrainSettings(self.study, self.protocol, self.run, self.spec, *how)
