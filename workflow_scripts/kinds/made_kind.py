"""What a kind of run says that is made in one go from a study's arrays, and the job of making one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.kinds.kind import MAKE, RunKind
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.run_address import WEIGHTS_FILE, study_of
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_finish import RunOutput


@dataclass(frozen=True)
class RunJob:
    """One fold and seed of a run that is to be made in one go.

    sources: the folder of each run that it is made of, by the name of the run; training: the settings of the training
    whose weights it applies, or that it does itself, None: neither; device: where networks run; out: the folder of the
    run; work: where it keeps states until its end; expert: the user's file of labels, where its kind names one; linked:
    the folder of the results of another study that it reads, None: it reads none.
    """

    study: str
    protocol: str
    run: str
    fold: int
    seed: int
    files: FoldFiles
    sources: Mapping[str, Path]
    training: TrainSettings | None
    device: str
    out: Path
    work: WorkFolder
    expert: Path | None = None
    linked: Path | None = None

    @property
    def applied(self) -> TrainSettings:
        """The settings of the training whose weights it applies, or that it does itself; TypeError without one."""
        if self.training is None:
            raise TypeError(f"{self.run} has no training")
        return self.training

    @property
    def weights_path(self) -> Path:
        """The weights of the training that it applies."""
        (folder,) = self.sources.values()
        return folder / WEIGHTS_FILE

    @property
    def source_files(self) -> FoldFiles:
        """The files that the training was made with, of whatever study."""
        paths = StudyPaths(study_of(self.weights_path.parent))
        return FoldFiles(paths.dataset, paths.arrays, paths.split(self.applied.protocol))


class MadeKind(RunKind):
    """A run that is made in one go from a study's arrays.

    The rule is MAKE_WITH_MODEL where it needs PyTorch, and a GPU where there is one, and leaves a folder `model`
    besides; on a processor alone MAKE_WITH_ATTENTION where it leaves attention.csv, MAKE_WITH_LINKED
    where it reads what another study has of the same patients, MAKE_WITH_ROUNDS where it trains in rounds, leaves
    rounds.csv and queries.csv and keeps a state between rounds; MAKE_WITH_TRAINING_COPIES where another study's
    network predicts, and which samples it has learned from stands in copies_of_training.csv.
    """

    rule = MAKE
    # Whether it applies the weights of the one run that it is made of.
    applies_weights: ClassVar[bool] = False
    # "module:function" that takes it and a RunJob and predicts the validation and test samples of the fold; empty where
    # the kind itself says `make`.
    maker: ClassVar[str] = ""

    def make(self, job: RunJob) -> "RunOutput":
        """The run of a job; `inputs` names what it reads beside the files of the fold."""
        output: RunOutput = load_named(self.maker)(self, job)
        return output


def active_runs(runs: Mapping[str, RunKind]) -> tuple[ActiveRun, ...]:
    """Those of a study's runs that ask for labels in rounds."""
    asking = (run.asks(name) for name, run in runs.items())
    return tuple(active for active in asking if active is not None)
