"""A study's section and the top level of config.yaml, as one typed model."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from workflow_scripts.data.adapters.registry import adapters
from workflow_scripts.settings.base import Block
from workflow_scripts.settings.data import Ingest, Preprocess, Protocol, Synthetic
from workflow_scripts.settings.overlay import merge
from workflow_scripts.settings.runs import (
    TRAINED,
    Evaluate,
    Explain,
    External,
    Fusion,
    Network,
    Positive,
    Run,
    Train,
    Vote,
)

NAME = re.compile(r"[a-z][a-z0-9_]*")


class Study(Block):
    """One dataset and one question; a paper may give several."""

    active: bool = Field(True, description="Whether `all` includes the study.")
    title: str = Field("", description="One line for the report's head.")
    subject: Literal["cell", "lesion", "cervix", "tissue", "visit", "image"] = Field(
        "image", description="What a class is told by in a picture; captions say whether a network looks at it."
    )
    paper: str = Field("", description="Code folder under workflow_scripts/studies/ that holds the published numbers.")
    adapters: Annotated[list[str], Field(min_length=1)] = Field(
        ["folder"],
        description="Readers of the raw files: modules of data/adapters, or the name of a study that has its own. "
        "Several: the source has a subfolder named after each.",
    )
    source: str = Field("synthetic", description="`synthetic`, or the folder that holds the raw files.")
    synthetic: Synthetic = Field(Synthetic(), description="Made data, when `source` is `synthetic`.")
    ingest: Ingest = Field(Ingest(), description="What is taken from the raw files.")
    preprocess: Preprocess = Field(Preprocess(), description="From files to packed pixels.")
    protocols: Annotated[dict[str, Protocol], Field(min_length=1)] = Field(
        description="Name → split. All are reported side by side."
    )
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = Field(
        [0], description="Training seeds; each run is trained once per seed and fold. They never change a split."
    )
    train: Train = Field(Train(), description="How the study's networks are trained.")
    pack: Positive = Field(
        1,
        description="How many trainings (folds and seeds of one run under one protocol) share a process, one after the "
        "other. Worth it where a training is short beside the 5 s of its start. Changes no result and re-runs nothing "
        "that is whole; where one of a pack is missing, the whole pack is trained.",
    )
    runs: Annotated[dict[str, Run], Field(min_length=1)] = Field(description="Name → run.")
    evaluate: Evaluate = Field(Evaluate(), description="What is measured.")
    explain: Explain = Field(Explain(), description="What is shown of a trained network's decisions.")

    @model_validator(mode="after")
    def _names(self) -> "Study":
        for name in self.adapters:
            if name not in adapters():
                raise ValueError(f"adapters names {name!r}; there are {', '.join(adapters())}")
        for kind, names in (("protocol", self.protocols), ("run", self.runs)):
            for name in names:
                if not re.fullmatch(NAME.pattern + (r"(-[a-z0-9_]+)*(@[a-z0-9_]+)?" if kind == "run" else ""), name):
                    raise ValueError(f"{kind} name {name!r}: use a-z, 0-9 and _, a letter first")
        for name, run in self.runs.items():
            if run.kind == "vote":
                for member in run.members:
                    if member not in self.runs or self.runs[member].kind == "vote":
                        raise ValueError(f"run {name!r} names the member {member!r}, which is no run of this study")
                if run.weights and len(run.weights) != len(run.members):
                    raise ValueError(f"run {name!r}: {len(run.weights)} weights for {len(run.members)} members")
            if run.kind == "compressed":
                self._require_trained(run.of, f"run {name!r}: of")
            if run.kind in TRAINED:
                self._check_training(run, f"run {name!r}: train")
        for name in self.explain.runs:
            spec = self.runs.get(name)
            for member in spec.members if isinstance(spec, Vote) else [name]:
                self._require_trained(member, "explain.runs" if member == name else f"explain.runs: the vote {name!r}")
        if self.evaluate.reference and self.evaluate.reference not in self.runs:
            raise ValueError(f"evaluate.reference names {self.evaluate.reference!r}, which is no run of this study")
        return self

    def _check_training(self, run: Network | Fusion, where: str) -> None:
        """The study's `train` with a run's changes must be a whole that makes sense."""
        train = merge(self.train.model_dump(), run.train.model_dump(exclude_unset=True))
        try:
            merged = Train.model_validate(train)
        except ValidationError as error:
            raise ValueError(f"{where}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
        if merged.processes > 1 and self.pack > 1:
            raise ValueError(
                f"{where}.processes is {merged.processes}, but the study's pack is {self.pack}; short trainings are "
                "packed, long ones spread over processes, set one of them to 1"
            )
        if self.ingest.classes and (unknown := sorted(set(merged.extra) - set(self.ingest.classes))):
            raise ValueError(f"{where}.extra names {unknown[0]!r}, which is no class of this study")

    def _require_trained(self, name: str, where: str) -> None:
        if name not in self.runs or self.runs[name].kind not in TRAINED:
            raise ValueError(f"{where} names {name!r}, which is no network or fusion of this study")


class Config(Block):
    """The whole of the settings after resolving."""

    scale: Literal["demo", "paper"] = Field("demo", description="demo: small and fast; paper: what the paper states.")
    seed: Annotated[int, Field(ge=0)] = Field(0, description="Seed of splits and of made data.")
    results: str = Field("results", description="Folder that receives all results.")
    tracking_uri: str | None = Field(
        None, description="MLflow server (http://…). null: a database under the results folder."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where networks are trained; auto: on a GPU where there is one. Re-runs nothing."
    )
    jobs_per_gpu: Positive = Field(
        1,
        description="How many trainings may use one GPU at a time; their times are then those of a shared one. Small "
        "networks leave most of a large GPU idle. Re-runs nothing; also name the number of jobs: --resources gpu=4.",
    )
    studies: dict[str, Study] = Field(description="Name → study.")

    @model_validator(mode="after")
    def _names(self) -> "Config":
        for name in self.studies:
            if not NAME.fullmatch(name):
                raise ValueError(f"study name {name!r}: use a-z, 0-9 and _, a letter first")
        for name, study in self.studies.items():
            for run, spec in study.runs.items():
                if spec.kind == "external":
                    self._require_source(spec, study, f"studies.{name}.runs.{run}")
        return self

    def _require_source(self, spec: External, study: Study, where: str) -> None:
        """What an external run takes from another study must exist there and fit."""
        source = self.studies.get(spec.study)
        if source is None:
            raise ValueError(f"{where}: study {spec.study!r} does not exist")
        if spec.of not in source.runs or source.runs[spec.of].kind not in TRAINED:
            raise ValueError(f"{where}: of names {spec.of!r}, which is no network or fusion of {spec.study}")
        if spec.protocol not in source.protocols:
            raise ValueError(f"{where}: {spec.study} has no protocol {spec.protocol!r}")
        if missing := sorted(set(study.seeds) - set(source.seeds)):
            raise ValueError(f"{where}: {spec.study} is not trained with the seed {missing[0]}")
        # How large a pixel is changes no pixel.
        seen = [chosen.preprocess.model_dump(exclude={"pixel_size"}) for chosen in (source, study)]
        if seen[0] != seen[1]:
            raise ValueError(f"{where}: {spec.study} has another preprocess; its network would see other images")
