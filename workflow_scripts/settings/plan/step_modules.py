"""Modules beside its entry point that a step's settings name, so that they count in the digest of its code."""

from collections.abc import Iterable

from workflow_scripts.contracts.own_networks import modules_of
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.readers.reader_registry import module_of
from workflow_scripts.evaluation.metric_registry import added_metrics
from workflow_scripts.kinds.kind import CombinedKind, TrainedKind, module_of_kind
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.preprocessing.packer_registry import packed_modality
from workflow_scripts.reporting.paper_figures.figure_modules import figure_modules
from workflow_scripts.runtime.named_objects import module_part
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.training.feeders.feeder_registry import feeder_module

STUDIES_PACKAGE = "workflow_scripts.studies"


def none(plan: Plan, names: StepNames) -> list[str]:
    """Of a step whose settings name no module."""
    return []


def of_adapter_and_generator(plan: Plan, names: StepNames) -> list[str]:
    """What reads a published layout, and what writes data in it."""
    adapter = adapter_registry.adapters()[names.adapter]
    return [adapter.module, plan.steps.synthesise(names.study, names.adapter).generator]


def of_adapters(plan: Plan, names: StepNames) -> list[str]:
    """What reads the layouts of a study's data, and what reads the files of their modality."""
    adapters = [adapter_registry.adapters()[adapter] for adapter in plan.study(names.study).adapters]
    return [*(adapter.module for adapter in adapters), *of_reader(plan, names)]


def of_reader(plan: Plan, names: StepNames) -> list[str]:
    """What reads the files of a study's modality."""
    return [module_of(plan.study(names.study).modality)]


def of_reader_and_packer(plan: Plan, names: StepNames) -> list[str]:
    """The same, and what packs their samples."""
    return [*of_reader(plan, names), packed_modality(plan.study(names.study).modality).module]


def of_embedding(plan: Plan, names: StepNames) -> list[str]:
    """This project's own network, where it is what embeds."""
    return modules_of([plan.study(names.study).embeddings[names.embedding].model])


def of_trained_networks(plan: Plan, names: StepNames) -> list[str]:
    """This project's own networks in a run that is trained."""
    return _networks(plan, names.study, [names.run])


def of_made_run(plan: Plan, names: StepNames) -> list[str]:
    """The kind of a run that is made in one go, and the networks of the runs that it is made of, or that it trains."""
    kind = plan.steps.kind(names.study, names.run)
    modules = _kinds(plan, names.study, [names.run])
    if isinstance(kind, MadeKind | CombinedKind) and kind.maker:
        modules.append(module_part(kind.maker))
    if active := kind.asks(names.run):
        modules += _networks(plan, names.study, [active.learner])
    for source in kind.sources():
        modules += _networks(plan, source.study or names.study, [source.run])
    return list(dict.fromkeys(modules))


def of_explained_networks(plan: Plan, names: StepNames) -> list[str]:
    """The kinds of the runs that are explained, and the networks that explaining them needs."""
    kinds = _kinds(plan, names.study, plan.study(names.study).explain.runs)
    return [*kinds, *_networks(plan, names.study, plan.steps.explained_networks(names.study))]


def of_paper(plan: Plan, names: StepNames) -> list[str]:
    """The package of a study's paper, with the tables of its printed numbers, and the kinds of the study's runs."""
    return [_package(plan, names), *_kinds(plan, names.study, plan.study(names.study).runs)]


def of_paper_and_figures(plan: Plan, names: StepNames) -> list[str]:
    """The same, the modules that draw the paper's figures, and what builds the networks that they draw."""
    study = plan.study(names.study)
    figures = figure_modules(study.paper)
    return [*of_paper(plan, names), *figures, *(_builders(plan, names.study, list(study.runs)) if figures else [])]


def of_added_metrics(plan: Plan, names: StepNames) -> list[str]:
    """The metrics beyond the usual ones that a study has."""
    return [added_metrics()[name] for name in plan.study(names.study).evaluate.metrics]


def of_paper_and_metrics(plan: Plan, names: StepNames) -> list[str]:
    """The package of a study's paper, and the metrics that it has beyond the usual ones."""
    return [*of_paper(plan, names), *of_added_metrics(plan, names)]


def of_every_paper(plan: Plan, names: StepNames) -> list[str]:
    """The packages of all papers."""
    return [f"{STUDIES_PACKAGE}.{paper}" for paper in plan.data.papers]


def _feeder(plan: Plan, study: str, run: str) -> str:
    """What feeds a run's samples to its network: those of the study, or stored maps of them."""
    stored = plan.steps.kind(study, run).embedding is not None
    return feeder_module("maps" if stored else packed_modality(plan.study(study).modality).array)


def _package(plan: Plan, names: StepNames) -> str:
    """The package of a study's paper; without a paper, the one that all papers lie in."""
    paper = plan.study(names.study).paper
    return f"{STUDIES_PACKAGE}.{paper}" if paper else STUDIES_PACKAGE


def _kinds(plan: Plan, study: str, runs: Iterable[str]) -> list[str]:
    """Modules of the kinds of runs: code that no import leads to, because kinds are found by their names."""
    return sorted({module_of_kind(plan.study(study).runs[run].kind) for run in runs})


def _networks(plan: Plan, study: str, runs: list[str]) -> list[str]:
    """What builds the networks of runs, and what feeds them."""
    builders = _builders(plan, study, runs)
    trained = (run for run in runs if isinstance(plan.steps.kind(study, run), TrainedKind))
    return list(dict.fromkeys([*builders, *(_feeder(plan, study, run) for run in trained)]))


def _builders(plan: Plan, study: str, runs: list[str]) -> list[str]:
    """What builds the networks of runs, this project's own networks among them."""
    kinds = [kind for run in runs if isinstance(kind := plan.steps.kind(study, run), TrainedKind)]
    parts = [part for kind in kinds for part in kind.networks().values()]
    builders = sorted({module_part(kind.builder) for kind in kinds})
    return [*builders, *modules_of([part.model for part in parts])]
