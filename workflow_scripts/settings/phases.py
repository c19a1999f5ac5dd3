"""A study's three phases for DVC: what each depends on of settings and code, and which folders it leaves.

`.work/settings/{study}/{phase}.json` holds what Snakemake compares before it runs a job: the resolved settings of the
phase's steps and the digests of their code. DVC compares these files, so both tools notice the same changes: not a
comment, not another study, but config.local.yaml, the study one is like, and changed raw files.
"""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text, write_json
from workflow_scripts.settings.code import code_digest
from workflow_scripts.settings.known_names import results_folder
from workflow_scripts.settings.load import LOCAL, SHIPPED, read_yaml
from workflow_scripts.settings.workflow import Plan

STATED = Path(".work/settings")
# Folders of results/{study} by the phase that leaves them; the report's files beside them: dvc.yaml.
FOLDERS = {
    "data": ("dataset", "arrays", "splits"),
    "runs": ("runs", "evaluation", "explanation"),
    "report": ("curves", "paper"),
}
PHASES = tuple(FOLDERS)


def _steps(plan: Plan, study: str, phase: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Steps of a phase with the names they depend on; of training one fold and seed stands for all (see evaluate)."""
    chosen = plan.study(study)
    if phase == "report":
        if chosen.paper:
            yield "paper_figures", (study,)
        yield from (("verdict", (study,)), ("report", (study,)))
        return
    if phase == "data":
        if plan.steps.made(study):
            yield from (("synthesise", (study, adapter)) for adapter in chosen.adapters)
        yield from (("ingest", (study,)), ("preprocess", (study,)))
        yield from (("split", (study, protocol)) for protocol in chosen.protocols)
        return
    for protocol in chosen.protocols:
        for run in chosen.runs:
            job = (study, protocol, run, 0, chosen.seeds[0])
            steps = ("train", "finish_run") if plan.is_trained(study, run) else (plan.steps.recorded_by(study, run),)
            yield from ((step, job) for step in steps)
        yield "evaluate", (study, protocol)  # holds a digest of the settings of every run, fold and seed
        if chosen.explain.runs:
            yield "explain", (study, protocol)


def stated(plan: Plan, study: str, phase: str) -> dict:
    """What a phase of a study depends on; of an inactive study only that it is inactive."""
    if not plan.study(study).active:
        return {"active": False}
    steps = {
        " ".join(map(str, (step, *names[1:]))): {
            "settings": plan.settings(step, *names),
            "code": code_digest(*plan.modules(step, *names)),
        }
        for step, names in _steps(plan, study, phase)
    }
    return {"active": True, "rules": _rules(plan.root), "steps": steps}


@cache
def _rules(root: Path) -> str:
    """Digest of the Snakefile and the rules without their comment lines: inputs and commands count, remarks do not."""
    lines = [
        line.rstrip()
        for path in [root / "Snakefile", *sorted((root / "rules").glob("*.smk"))]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    return digest_text("\n".join(lines))


def write_stated(plan: Plan, root: Path) -> None:
    """Write the file of every study and phase, and remove those of studies that are no more."""
    folder = root / STATED
    for old in folder.glob("*") if folder.is_dir() else ():
        if old.name not in plan.config.studies:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for study in plan.config.studies:
        for phase in PHASES:
            write_json(folder / study / f"{phase}.json", stated(plan, study, phase))


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


def _profile(file: Path) -> dict:
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}  # Snakemake itself complains
    return value if isinstance(value, dict) else {}
