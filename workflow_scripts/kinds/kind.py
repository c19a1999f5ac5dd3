"""What a kind of run says of itself.

Each kind is one module beside this one: a frozen data class of its settings, derived from TrainedKind, CombinedKind or
MadeKind (kinds.made_kind). Its file's name is the name of the kind, by which the block of a run's settings is found.
Settings, rules, evaluation, explanation and reports ask the class; nothing else knows the kinds by name.
What makes a run is named as text, so that naming a kind imports neither PyTorch nor pandas nor numpy; none needs
pydantic.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from workflow_scripts.contracts.blocks import Filled, about
from workflow_scripts.contracts.expert_answers import answers_digest
from workflow_scripts.contracts.one_of_kind import OneOfKind
from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.contracts.step_settings.visit_settings import VisitColumnRule
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.run_address import RunAddress

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workflow_scripts.contracts.run_finish import Combined
    from workflow_scripts.contracts.run_record import RunRecord

# The rules that make runs, see rules/train.smk and rules/make_run.smk.
TRAIN, COMBINE = "train", "combine_runs"
MAKE, MAKE_WITH_MODEL = "make_run", "make_run_with_model"
MAKE_WITH_ATTENTION, MAKE_WITH_LINKED = "make_run_with_attention", "make_run_with_linked"
MAKE_WITH_ROUNDS, MAKE_WITH_TRAINING_COPIES = "make_run_with_rounds", "make_run_with_training_copies"
RULES = (
    TRAIN,
    MAKE,
    MAKE_WITH_MODEL,
    MAKE_WITH_ATTENTION,
    MAKE_WITH_LINKED,
    MAKE_WITH_ROUNDS,
    MAKE_WITH_TRAINING_COPIES,
    COMBINE,
)


@dataclass(frozen=True)
class SourceRun:
    """A finished run that another is made of: of its own study, protocol, fold and seed.

    `study` names another study: there it is the run of `protocol`, of the first fold and the same seed.
    """

    run: str
    study: str | None = None
    protocol: str | None = None

    def address(self, run: RunAddress) -> RunAddress:
        """Where it lies; `run`: one fold and seed of the run that is made of it."""
        if self.study is None:
            return replace(run, run=self.run)
        return RunAddress(self.study, str(self.protocol), self.run, 0, run.seed)


@dataclass(frozen=True)
class LinkedEmbedding:
    """What a frozen network gave of the samples that another study has of the same patients."""

    study: Annotated[Filled, about("Another study, whose groups are patients of this one.")]
    embedding: Annotated[Filled, about("One of its embeddings; of maps their mean over positions is taken.")]

    def __str__(self) -> str:
        return f"{self.embedding} of {self.study}"


@dataclass(frozen=True)
class StudyRuns:
    """What of a study its runs, and those of other studies, must fit.

    preprocess: the settings that change pixels; as_published: the protocol that splits as the paper did; linked: the
    study whose patients alone it has, see ingest.visits.
    """

    name: str
    runs: Mapping[str, "RunKind"]
    protocols: tuple[str, ...]
    as_published: str | None
    seeds: tuple[int, ...]
    preprocess: Mapping[str, Any]
    modality: str
    embeddings: tuple[str, ...]
    linked: str | None


class RunKind(OneOfKind):
    """What every kind of run says. A kind derives from TrainedKind, MadeKind or CombinedKind."""

    # The rule that makes it.
    rule: ClassVar[str]
    # What the rows of the arrays are that it reads; None: it reads no arrays.
    reads: ClassVar[Literal["pixels", "features", "sequence"] | None] = "pixels"
    # Which embedding of the study it reads instead of the samples' arrays; None: it reads these. A key of some kinds.
    embedding: str | None = None
    # A CSV file of the user's with the labels that it asks for; None: it asks nobody. A key of some kinds.
    expert: str | None = None
    # Where it stands in lists: lower ones first, then by name.
    position: ClassVar[int] = 100
    # Whether it needs a training subset.
    learns: ClassVar[bool] = False
    # Whether it leaves weights.safetensors and history.csv.
    leaves_weights: ClassVar[bool] = False
    leaves_history: ClassVar[bool] = False
    # Whether Grad-CAM of the runs that it is made of explains it; what leaves weights is explained by its own.
    explained_by_sources: ClassVar[bool] = False

    @classmethod
    def of_kind(cls, kind: str) -> type["RunKind"]:
        return kind_of(kind)

    def sources(self) -> tuple[SourceRun, ...]:
        """The finished runs that it is made of."""
        return ()

    def linked_embedding(self) -> LinkedEmbedding | None:
        """What it reads of another study of the same patients; None: nothing."""
        return None

    def compared_study(self) -> str | None:
        """Another study whose samples this one's are compared with; None: none."""
        return None

    def networks(self) -> Mapping[str, NetworkPart]:
        """The networks that it trains: `model`, or the name of each branch."""
        return {}

    @property
    def needs_validation(self) -> bool:
        """Whether it needs a validation subset."""
        return False

    @property
    def network_name(self) -> str | None:
        """What its one network is called in its library; None where it has several, or none."""
        networks = list(self.networks().values())
        return networks[0].model if len(networks) == 1 else None

    @property
    def number_format(self) -> str | None:
        """Format of its weights where it gives them another than their training did; None: it does not."""
        return None

    def modalities(self) -> Mapping[str, tuple[str, ...]]:
        """What it takes of samples of some modalities alone, in words → these modalities."""
        return {}

    def columns(self) -> tuple[str, ...]:
        """Columns of the user's table of groups or patients that it reads in the manifest."""
        return ()

    def asks(self, name: str) -> ActiveRun | None:
        """How it asks for labels in rounds, where it does; `name`: what it is called.

        It has the settings of its learner's training, and reads nothing that this one leaves.
        """
        return None

    def answers(self) -> str | None:
        """Digest of what is filled in in `expert`; None where it names no file. UserError as read_answers."""
        return None if self.expert is None else answers_digest(Path(self.expert))

    def visit_mistakes(self, name: str, columns: Mapping[str, VisitColumnRule]) -> Iterator[str]:
        """What of its settings does not fit the columns of the visits that its study has, by name."""
        yield from ()

    def completed(self, as_published: Mapping[str, str | None]) -> dict[str, Any]:
        """Settings that are null and follow from other studies; `as_published`: study → its protocol as published."""
        return {}

    def mistakes(self, name: str, runs: Mapping[str, "RunKind"]) -> Iterator[str]:
        """What of its settings does not fit itself or the runs of its study; `name`: what it is called."""
        yield from ()

    def mistakes_between(self, study: StudyRuns, studies: Mapping[str, StudyRuns]) -> Iterator[str]:
        """What of its settings does not fit its study and the others."""
        yield from ()

    def words(self, name: str, record: "RunRecord") -> str:
        """What a report says that it is, in a few words; `record`: that of its first fold and seed."""
        return self.kind

    def sees_no_shape(self) -> tuple[str, ...]:
        """What it sees, in words, where that is no shape of what the classes are about; else empty."""
        return ()

    def decision_lines(self) -> tuple[str, ...]:
        """Lines of a diagram's box that says how it decides by the runs it is made of; empty where there are none."""
        return ()

    def joint_layers(self, widths: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
        """Lines of a diagram's box for each step after its branches.

        `widths`: how many numbers the branches give together, then each fully connected layer after them.
        """
        return ()

    def layers_over_steps(self, classes: int) -> tuple[tuple[str, ...], ...]:
        """Lines of a diagram's box for each layer over the steps of a sample and after them; empty: it reads none."""
        return ()

    def explained_networks(self, name: str) -> tuple[str, ...]:
        """The runs whose networks are looked at where it is explained; `name`: what it is called itself."""
        return self.own_sources() if self.explained_by_sources else (name,)

    @property
    def of_another_study(self) -> bool:
        """Whether it has learned from another study's samples."""
        return any(source.study is not None for source in self.sources())

    def own_sources(self) -> tuple[str, ...]:
        """Names of the runs of its own study that it is made of."""
        return tuple(source.run for source in self.sources() if source.study is None)


class TrainedKind(RunKind):
    """A network that the rule `train` trains: resumable, several trainings in a job, on several GPUs.

    Its settings have the key `train` besides, what it changes of the study's.
    """

    rule = TRAIN
    learns = True
    leaves_weights = True
    leaves_history = True
    # "module:function" that makes its network of its settings, number of classes, image size and files of start
    # weights. A training depends on the code of that module and not on the kind's: words in it train nothing again.
    builder: ClassVar[str]

    def words(self, name: str, record: "RunRecord") -> str:
        """The networks that it trains, unless the run is called after them."""
        models = [part.model for part in self.networks().values()]
        return self.kind if models in ([], [name]) else ", ".join(models)


class CombinedKind(RunKind):
    """A run that is made from the tables of finished runs alone."""

    rule = COMBINE
    reads = None

    @property
    def explained_by_record(self) -> bool:
        """Whether what its record says is needed to explain it."""
        return False

    # "module:function" that takes it and what `combine` takes; empty where the kind itself says `combine`.
    maker: ClassVar[str] = ""

    def combine(self, units: Mapping[str, "pd.DataFrame"]) -> "Combined":
        """One run of several; `units`: their tables of what is judged (UNITS), by name, in the order of `sources`."""
        combined: Combined = load_named(self.maker)(self, units)
        return combined

    def shares(self, record: Path | None) -> tuple[float, ...]:
        """How much each of its sources counts where it is explained; they sum to 1."""
        count = len(self.sources())
        return (1 / count,) * count

    def combined(self, probabilities: "np.ndarray", shares: Sequence[float]) -> "np.ndarray":
        """N×K probabilities from M×N×K of its sources; of a kind that is explained by them."""
        raise TypeError(f"a run of kind {self.kind} is not explained by the runs it is made of")


@cache
def kind_of(name: str) -> type[RunKind]:
    """The class of the kind of that name. TypeError where its module does not declare one."""
    module = importlib.import_module(module_of_kind(name))
    declared = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, RunKind) and value.__module__ == module.__name__
    ]
    if len(declared) != 1:
        raise TypeError(f"{module.__name__} declares {len(declared)} kinds of run; a module declares one")
    return declared[0]


def module_of_kind(name: str) -> str:
    """The module of the kind of that name."""
    return f"{__name__.rpartition('.')[0]}.{name}"
