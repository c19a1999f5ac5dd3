"""A study's section of config.yaml as a typed model; what in it does not fit is for checks.study_checks to say."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from workflow_scripts.contracts import protocol_roles
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.settings.base import Block, Distinct, Positive, UserPath
from workflow_scripts.settings.data_blocks import Embedding, Ingest, Preprocess, Protocol, Synthetic
from workflow_scripts.settings.known_names import known_paper
from workflow_scripts.settings.runs import Evaluate, Explain, Run, Train, kind_of_run

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
