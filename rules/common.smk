# Settings, code digests and lists of files for the rules; no rules here.

import gc
import logging
import re
import sys
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

started = time.time()
# Plans are made of millions of objects that all stay: to look for garbage among them takes a twentieth of the time.
gc.set_threshold(100_000, 50, 100)
ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.settings import environment
from workflow_scripts.settings import workflow as pipeline
from workflow_scripts.settings.code import code_digest
from workflow_scripts.settings.commands import folders_of, option, pairs, words
from workflow_scripts.settings.packs import packs, wholes
from workflow_scripts.settings.downloads import WEIGHTS
from workflow_scripts.settings.targets import active_targets, pages, targets

environment.prepare_environment(ROOT)
logging.getLogger("snakemake.logging").addFilter(environment.names_the_way_on)
try:
    PLAN = pipeline.Plan(
        ROOT,
        workflow.config_settings.overwrite_config,
        Path.cwd(),
        workflow.config_settings.configfiles,
    )
except UserError as error:
    sys.exit(f"error: {error}")

# Captions see the configuration and the wildcards of their figure, no more.
config["subjects"] = PLAN.subjects

# A job asks for a GPU where this machine has one; on a cluster the profile says so.
GPUS_PER_JOB = int(PLAN.config.device != "cpu" and environment.has_gpu())
RESULTS = PLAN.config.results
STUDY = str(Path(RESULTS, "{study,%s}" % "|".join(PLAN.config.studies)))
UNPACKED = [name for name, study in PLAN.config.studies.items() if study.pack == 1]
PROTOCOL = "{protocol,[a-z0-9_]+}"
RAW = "{raw," + "|".join(map(re.escape, PLAN.downloads)) + "}"
EVALUATION_FIGURES = {
    "confusion": "Confusion matrix",
    "roc": "ROC curves",
    "reliability": "Reliability",
    "curves": "Training curves",
    "comparison": "Runs compared",
}
MODEL = "{model," + ("|".join(map(re.escape, PLAN.published_models)) or "-") + "}"


def run_wildcard(step):
    """Wildcard for the runs that a step makes."""
    return "{run,%s}" % ("|".join(PLAN.made_by[step]) or "-")


def run_pattern(step):
    """Folder of a fold and seed of the runs that a step makes."""
    return f"{STUDY}/runs/{PROTOCOL}/{run_wildcard(step)}/fold{{fold,\\d+}}-seed{{seed,\\d+}}"


def single_pattern():
    """The same of trainings that do not share a process."""
    studies = str(Path(RESULTS, "{study,%s}" % ("|".join(UNPACKED) or "-")))
    return run_pattern("train").replace(STUDY, studies)


def pattern_of(pack):
    """Folder of the trainings of the runs of a pack."""
    study = str(Path(RESULTS, "{study,%s}" % pack.study))
    return f"{study}/runs/{{protocol,{pack.protocol}}}/{run_wildcard('train')}"


def whole_pattern(whole):
    """Folder of all trainings of a run. With study and protocol as wildcards, a long list of rules would be tried."""
    return f"{RESULTS}/{whole.study}/runs/{whole.protocol}/{run_wildcard('train')}"


def named(whole, wildcards):
    """Wildcards of a rule whose study and protocol stand in its paths."""
    return SimpleNamespace(
        study=whole.study, protocol=whole.protocol, run=wildcards.run
    )


# Constraints stand in the paths: a general one does not reach into a path variable.
pathvars:
    results=RESULTS,
    logs=PLAN.logs,
    study=STUDY,
    dataset=f"{STUDY}/dataset",
    arrays=f"{STUDY}/arrays",
    split=f"{STUDY}/splits/{PROTOCOL}",
    single_run=single_pattern(),
    vote_run=run_pattern("vote"),
    compressed_run=run_pattern("compress"),
    baseline_run=run_pattern("baseline"),
    external_run=run_pattern("external"),
    evaluation=f"{STUDY}/evaluation/{PROTOCOL}",
    raw=RAW,
    published_weights=f"{WEIGHTS}/{MODEL}",
    explanation=f"{STUDY}/explanation/{PROTOCOL}",


def settings(step, *names):
    """Canonical JSON of what a step reads of a study's settings; `names` are wildcards that the step depends on."""
    return lambda wildcards: settings_text(
        step, *(getattr(wildcards, name) for name in names)
    )


@cache
def settings_text(step, *names):
    """Kept, because the trainings of a run share one. What the user can mend (a folder that cannot be read) is a line."""
    try:
        return canonical_json(PLAN.settings(step, *names))
    except UserError as error:
        sys.exit(f"error: {error}")


