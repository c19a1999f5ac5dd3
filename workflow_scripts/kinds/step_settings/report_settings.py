"""What the steps receive that read all of a study's results: `paper_figures`, `verdict`, `report`."""

from dataclasses import dataclass
from typing import Literal

from workflow_scripts.contracts.step_settings.evaluate_settings import Evaluate, Measures
from workflow_scripts.contracts.step_settings.preprocess_settings import Preprocess
from workflow_scripts.contracts.step_settings.split_settings import Protocol
from workflow_scripts.kinds.step_settings.explain_settings import Explain
from workflow_scripts.kinds.step_settings.run_settings import RunSettings


@dataclass(frozen=True)
class StudySettings:
    """What all of them receive, and `paper_figures` receives alone.

    paper: code folder of the paper, empty where there is none. scale: None where the study is the same at every scale.
    source: whether the data are synthetic. folds: protocol → number of its folds; a hold-out has one.
    """

    study: str
    title: str
    paper: str
    scale: Literal["demo", "paper"] | None
    seed: int
    source: Literal["synthetic", "real"]
    protocols: dict[str, Protocol]
    folds: dict[str, int]
    runs: dict[str, RunSettings]
    seeds: tuple[int, ...]
    preprocess: Preprocess
    evaluate: Measures
    explain: Explain


@dataclass(frozen=True)
class VerdictSettings(StudySettings):
    """What `verdict` receives: it alone depends on the margin."""

    evaluate: Evaluate


@dataclass(frozen=True)
class ReportSettings(VerdictSettings):
    """What `report` receives. subject: what a class is told by in a picture, see contracts.subjects."""

    subject: Literal["cell", "lesion", "cervix", "tissue", "visit", "image"]
