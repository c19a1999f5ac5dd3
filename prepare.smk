# What studies need from elsewhere: data sets that are not there yet, and published weights.
#
# A workflow of its own, because the other one refuses to start while a source is missing:
# snakemake -s prepare.smk --cores 1 [--configfile my.yaml]

from snakemake.utils import min_version

min_version("9.17")


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"
include: "rules/downloads.smk"


rule prepare:
    """Download data sets that are missing, and published weights."""
    default_target: True
    input:
        PLAN.weights.prepared(),


onerror:
    internals.say_last(workflow, failures(log))