def code(step, *names):
    """Digest of a step's code and of the modules that its settings name."""
    return lambda wildcards: step_digest(
        step, *(getattr(wildcards, name) for name in names)
    )


@cache
def step_digest(step, *names):
    """Kept, because all jobs of a study, or of a run, share one."""
    return code_digest(*PLAN.modules(step, *names))


def sources(wildcards, input):
    """--source arguments. That it takes `input` keeps it out of the re-run triggers: a moved folder is no new data."""
    return pairs("--source", PLAN.sources(wildcards.study))


def start_weights(wildcards):
    """Files that a run starts from; published ones are large, and identified by the sha256 in their record."""
    published = PLAN.weight_records(wildcards.study, wildcards.run)
    files = set(PLAN.weight_files(wildcards.study, wildcards.run).values())
    return published + sorted(
        ancient(file) if f"{Path(file).with_suffix('.json')}" in published else file
        for file in files
    )


def start_arguments(wildcards, input):
    """--weights arguments; not a trigger, as `sources`."""
    return pairs("--weights", PLAN.weight_files(wildcards.study, wildcards.run))


def run_folders(wildcards, input):
    """Folder of a protocol's runs; not a trigger, as `sources`."""
    return f"{RESULTS}/{wildcards.study}/runs/{wildcards.protocol}"


def device(wildcards, input):
    """Device for torch; not a trigger, as `sources`."""
    return PLAN.config.device


@cache
def training(study, run):
    """Settings of a run's trainings, kept as above."""
    return PLAN.steps.training(study, run)


def training_threads(wildcards):
    """Threads of all processes of a training."""
    train = training(wildcards.study, wildcards.run)
    return train["torch_threads"] * train["processes"]


def training_gpus(wildcards):
    """GPUs of a training: one for each of its processes."""
    return GPUS_PER_JOB * training(wildcards.study, wildcards.run)["processes"]


def start(wildcards, input):
    """What starts the process or processes of a training; not a trigger, as `sources`."""
    processes = training(wildcards.study, wildcards.run)["processes"]
    if processes == 1:
        return "python -m"
    # Without the dashes it takes the step's options for abbreviations of its own. Its processes end with LAUNCHER.
    return f"LAUNCHER=$$ exec torchrun --standalone --nproc-per-node {processes} --local-ranks-filter 0 -m --"


def training_step(wildcards):
    """--settings and --code of a training. One function, as below: thousands of jobs call each before the first begins."""
    run = (wildcards.study, wildcards.protocol, wildcards.run)
    stated = settings_text("trainings", *run)
    return words(["--settings", stated, "--code", step_digest("train", *run)])


def training_options(wildcards, input, output, resources):
    """Where a training finds what it reads, on which device, and where it writes; not a trigger, as `sources`.

    --time-limit: the minutes that a scheduler gives the job, where one does.
    """
    study = f"{RESULTS}/{wildcards.study}"
    split = f"{study}/splits/{wildcards.protocol}.csv"
    minutes = resources.get("runtime")
    given = [
        *("--dataset", f"{study}/dataset", "--arrays", f"{study}/arrays"),
        *("--split", split, "--device", PLAN.config.device),
        *("--jobs-per-gpu", PLAN.config.jobs_per_gpu),
        *(("--time-limit", minutes) if minutes else ()),
    ]
    weights = start_arguments(wildcards, input)
    return f"{words(given)} {weights} --out {folders_of(output.weights)}"


def given_as_to_train(name):
    """Give a pack what profile and command line give to `train`: they go by names, and nobody can name every pack."""
    asked = workflow.resource_settings
    for given in (asked._parsed_overwrite_resources, asked._parsed_overwrite_threads):
        if "train" in given:
            given.setdefault(name, given["train"])


def evaluation_labels(wildcards):
    """What a figure of the evaluation is called in `snakemake --report`; the comparison is of all runs."""
    run = getattr(wildcards, "run", "all")
    return {"run": run, "figure": EVALUATION_FIGURES[wildcards.figure]}


def run_tables(folder):
    """What every run leaves, whatever makes it."""
    return {
        "predictions": f"{folder}/predictions.csv",
        "units": f"{folder}/units.csv",
        "record": f"{folder}/record.json",
        "ledger": f"{folder}/ledger.json",
    }


def failures(since, log):
    """The one line of every job that failed since `since`; `log`: Snakemake's own log, or several."""
    told = [log] if isinstance(log, str) else map(str, log or ())
    return environment.failures(Path(PLAN.logs), since, told)
