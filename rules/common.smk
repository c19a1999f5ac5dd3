# Settings, code digests and lists of files for the rules; no rules here.

import os
import shlex
import sys
import time
from pathlib import Path

started = time.time()
ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
)
# `python` in a rule is the one that runs Snakemake; a conda environment puts its own before it
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import canonical_json
from workflow_scripts.settings import workflow as pipeline
from workflow_scripts.settings.code import code_digest

try:
    PLAN = pipeline.Plan(ROOT, workflow.config_settings.overwrite_config, Path.cwd())
    if workflow.is_main_process:
        PLAN.check_before_start()
except UserError as error:
    sys.exit(f"error: {error}")

# A job asks for a GPU where this machine has one; on a cluster the profile says so.
GPUS_PER_JOB = int(PLAN.config.device != "cpu" and Path("/dev/nvidia0").exists())

RESULTS = PLAN.config.results
LOGS = PLAN.logs
STUDY = RESULTS + "/{study}"
DATASET = STUDY + "/dataset"
ARRAYS = STUDY + "/arrays"
SPLIT = STUDY + "/splits/{protocol}"
RUNS = STUDY + "/runs/{protocol}"
RUN = RUNS + "/{run}/fold{fold}-seed{seed}"
EVALUATION = STUDY + "/evaluation/{protocol}"
EXPLANATION = STUDY + "/explanation/{protocol}"
LOG = LOGS + "/{study}"


wildcard_constraints:
    study="|".join(PLAN.config.studies),
    adapter="[a-z0-9_]+",
    protocol="[a-z0-9_]+",
    run="[a-z0-9_-]+",
    fold=r"\d+",
    seed=r"\d+",


def settings(step, *names):
    """Canonical JSON of what a step reads of a study's settings; `names` are wildcards that the step depends on."""
    return lambda wildcards: canonical_json(
        PLAN.settings(step, *(getattr(wildcards, name) for name in names))
    )


def code(step, *names):
    """Digest of a step's code and of the modules that its settings name."""
    return lambda wildcards: code_digest(
        *PLAN.modules(step, *(getattr(wildcards, name) for name in names))
    )


def pairs(option, values):
    """`option NAME=PATH` for each pair, quoted for the shell."""
    return " ".join(
        f"{option} {shlex.quote(f'{name}={path}')}" for name, path in values.items()
    )


def sources(wildcards, input):
    """--source arguments. That it takes `input` keeps it out of the re-run triggers: a moved folder is no new data."""
    return pairs("--source", PLAN.sources(wildcards.study))


def results(wildcards, input):
    """Folder of all results; not a trigger, as `sources`."""
    return RESULTS


def device(wildcards, input):
    """Device for torch; not a trigger, as `sources`."""
    return PLAN.config.device


def failures(since):
    """The one line of every job that failed since `since`."""
    return pipeline.failures(Path(LOGS), since)
