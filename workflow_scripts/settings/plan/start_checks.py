"""What must stop the workflow before any job: settings that cannot be, missing sources, results of another origin."""

import os

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.guard import unrecorded
from workflow_scripts.settings.plan import source_checks
from workflow_scripts.settings.plan.downloads import PUBLISHED
from workflow_scripts.settings.plan.workflow_plan import Plan

# Set by the restore command: it checks the files itself and only then lets Snakemake record them.
RESTORING = "RESTORING_RESULTS"


def check_before_start(plan: Plan) -> None:
    """Raise UserError for what must stop the workflow before any job of an enabled study."""
    if signs := [sign for sign in "{}" if sign in str(plan.root)]:
        raise UserError(
            f"{plan.root}: this working copy lies in a folder whose name has the sign {signs[0]}, which Snakemake "
            "reads as its own; rename the folder, or move the copy"
        )
    source_checks.check_results(plan.config, plan.workdir)
    _check_studies(plan, plan.enabled)


def check_asked(plan: Plan, study: str) -> None:
    """The same of a study that is not enabled, and is asked for by its name."""
    _check_studies(plan, [study])


def _check_studies(plan: Plan, studies: list[str]) -> None:
    """Check studies, and those that they are linked to: jobs of theirs are run, whether they are enabled or not."""
    linked = [name for study in studies if (name := plan.study(study).linked)]
    needed = list(dict.fromkeys([*studies, *linked]))
    for study in needed:
        _check_study(plan, study)
    _check_recorded(plan, needed)


def _check_study(plan: Plan, study: str) -> None:
    config, workdir, chosen = plan.config, plan.workdir, plan.study(study)
    source_checks.check_source(config, study, plan.weights.downloads)
    source_checks.check_apart(config, study, workdir)
    source_checks.check_tables(config, study)
    source_checks.check_synthetic(config, study)
    source_checks.check_not_overwriting(config, study, workdir)
    for protocol in chosen.protocols:
        for path in plan.data.split_file(study, protocol):
            source_checks.check_file(path, f"studies.{study}.protocols.{protocol}.path")
    for run in chosen.runs:
        for part in plan.steps.kind(study, run).networks().values():
            if part.weights is not None and part.weights != PUBLISHED:
                source_checks.check_file(part.weights, f"studies.{study}.runs.{run}: weights")


def _check_recorded(plan: Plan, studies: list[str]) -> None:
    """Refuse results that Snakemake did not make here: it would believe them whatever the settings."""
    if os.environ.get(RESTORING):
        return
    declared = (path for study in studies for path in plan.records(study))
    if foreign := unrecorded(declared, plan.workdir):
        raise UserError(
            f"{foreign[0]} and {len(foreign) - 1} more were not made here, so nothing tells whether they fit the "
            "settings; after a pull run `make restore`, otherwise move them away"
        )
