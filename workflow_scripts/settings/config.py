"""The top level of config.yaml as a typed model; studies in it are checked, each by itself and with the others."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from workflow_scripts.runtime.addresses import server_fault
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import Block, Distinct, Filled, Positive
from workflow_scripts.settings.checks.study_checks import consistent, mistakes_between
from workflow_scripts.settings.known_names import results_folder
from workflow_scripts.settings.study import Seed, Study

Scale = Literal["demo", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)


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
    studies: dict[str, Annotated[Study, AfterValidator(consistent)]] = Field(description="Name → study.")
    _unscaled: frozenset[str] = PrivateAttr(frozenset())

    def scale_of(self, study: str) -> Scale | None:
        """The scale of a study; None where it is the same at every scale."""
        return None if study in self._unscaled else self.scale

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        mistakes = [
            f"only names {name!r}, which is no study; {nearest(name, self.studies)}"
            for name in self.only or ()
            if name not in self.studies
        ]
        mistakes += mistakes_between(self.studies)
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self
