# Published deep-learning studies on cervical cancer, from raw files to a report.
#
# Paths: <results>/<study>/<step>/…, logs in logs/ with the same names. Settings: config.yaml and docs/reference/settings.md.
# Targets: all; per phase data, runs, reports; per study <study>, <study>_data, <study>_runs, <study>_report;
# consistency: every paper's printed numbers against each other, which needs no data.
# What comes from elsewhere is fetched beforehand: prepare.smk.

from snakemake.utils import min_version

min_version("9.17")


configfile: f"{workflow.basedir}/config.yaml"


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/checks.smk"
include: "rules/downloads.smk"
include: "rules/data.smk"
include: "rules/embed.smk"
include: "rules/train.smk"
include: "rules/make_run.smk"
include: "rules/evaluate.smk"
include: "rules/explain.smk"
include: "rules/ground_truth.smk"
include: "rules/verdict.smk"
include: "rules/consistency.smk"
include: "rules/report.smk"
include: "rules/track.smk"
include: "rules/targets.smk"


rule all:
    """Everything that is enabled: reports, index, MLflow."""
    default_target: True
    input:
        active_targets(PLAN, "all"),
        rules.consistency.output,
        "<results>/index.html",


rule data:
    """Data of every enabled study: manifest, arrays, splits."""
    input:
        active_targets(PLAN, "data"),


rule runs:
    """Runs of every enabled study, evaluated and explained."""
    input:
        active_targets(PLAN, "runs"),


rule reports:
    """Reports of every enabled study, and the index."""
    input:
        active_targets(PLAN, "report"),
        rules.consistency.output,
        "<results>/index.html",


onerror:
    internals.say_last(workflow, failures(log))
