"""A study's three phases for DVC: what each depends on of settings and code, and which folders it leaves.

`.work/settings/{study}/{phase}.json` holds what Snakemake compares before it runs a job: the resolved settings of the
phase's steps and the digests of their code. DVC compares these files, so both tools notice the same changes: not a
comment, not another study, but config.local.yaml, the study that it extends, and changed raw files.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text, write_json
from workflow_scripts.settings.code import code_digest
from workflow_scripts.settings.known_names import results_folder
from workflow_scripts.settings.load import LOCAL, SHIPPED, read_yaml
from workflow_scripts.settings.plan import step_table
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import Step
from workflow_scripts.settings.plan.workflow_plan import Plan

PHASE_INPUTS = Path(".work/settings")
# Folders of results/{study} by the phase that leaves them; the report's files beside them: dvc.yaml.
FOLDERS = {
    "data": ("dataset", "arrays", "masks", "examples", "splits"),
    "runs": ("embeddings", "runs", "evaluation", "explanation"),
    "report": ("curves", "headline", "paper"),
}
PHASES = tuple(FOLDERS)


def _dataset_steps(plan: Plan, study: str) -> Iterator[tuple[Step, StepNames]]:
    names = StepNames(study=study)
    if plan.steps.is_synthetic(study):
        yield from ((step_table.SYNTHESISE, replace(names, adapter=name)) for name in plan.study(study).adapters)
    yield step_table.INGEST, names


def _data_steps(plan: Plan, study: str) -> Iterator[tuple[Step, StepNames]]:
    names = StepNames(study=study)
    if linked := plan.study(study).linked:
        yield from _dataset_steps(plan, linked)
    yield from _dataset_steps(plan, study)
    yield step_table.PREPROCESS, names
    if plan.steps.has_pictures(study):
        yield step_table.EXAMPLES, names
    if plan.steps.has_masks(study):
        yield step_table.SEGMENT, names
    yield from ((step_table.SPLIT, replace(names, protocol=protocol)) for protocol in plan.study(study).protocols)


def _run_steps(plan: Plan, study: str) -> Iterator[tuple[Step, StepNames]]:
    """One fold and seed of a run stands for all: the settings of evaluate hold a digest of each one's settings."""
    chosen = plan.study(study)
    for name in plan.steps.embeddings(study):
        yield step_table.EMBED, StepNames(study=study, embedding=name)
    kinds = (plan.steps.kind(study, run) for run in chosen.runs)
    for linked in dict.fromkeys(filter(None, (kind.linked_embedding() for kind in kinds))):
        yield step_table.PREPROCESS, StepNames(study=linked.study)
        yield step_table.EMBED, StepNames(study=linked.study, embedding=linked.embedding)
    for protocol in chosen.protocols:
        names = StepNames(study=study, protocol=protocol, seed=chosen.seeds[0])
        for run in chosen.runs:
            trained = (step_table.TRAIN, step_table.FINISH_RUN)
            steps = trained if plan.is_trained(study, run) else (step_table.MAKE_RUN,)
            yield from ((step, replace(names, run=run)) for step in steps)
        yield step_table.EVALUATE, names
        if chosen.explain.runs:
            yield step_table.EXPLAIN, names


def _report_steps(plan: Plan, study: str) -> Iterator[tuple[Step, StepNames]]:
    names = StepNames(study=study)
    if plan.study(study).paper:
        yield step_table.PAPER_FIGURES, names
    yield from ((step_table.VERDICT, names), (step_table.REPORT, names))


_STEPS = {"data": _data_steps, "runs": _run_steps, "report": _report_steps}


def _title(step: Step, names: StepNames, study: str) -> str:
    """The step and what tells its jobs apart within a study; that of another study begins with its name."""
    linked = names.study if names.study != study else ""
    return " ".join(filter(None, (linked, step.name, names.adapter, names.embedding, names.protocol, names.run)))


def phase_inputs(plan: Plan, study: str, phase: str) -> dict[str, Any]:
    """What a phase of a study depends on; of a study that is not enabled only that."""
    if not plan.study(study).enabled:
        return {"enabled": False}
    steps = {
        _title(step, names, study): {
            "settings": step.settings(plan, names),
            "code": code_digest(*step.modules(plan, names)),
        }
        for step, names in _STEPS[phase](plan, study)
    }
    return {"enabled": True, "rules": _rules(plan.root), "steps": steps}


@cache
def _rules(root: Path) -> str:
    """Digest of the Snakefile, the rules and what they are made by: inputs and commands count, comment lines do not."""
    made_by = sorted((root / "workflow_scripts" / "settings" / "plan").glob("*.py"))
    lines = [
        line.rstrip()
        for path in [root / "Snakefile", *sorted((root / "rules").glob("*.smk")), *made_by]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    return digest_text("\n".join(lines))


def write_phase_inputs(plan: Plan, root: Path) -> None:
    """Write the file of every study and phase, and remove those of studies that are no more."""
    folder = root / PHASE_INPUTS
    for old in folder.glob("*") if folder.is_dir() else ():
        if old.name not in plan.config.studies:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for study in plan.config.studies:
        for phase in PHASES:
            write_json(folder / study / f"{phase}.json", phase_inputs(plan, study, phase))


def check_layers(plan: Plan, root: Path, profiles: list[Path]) -> None:
    """Raise UserError when settings are in force that DVC cannot see.

    It sees config.yaml and config.local.yaml; a Snakemake profile may bring others, and the results folder must be the
    one of config.yaml, because dvc.yaml takes it from there.
    """
    for profile in profiles:
        for file in sorted(profile.glob("config*.yaml")) if profile.is_dir() else [profile]:
            keys = {"config", "configfile", "configfiles", "replace-workflow-config"} & set(_profile(file))
            if keys:
                raise UserError(f"{file} sets {sorted(keys)[0]}; DVC sees only {SHIPPED} and {LOCAL}, put it there")
    shipped = read_yaml(root / SHIPPED).get("results", "results")
    if plan.config.results != shipped and plan.config.results == results_folder(shipped):
        raise UserError(
            f"results is written {shipped!r} in {SHIPPED}, which DVC takes as it is; write {plan.config.results}"
        )
    if plan.config.results != shipped:
        raise UserError(
            f"results is {plan.config.results!r} in {LOCAL} but {shipped!r} in {SHIPPED}, which DVC goes by; "
            f"set it in {SHIPPED}"
        )


def _profile(file: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}  # Snakemake itself complains
    return value if isinstance(value, dict) else {}
