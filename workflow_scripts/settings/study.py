"""A study's section and the top level of config.yaml, as one typed model."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationError, model_validator

from workflow_scripts.contracts import protocol_roles
from workflow_scripts.contracts.step_settings.train_settings import balanced_twice
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.kinds.kind import RunKind, StudyRuns, TrainedKind
from workflow_scripts.runtime.addresses import server_fault
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import Block, Distinct, Filled, Positive, UserPath, values_of
from workflow_scripts.settings.data_blocks import Embedding, Ingest, Preprocess, Protocol, Synthetic
from workflow_scripts.settings.known_names import (
    NAME,
    RUN_NAME,
    known_paper,
    name_mistakes,
    results_folder,
    unfit,
)
from workflow_scripts.settings.linked_studies import linked_mistakes
from workflow_scripts.settings.map_runs import embedding_mistakes
from workflow_scripts.settings.merging import merge
from workflow_scripts.settings.modalities import ingest_mistakes, modality_mistakes
from workflow_scripts.settings.protocols_judged import risk_mistakes
from workflow_scripts.settings.runs import Evaluate, Explain, Run, Train, TrainChanges, kind_of_run, whole_train
from workflow_scripts.settings.sequence_runs import sequence_mistakes
from workflow_scripts.settings.synthetic_data import cohort_mistakes, synthetic_mistakes

Scale = Literal["demo", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)
# The package of the readers of published layouts, and of `folder`.
LAYOUTS = "workflow_scripts.data.adapters"
# Longer numbers do not fit into the tables.
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]


class Study(Block):
    """One dataset and one question; a paper may give several."""

    enabled: bool = Field(True, description="Whether `all` includes the study.")
    title: str = Field("", description="One line for the report's head.")
    subject: Literal["cell", "lesion", "cervix", "tissue", "visit", "image"] = Field(
        "image", description="What a class is told by in a picture; captions say whether a network looks at it."
    )
    paper: Annotated[str, AfterValidator(known_paper)] = Field(
        "", description="Code folder under workflow_scripts/studies/ that holds the published numbers; empty: no paper."
    )
    adapters: Distinct[Annotated[list[str], Field(min_length=1)]] = Field(
        ["folder"],
        description="Readers of the raw files: modules of data/adapters, or the name of a study that has its own. "
        "Several: the source has a subfolder named after each.",
    )
    source: UserPath = Field("synthetic", description="`synthetic`, or the folder that holds the raw files.")
    synthetic: Synthetic = Field(Synthetic(), description="Synthetic data, when `source` is `synthetic`.")
    ingest: Ingest = Field(Ingest(), description="What is taken from the raw files.")
    preprocess: Preprocess = Field(Preprocess(), description="From files to packed pixels.")
    embeddings: dict[str, Embedding] = Field(
        {},
        description="Name → what a network that learns nothing makes of every picture; made where a run reads it.",
    )
    protocols: Annotated[dict[str, Protocol], Field(min_length=1)] = Field(
        description="Name → split. All are reported side by side."
    )
    seeds: Distinct[Annotated[list[Seed], Field(min_length=1)]] = Field(
        [0], description="Training seeds; each run is trained once per seed and fold. They never change a split."
    )
    train: Train = Field(Train(), description="How the study's networks are trained.")
    trainings_per_job: Positive = Field(
        1,
        description="How many trainings (folds and seeds of one run under one protocol) share a job, one after the "
        "other. Worth it where a training is short compared with the 5 s of its start. Changes no result and "
        "re-runs nothing that is complete; where one training of a job is missing, all of the job are done.",
    )
    runs: Annotated[dict[str, Run], Field(min_length=1)] = Field(description="Name → run.")
    evaluate: Evaluate = Field(Evaluate(), description="What is measured.")
    explain: Explain = Field(Explain(), description="What is shown of a trained network's decisions.")

    @property
    def as_published(self) -> str | None:
        """Name of the protocol that splits as the paper did."""
        return protocol_roles.as_published(self.protocols)

    @property
    def modality(self) -> str:
        """The modality of the study's samples: that of its adapters."""
        return adapters()[self.adapters[0]].modality

    @property
    def linked(self) -> str | None:
        """The study whose patients alone it has; None: it has all of its own."""
        return self.ingest.visits.linked if self.ingest.visits else None

    @property
    def table_columns(self) -> tuple[str, ...]:
        """Columns of the user's table that evaluation or a run reads."""
        of_runs = (name for run in self.kinds().values() for name in run.columns())
        return tuple(dict.fromkeys([*self.evaluate.subgroups, *of_runs]))

    def kinds(self) -> dict[str, RunKind]:
        """What the kind of each run says of it."""
        return {name: kind_of_run(run) for name, run in self.runs.items()}

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        kinds = self.kinds()
        if mistakes := [
            *self._name_mistakes(),
            *ingest_mistakes(self.adapters, values_of(self.ingest)),
            *synthetic_mistakes(self),
            *modality_mistakes(self.adapters, values_of(self.preprocess), kinds),
            *self._share_mistakes(kinds),
            *self._role_mistakes(),
            *self._run_mistakes(kinds),
            *embedding_mistakes(self, kinds),
            *sequence_mistakes(self, kinds),
            *self._mention_mistakes(kinds),
            *risk_mistakes(self),
        ]:
            raise ValueError("\n".join(mistakes))
        return self

    def _name_mistakes(self) -> Iterator[str]:
        for name in self.adapters:
            if name not in adapters():
                yield f"adapters names {name!r}; {nearest(name, adapters())}"
        layouts = [name for name in self.adapters if name in adapters() and name != "folder"]
        layouts = [name for name in layouts if adapters()[name].module.startswith(f"{LAYOUTS}.")]
        if self.ingest.groups and layouts == self.adapters:
            yield (
                f"ingest.groups is given, but the adapter {layouts[0]} takes groups from its own layout; write "
                "`groups: null`, or `adapters: [folder]`"
            )
        for name in self.adapters:
            if name in adapters() and (key := adapters()[name].needs) and not getattr(self.ingest, key):
                yield f"the adapter {name} needs ingest.{key}; name the CSV file inside the source: `{key}: {key}.csv`"
            if name in adapters() and self.source == "synthetic" and not adapters()[name].generator(self.paper):
                yield (
                    f"nobody draws synthetic data for the adapter {name}; set `source` to the folder of its files, or "
                    "`paper` to one whose folder in workflow_scripts/studies has a "
                    f"synthetic_{adapters()[name].modality}.py or, of pictures, a synthetic.py"
                )
        for name in self.protocols:
            if not NAME.fullmatch(name):
                yield f"protocol name {name!r}: use a-z, 0-9 and _, a letter first"
        for name in (*self.protocols, *self.runs):
            if words := unfit(name):
                yield f"the name {name[:30]}…: {words}"
        for name in self.runs:
            if not RUN_NAME.fullmatch(name):
                yield f"run name {name!r}: use a-z, 0-9 and _, a letter first; variants after - and a study after @"

    def _share_mistakes(self, kinds: dict[str, RunKind]) -> Iterator[str]:
        learning = [name for name, run in kinds.items() if run.learns]
        choosing = [name for name, run in kinds.items() if run.needs_validation]
        for name, rule in self.protocols.items():
            if learning and rule.kind == "holdout" and rule.fractions[0] == 0:
                yield f"protocols.{name}: fractions leave nothing to train on, and {learning[0]} learns; set the first"
            if choosing and rule.kind == "holdout" and rule.fractions[1] == 0:
                yield (
                    f"protocols.{name}: fractions leave no validation subset, and {choosing[0]} chooses by it; set the "
                    "second"
                )

    def _role_mistakes(self) -> Iterator[str]:
        paper = [name for name, rule in self.protocols.items() if rule.role == protocol_roles.AS_PUBLISHED]
        if len(paper) > 1:
            yield f"protocols {' and '.join(paper)}: only one may have the role as_published"
        for name, rule in self.protocols.items():
            if rule.role == protocol_roles.LEAK_FREE and rule.by != "group":
                yield (
                    f"protocols.{name}: role is leak_free, but a split by {rule.by} tears groups and copies apart; "
                    "write by: group"
                )
            if rule.role == protocol_roles.LEAK_FREE and rule.resample == SMOTE_BEFORE_SPLIT:
                yield (
                    f"protocols.{name}: role is leak_free, but resample: {rule.resample} makes training samples of "
                    "test samples; write resample: smote"
                )

    def _run_mistakes(self, kinds: dict[str, RunKind]) -> Iterator[str]:
        for name, run in kinds.items():
            yield from run.mistakes(name, kinds)
            if self.ingest.visits is not None:
                yield from run.visit_mistakes(name, self.ingest.visits.columns)
            if isinstance(run, TrainedKind):
                yield from self._training_mistakes(self.runs[name].train, f"run {name!r}: train")

    def _mention_mistakes(self, kinds: dict[str, RunKind]) -> Iterator[str]:
        """Runs that `explain` and `evaluate` name: all mistakes, so that a removed run is mended at once."""
        for name in self.explain.runs:
            for network in kinds[name].explained_networks(name) if name in kinds else [name]:
                if network not in kinds or not kinds[network].leaves_weights:
                    where = "explain.runs" if network == name else f"explain.runs: the {kinds[name].kind} {name!r}"
                    yield f"{where} names {network!r}, which is no trained run of this study; take it out of the list"
        reference = self.evaluate.reference
        if reference and reference not in self.runs:
            hint = nearest(reference, self.runs)
            yield f"evaluate.reference names {reference!r}, which is no run of this study; {hint}"

    def _training_mistakes(self, changes: TrainChanges, where: str) -> Iterator[str]:
        """The study's `train` with a run's changes must be a whole that makes sense."""
        train = merge(values_of(self.train), changes.model_dump(exclude_unset=True))
        try:
            merged = whole_train(train)
        except ValidationError as error:
            yield f"{where}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
            return
        for name, rule in self.protocols.items():
            if words := balanced_twice(rule.resample, merged):
                yield f"{where}: under protocols.{name} {words}"
        classes = self.ingest.classes
        if classes and merged.loss == "binary_cross_entropy" and len(classes) != 2:
            yield f"{where}.loss is {merged.loss}, and ingest.classes names {len(classes)}; write cross_entropy"
        if merged.processes > 1 and self.trainings_per_job > 1:
            yield (
                f"{where}.processes is {merged.processes}, but the study's trainings_per_job is "
                f"{self.trainings_per_job}; short trainings share a job, long ones are spread over processes, set one "
                "of them to 1"
            )
        if classes and (unknown := sorted(set(merged.extra) - set(classes))):
            hint = nearest(unknown[0], classes)
            yield f"{where}.extra names {unknown[0]!r}, which is no class of this study; {hint}"


