"""The settings in an archive, checked by the types of the settings before anything is done with them.

They come from elsewhere: a name becomes a part of a path, a number the length of a loop.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from workflow_scripts.archiving import entry_names
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.split_settings import Resample, repeats_of
from workflow_scripts.contracts.subjects import SUBJECTS
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.kinds.made_kind import active_runs
from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import PATTERN
from workflow_scripts.settings.data_blocks import Protocol
from workflow_scripts.settings.runs import Evaluate, Explain, Run

# In these patterns `$` is the end of the text, also after a line end.
Name = Annotated[str, StringConstraints(pattern=rf"^{entry_names.STUDY}$")]
RunName = Annotated[str, StringConstraints(pattern=rf"^{entry_names.RUN}$")]
Job = Annotated[str, StringConstraints(pattern=rf"^{PATTERN}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Seed = Annotated[int, Field(ge=0, lt=10**18)]
Seeds = Annotated[list[Seed], Field(min_length=1, max_length=1000)]
Folds = Annotated[int, Field(ge=1, le=1000)]
Runs = Annotated[list[RunName], Field(min_length=1, max_length=1000)]
# The model that checks; a type checker takes it for the data class that it is made of.
_MEASURES: Any = Evaluate
MOST_DRAWS, MOST_BINS = 100_000, 1000


def _subject(name: str) -> str:
    """The name; ValueError where no caption has a word for it."""
    if name not in SUBJECTS:
        raise ValueError(f"{name!r} is none of {', '.join(SUBJECTS)}")
    return name


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Active(_Block):
    run: RunName
    learner: RunName
    strategy: Name


class _Evaluation(_Block):
    study: Name
    seed: Seed
    protocol: Name
    reported: Literal["test", "validation"]
    runs: Runs
    trained: list[RunName]
    folds: Folds
    seeds: Seeds
    expects: dict[RunName, dict[Job, Digest]]
    evaluate: dict[str, Any]
    resample: Resample
    active: list[_Active] = []


class _Trained(_Block):
    spec: Run
    train: dict[str, Any] | None = None


class _Report(_Block):
    study: Name
    title: str
    paper: Name | Literal[""]
    subject: Annotated[str, AfterValidator(_subject)]
    scale: Literal["demo", "paper"] | None
    seed: Seed
    source: Literal["synthetic", "real"]
    protocols: Annotated[dict[Name, Protocol], Field(min_length=1, max_length=100)]
    folds: dict[Name, Folds]
    runs: Annotated[dict[RunName, _Trained], Field(min_length=1, max_length=1000)]
    seeds: Seeds
    preprocess: dict[str, Any]
    evaluate: Evaluate
    explain: Explain


class _Settings(_Block):
    evaluate: Annotated[dict[Name, _Evaluation], Field(min_length=1, max_length=100)]
    report: _Report


def read_settings(path: Path, study: str) -> ArchivedSettings:
    """The settings in an archive with which the tables of `study` were made.

    Raises UserError where they are not those of an archive: other keys, names, types or sizes, or parts that do not
    belong together.
    """
    where = f"{study}/{path.name}"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        checked = _Settings.model_validate(values)
        _check_measures(checked.report.evaluate)
        for evaluation in checked.evaluate.values():
            _check_measures(_MEASURES.model_validate(evaluation.evaluate))
        settings = parse(ArchivedSettings, values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{where}: {key}: {first['msg']}; no archive of this version of the project holds that"
        ) from None
    except TypeError as error:
        raise UserError(f"{where}: {error}; no archive of this version of the project holds that") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not valid JSON ({error})") from None
    if fault := _unfit(settings, study):
        raise UserError(f"{where}: {fault}; no archive holds that")
    return settings


def _check_measures(measures: Evaluate) -> None:
    if measures.bootstrap > MOST_DRAWS or measures.calibration_bins > MOST_BINS:
        raise ValueError(f"more than {MOST_DRAWS} draws of the bootstrap or {MOST_BINS} bins")


def _unfit(settings: ArchivedSettings, study: str) -> str | None:
    """Which parts do not belong together, or None."""
    report = settings.report
    if (
        report.study != study
        or set(settings.evaluate) != set(report.protocols)
        or set(report.folds) != set(report.protocols)
    ):
        return "study and protocols are not the same everywhere"
    named = {*report.explain.runs, *filter(None, [report.evaluate.reference])}
    if not named <= set(report.runs):
        return "report.explain.runs or report.evaluate.reference names a run that there is not"
    for protocol, evaluation in settings.evaluate.items():
        same = {
            "study": (evaluation.study, study),
            "protocol": (evaluation.protocol, protocol),
            "seed": (evaluation.seed, report.seed),
            "runs": (sorted(evaluation.runs), sorted(report.runs)),
            "seeds": (evaluation.seeds, report.seeds),
            "folds": (evaluation.folds, report.folds[protocol]),
            "reported": (evaluation.reported, reported_subset(report.protocols[protocol])),
            "repeats": (evaluation.repeats, repeats_of(report.protocols[protocol])),
            "resample": (evaluation.resample, report.protocols[protocol].resample),
            "reference": (evaluation.evaluate.reference, report.evaluate.reference),
            "aggregate": (evaluation.evaluate.aggregate, report.protocols[protocol].aggregate),
            "aggregate_top": (evaluation.evaluate.aggregate_top, report.evaluate.aggregate_top),
            "metrics": (evaluation.evaluate.metrics, report.evaluate.metrics),
            "specificities": (evaluation.evaluate.specificities, report.evaluate.specificities),
            "prevalences": (evaluation.evaluate.prevalences, report.evaluate.prevalences),
            "risk": (evaluation.evaluate.risk, report.evaluate.risk),
            "expects": (set(evaluation.expects), set(report.runs)),
            "active": tuple(
                sorted(runs, key=lambda active: active.run)
                for runs in (evaluation.active, active_runs({name: run.spec for name, run in report.runs.items()}))
            ),
        }
        for key, (first, second) in same.items():
            if first != second:
                return f"evaluate.{protocol}.{key} is another than the report's"
    return None
