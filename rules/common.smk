# What the rules share: the settings in force and what follows from them, made by workflow_scripts/settings/plan.

import sys
from pathlib import Path

# The modules of this working copy; jobs get the same folder through PYTHONPATH.
sys.path.insert(0, str(workflow.basedir))

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings import environment
from workflow_scripts.settings import snakemake_internals as internals
from workflow_scripts.settings.plan import step_table as steps
from workflow_scripts.settings.plan.commands import folders_of, option, pairs
from workflow_scripts.settings.plan.job_batches import job_batches
from workflow_scripts.settings.plan.report_labels import evaluation_labels
from workflow_scripts.settings.plan.rule_params import (
    RuleParams,
    address_of,
    asked_often,
    stop,
)
from workflow_scripts.settings.plan.rule_patterns import RulePatterns
from workflow_scripts.settings.plan.start_checks import check_asked, check_before_start
from workflow_scripts.settings.plan.targets import active_targets, pages, targets
from workflow_scripts.settings.plan.training_jobs import TrainingJobs
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(workflow.basedir)
STARTED = environment.prepare_process(ROOT)
internals.explain_errors(workflow)
try:
    command_line, configfiles = internals.given_settings(workflow)
    PLAN = Plan(ROOT, command_line, Path.cwd(), configfiles)
except UserError as error:
    stop(error)

# Captions see the configuration and the wildcards of their figure, no more.
config["subjects"] = PLAN.subjects

# A job asks for a GPU where this machine has one; on a cluster the profile says so.
GPUS_PER_JOB = int(PLAN.config.device != "cpu" and environment.has_gpu())
PARAMS = RuleParams(PLAN)
PATTERNS = RulePatterns(PLAN)
TRAININGS = TrainingJobs(PLAN, PARAMS, GPUS_PER_JOB)
settings, code = PARAMS.settings, PARAMS.code


pathvars:
    **PATTERNS.path_variables(),


@asked_often
def start_weights(wildcards):
    """Files that a run starts from; published ones are large, and identified by the sha256 in their record."""
    records = PLAN.weights.records(wildcards.study, wildcards.run)
    files = sorted(set(PLAN.weights.files(wildcards.study, wildcards.run).values()))
    large = {file for file in files if f"{Path(file).with_suffix('.json')}" in records}
    return records + [ancient(file) if file in large else file for file in files]


def embedding_weights(wildcards):
    """The file with the weights of an embedding's network; a published one is identified by its record."""
    names = wildcards.study, wildcards.embedding
    files = PLAN.weights.embedding_files(*names)
    return (
        [ancient(file) for file in files]
        if PLAN.weights.embedding_records(*names)
        else files
    )


def origin_trainings(wildcards, keys):
    """What trainings of the same folds and seeds left under a protocol that may be the same split."""
    names = wildcards.study, wildcards.protocol, wildcards.run
    return [ancient(path) for path in PLAN.runs.origin_trainings(*names, keys)]


@asked_often
def arrays_record(wildcards):
    """The record of what a run reads: of the arrays of samples, or of an embedding of them."""
    return f"{PLAN.data.arrays(wildcards.study, wildcards.run)}/record.json"


@asked_often
def arrays_data(wildcards):
    """The large file next to it."""
    return ancient(f"{PLAN.data.arrays(wildcards.study, wildcards.run)}/data.npy")


@asked_often
def masks(wildcards):
    """The record of the masks that the network of a run sees: it stands for them."""
    return PLAN.data.mask_records(wildcards.study, wildcards.run)


@asked_often
def linked(wildcards):
    """Records of what a run reads of another study."""
    return PLAN.data.linked_records(wildcards.study, wildcards.run)


@asked_often
def linked_data(wildcards):
    """The large file of it."""
    return [
        ancient(path) for path in PLAN.data.linked_data(wildcards.study, wildcards.run)
    ]


def explained_masks(wildcards):
    """The same of the networks that are explained."""
    networks = PLAN.steps.explained_networks(wildcards.study)
    return PLAN.data.mask_records(wildcards.study, *networks)


def run_tables(folder):
    """What every run of a fold and seed leaves, whatever makes it."""
    return {
        "predictions": f"{folder}/predictions.csv",
        "units": f"{folder}/units.csv",
        "record": f"{folder}/record.json",
        "ledger": f"{folder}/ledger.json",
    }


def failures(log):
    """The one line of every job that failed; `log`: Snakemake's own log, or several."""
    logs = [log] if isinstance(log, str) else map(str, log or ())
    return environment.failures(Path(PLAN.logs), STARTED, logs)
