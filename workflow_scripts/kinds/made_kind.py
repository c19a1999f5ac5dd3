"""What a kind of run says that is made in one go from a study's arrays, and the job of making one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from workflow_scripts.contracts.fold_files import FoldFiles
from workflow_scripts.kinds.kind import MAKE, RunKind
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.run_address import WEIGHTS_FILE, study_of
from workflow_scripts.runtime.study_paths import StudyPaths

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_finish import RunOutput


@dataclass(frozen=True)
class RunJob:
    """One fold and seed of a run that is to be made in one go.

    sources: the folder of each run that it is made of, by the name of the run; training: the settings of the training
    whose weights it applies, None: it applies none; device: where networks run; out: the folder of the run; linked: the
    folder of the results of another study that it reads, None: it reads none.
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
    linked: Path | None = None

    @property
    def applied(self) -> TrainSettings:
        """The settings of the training whose weights it applies; TypeError where it applies none."""
        if self.training is None:
            raise TypeError(f"{self.run} applies no training")
        return self.training

    @property
    def weights_path(self) -> Path:
        """The weights of the training that it applies."""
        (folder,) = self.sources.values()
        return folder / WEIGHTS_FILE

    @property
    def source_manifest(self) -> Path:
        """The manifest of the study of that training."""
        return self._source_study.manifest

    @property
    def source_split(self) -> Path:
        """The split that the training was made with."""
        return self._source_study.split(self.applied.protocol)

    @property
    def _source_study(self) -> StudyPaths:
        return StudyPaths(study_of(self.weights_path.parent))


class MadeKind(RunKind):
    """A run that is made in one go from a study's arrays.

    The rule is MAKE_WITH_NETWORK where it needs PyTorch, and a GPU where there is one; MAKE_WITH_MODEL where it leaves
    a folder `model` besides; on a processor alone MAKE_WITH_ATTENTION where it leaves attention.csv, MAKE_WITH_LINKED
    where it reads what another study has of the same patients.
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