def _server(value: object) -> object:
    """A tracking_uri, refused without a word of it where it may hold a password."""
    if value is not None and (fault := server_fault(value) if isinstance(value, str) else "is no text"):
        raise ValueError(f"it {fault}")
    return value


class Config(Block):
    """The whole of the settings after resolving."""

    scale: Scale = Field("demo", description="demo: small and fast; paper: what the paper states.")
    seed: Seed = Field(0, description="Seed of splits and of synthetic data.")
    results: Annotated[str, AfterValidator(results_folder)] = Field(
        "results",
        description="Folder that receives all results; `~` is the home folder. Neither inside a source nor around one.",
    )
    tracking_uri: Annotated[Filled | None, BeforeValidator(_server)] = Field(
        None,
        description="MLflow server (http://host:port), without user name, password or token: these come from the "
        "environment (MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN). null: a "
        "database under the results folder.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where networks are trained; auto: on a GPU where there is one. Re-runs nothing."
    )
    jobs_per_gpu: Positive = Field(
        1,
        description="How many trainings may use one GPU at a time; their times are then those of a shared one. Small "
        "networks leave most of a large GPU idle. Re-runs nothing; also name the number of jobs: --resources gpu=4.",
    )
    only: Distinct[Annotated[list[str], Field(min_length=1)]] | None = Field(
        None,
        description="Names of the studies that `all` includes, whatever their `enabled` says. null: the enabled ones.",
    )
    studies: dict[str, Study] = Field(description="Name → study.")
    _unscaled: frozenset[str] = PrivateAttr(frozenset())

    def scale_of(self, study: str) -> Scale | None:
        """The scale of a study; None where it is the same at every scale."""
        return None if study in self._unscaled else self.scale

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        mistakes = [f"studies.{name}: {words}" for name, words in name_mistakes(self.studies)]
        unknown = [name for name in self.only or () if name not in self.studies]
        mistakes += (f"only names {name!r}, which is no study; {nearest(name, self.studies)}" for name in unknown)
        mistakes += linked_mistakes(self.studies)
        mistakes += cohort_mistakes(self.studies)
        studies = {name: _runs_of(name, study) for name, study in self.studies.items()}
        for name, study in studies.items():
            for run, spec in study.runs.items():
                mistakes += (f"studies.{name}.runs.{run}: {words}" for words in spec.mistakes_between(study, studies))
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


def _runs_of(name: str, study: Study) -> StudyRuns:
    """What the kinds of runs are checked against."""
    return StudyRuns(
        name=name,
        runs=study.kinds(),
        protocols=tuple(study.protocols),
        as_published=study.as_published,
        seeds=tuple(study.seeds),
        # How large a pixel is changes no pixel.
        preprocess=values_of(study.preprocess, exclude={"pixel_size"}),
        modality=study.modality,
        embeddings=tuple(study.embeddings),
        linked=study.linked,
    )
