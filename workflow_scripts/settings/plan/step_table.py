"""Every step that a rule calls: its module, what its settings and its code depend on, and where both come from.

A step is called as its module in workflow_scripts/steps is; so is its rule, where the table names no other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.settings.index_steps import consistency_settings, index_settings
from workflow_scripts.settings.plan import step_modules
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.workflow_plan import Plan

STEPS_PACKAGE = "workflow_scripts.steps"


@dataclass(frozen=True)
class Step:
    """One step.

    settings_by, code_by: fields of StepNames that its settings and its code depend on; block: what it sees of the
    settings, see Steps; own_modules: what its settings name of this project's modules.
    """

    name: str
    settings_by: tuple[str, ...]
    code_by: tuple[str, ...]
    block: Callable[[Plan, StepNames], Any]
    own_modules: Callable[[Plan, StepNames], list[str]] = step_modules.none
    rule: str = ""

    @property
    def rule_name(self) -> str:
        return self.rule or self.name

    def settings(self, plan: Plan, names: StepNames) -> dict[str, Any]:
        """What it sees of the settings, as JSON holds it."""
        return plain(self.block(plan, names))

    def modules(self, plan: Plan, names: StepNames) -> list[str]:
        """The entry point and the modules that the settings name."""
        return [f"{STEPS_PACKAGE}.{self.name}", *self.own_modules(plan, names)]


_STUDY, _PROTOCOL, _RUN = ("study",), ("study", "protocol"), ("study", "protocol", "run")
_JOB = (*_RUN, "fold", "seed")

DOWNLOAD = Step("download", ("raw",), ("raw",), lambda plan, names: plan.weights.download(names.raw))
FETCH_WEIGHTS = Step("fetch_weights", ("model",), ("model",), lambda plan, names: plan.weights.fetched(names.model))
SYNTHESISE = Step(
    "synthesise",
    ("study", "adapter"),
    ("study", "adapter"),
    lambda plan, names: plan.steps.synthesise(names.study, names.adapter),
    step_modules.of_adapter_and_generator,
)
INGEST = Step("ingest", _STUDY, _STUDY, lambda plan, names: plan.data.ingest(names.study), step_modules.of_adapters)
PREPROCESS = Step(
    "preprocess",
    _STUDY,
    _STUDY,
    lambda plan, names: plan.steps.preprocess(names.study),
    step_modules.of_reader_and_packer,
)
SEGMENT = Step("segment", _STUDY, _STUDY, lambda plan, names: plan.steps.segment(names.study))
EXAMPLES = Step(
    "examples", _STUDY, _STUDY, lambda plan, names: plan.steps.examples(names.study), step_modules.of_reader_and_packer
)
EMBED = Step(
    "embed",
    ("study", "embedding"),
    ("study", "embedding"),
    lambda plan, names: plan.steps.embed(names.study, names.embedding),
    step_modules.of_embedding,
)
SPLIT = Step("split", _PROTOCOL, _STUDY, lambda plan, names: plan.data.split(names.study, names.protocol))
# All folds and seeds of a run share settings and code: the job says which they are by the folders it writes.
TRAIN = Step(
    "train",
    _RUN,
    ("study", "run"),
    lambda plan, names: plan.steps.trainings(names.study, names.protocol, names.run),
    step_modules.of_trained_networks,
)
FINISH_RUN = Step(
    "finish_run",
    _RUN,
    _STUDY,
    lambda plan, names: plan.steps.finished_trainings(names.study, names.protocol, names.run),
)
# The step of every run that no training makes; its kind says which rule calls it.
MAKE_RUN = Step(
    "make_run",
    _JOB,
    ("study", "run"),
    lambda plan, names: plan.steps.make_run(*_job(names)),
    step_modules.of_made_run,
)
EVALUATE = Step(
    "evaluate",
    _PROTOCOL,
    _STUDY,
    lambda plan, names: plan.steps.evaluate(names.study, names.protocol),
    step_modules.of_added_metrics,
)
EXPLAIN = Step(
    "explain",
    _PROTOCOL,
    _STUDY,
    lambda plan, names: plan.steps.explain(names.study, names.protocol),
    step_modules.of_explained_networks,
)
GROUND_TRUTH = Step(
    "ground_truth",
    _STUDY,
    _STUDY,
    lambda plan, names: plan.steps.ground_truth(names.study),
    step_modules.of_reader_and_packer,
)
PAPER_FIGURES = Step(
    "paper_figures",
    _STUDY,
    _STUDY,
    lambda plan, names: plan.steps.paper_figures(names.study),
    step_modules.of_paper_and_figures,
)
VERDICT = Step("verdict", _STUDY, _STUDY, lambda plan, names: plan.steps.verdict(names.study), step_modules.of_paper)
REPORT = Step(
    "report",
    _STUDY,
    _STUDY,
    lambda plan, names: plan.steps.report(names.study),
    step_modules.of_paper_and_metrics,
    rule="report_study",
)
TRACK = Step("track", _STUDY, _STUDY, lambda plan, names: plan.steps.track(names.study))
CONSISTENCY = Step(
    "consistency", (), (), lambda plan, names: consistency_settings(plan.data.papers), step_modules.of_every_paper
)
INDEX = Step(
    "index",
    (),
    (),
    lambda plan, names: index_settings(plan.config, plan.enabled, plan.data.papers),
    step_modules.of_every_paper,
)

STEPS = {
    step.name: step
    for step in (
        *(DOWNLOAD, FETCH_WEIGHTS, SYNTHESISE, INGEST, PREPROCESS, SEGMENT, EXAMPLES, EMBED, SPLIT),
        *(TRAIN, FINISH_RUN, MAKE_RUN),
        *(EVALUATE, EXPLAIN, GROUND_TRUTH, PAPER_FIGURES, VERDICT, REPORT, TRACK, CONSISTENCY, INDEX),
    )
}


def _job(names: StepNames) -> tuple[str, str, str, int, int]:
    return names.study, names.protocol, names.run, names.fold, names.seed
