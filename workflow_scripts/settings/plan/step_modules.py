"""Modules beside its entry point that a step's settings name, so that they count in the digest of its code."""

from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.readers.reader_registry import module_of
from workflow_scripts.evaluation.metric_registry import added_metrics
from workflow_scripts.models.own import modules_of
from workflow_scripts.settings.downloads import parts_of
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.typed_runs import run_of_kind
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.settings.runs import Compressed, External
from workflow_scripts.training.feeders.feeder_registry import feeder_module

STUDIES_PACKAGE = "workflow_scripts.studies"


def none(plan: Plan, names: StepNames) -> list[str]:
    """Of a step whose settings name no module."""
    return []


def of_adapter_and_generator(plan: Plan, names: StepNames) -> list[str]:
    """What reads a published layout, and what writes data in it."""
    adapter = adapter_registry.adapters()[names.adapter]
    return [adapter.module, adapter.generator]


def of_adapters(plan: Plan, names: StepNames) -> list[str]:
    """What reads the layouts of a study's data, and what reads the files of their modality."""
    adapters = [adapter_registry.adapters()[adapter] for adapter in plan.study(names.study).adapters]
    return [*(adapter.module for adapter in adapters), *of_reader(plan, names)]


def of_reader(plan: Plan, names: StepNames) -> list[str]:
    """What reads the files of a study's modality."""
    return [module_of(adapter_registry.adapters()[plan.study(names.study).adapters[0]].modality)]


def of_trained_networks(plan: Plan, names: StepNames) -> list[str]:
    """This project's own networks in a run that is trained."""
    return _networks(plan, names.study, [names.run])


def of_compressed_networks(plan: Plan, names: StepNames) -> list[str]:
    """The same of the run that a run compresses."""
    return _networks(plan, names.study, [run_of_kind(plan.config, names.study, names.run, Compressed).of])


def of_external_networks(plan: Plan, names: StepNames) -> list[str]:
    """The same of the other study's run that an external run applies."""
    spec = run_of_kind(plan.config, names.study, names.run, External)
    return _networks(plan, spec.study, [spec.of])


def of_explained_networks(plan: Plan, names: StepNames) -> list[str]:
    """The same of every run that explaining a study needs."""
    return _networks(plan, names.study, plan.steps.explained_networks(names.study))


def of_paper(plan: Plan, names: StepNames) -> list[str]:
    """The package of a study's paper, with the tables of its printed numbers."""
    return [_package(plan, names)]


def of_paper_and_figures(plan: Plan, names: StepNames) -> list[str]:
    """The same, and the module that draws the paper's figures, if it has one."""
    package = _package(plan, names)
    figures = plan.root / package.replace(".", "/") / "figures.py"
    return [package, *([f"{package}.figures"] if figures.exists() else [])]


def of_added_metrics(plan: Plan, names: StepNames) -> list[str]:
    """The metrics beyond the usual ones that a study has."""
    return [added_metrics()[name] for name in plan.study(names.study).evaluate.metrics]


def of_paper_and_metrics(plan: Plan, names: StepNames) -> list[str]:
    """The package of a study's paper, and the metrics that it has beyond the usual ones."""
    return [*of_paper(plan, names), *of_added_metrics(plan, names)]


def of_every_paper(plan: Plan, names: StepNames) -> list[str]:
    """The packages of all papers."""
    return [f"{STUDIES_PACKAGE}.{paper}" for paper in plan.data.papers]


def _feeder() -> str:
    """What feeds samples to a network. Every adapter gives pictures."""
    return feeder_module("pixels")


def _package(plan: Plan, names: StepNames) -> str:
    """The package of a study's paper; without a paper, the one that all papers lie in."""
    paper = plan.study(names.study).paper
    return f"{STUDIES_PACKAGE}.{paper}" if paper else STUDIES_PACKAGE


def _networks(plan: Plan, study: str, runs: list[str]) -> list[str]:
    """Modules of this project's own networks among those that runs use."""
    parts = [part for run in runs for part in parts_of(plan.study(study).runs[run]).values()]
    return [*modules_of([part.model for part in parts]), _feeder()]
