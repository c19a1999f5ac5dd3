# Runs that no training makes. What makes one, and of which other runs, its kind says: workflow_scripts/kinds.


# Of a fold's arrays.
rule make_run:
    """Make one fold and seed of a run that is made in one go."""
    input:
        dataset=rules.ingest.output.record,
        arrays=arrays_record,
        data=arrays_data,
        masks=masks,
        split=rules.split.output.split,
        source_runs=lambda wildcards: PLAN.runs.source_files(address_of(wildcards)),
        linked=linked,
        linked_data=linked_data,
    output:
        **run_tables("<made_run>"),
    log:
        "<fold_seed_logs>/make_run.log",
    benchmark:
        "<fold_seed_logs>/make_run.tsv"
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.MAKE_RUN),
        code=code(steps.MAKE_RUN),
        source_runs=PARAMS.source_runs,
        masks=PARAMS.masks,
        linked=PARAMS.linked,
        expert=PARAMS.expert,
        device=PARAMS.device,
    message:
        "{wildcards.study}: make {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.make_run --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
        " {params.masks} {params.source_runs} {params.linked} {params.expert} --device {params.device:q} --work .work"
        ' --out "$(dirname {output.record:q})"'


# The same where networks predict, of kinds that leave a model of their own next to the tables.
use rule make_run as make_run_with_model with:
    output:
        **run_tables("<made_run_with_model>"),
        model=directory("<made_run_with_model>/model"),
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,


# The same of kinds that pool the samples of a unit, and leave how much each counted. Small networks on a processor.
use rule make_run as make_run_with_attention with:
    output:
        **run_tables("<made_run_with_attention>"),
        attention="<made_run_with_attention>/attention.csv",
    conda:
        "../envs/torch.yaml"


# The same of kinds that read what another study has of the same patients. Small networks on a processor.
use rule make_run as make_run_with_linked with:
    output:
        **run_tables("<made_run_with_linked>"),
    conda:
        "../envs/torch.yaml"


# The same of kinds that ask for labels in rounds. The labels of an expert are no input: the job itself adds rows to the
# file, and what is answered in it stands in the settings.
use rule make_run as make_run_with_rounds with:
    output:
        **run_tables("<made_run_with_rounds>"),
        rounds="<made_run_with_rounds>/rounds.csv",
        queries="<made_run_with_rounds>/queries.csv",
    conda:
        "../envs/torch.yaml"


# The same where another study's network predicts: which samples it has learned from is listed.
use rule make_run as make_run_with_training_copies with:
    output:
        **run_tables("<made_run_with_training_copies>"),
        copies="<made_run_with_training_copies>/copies_of_training.csv",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,


# Of the tables of finished runs.
rule combine_runs:
    """Combine finished runs to a vote, a stack or the best of them."""
    input:
        lambda wildcards: PLAN.runs.source_files(address_of(wildcards)),
    output:
        **run_tables("<combined_run>"),
    log:
        "<fold_seed_logs>/combine_runs.log",
    benchmark:
        "<fold_seed_logs>/combine_runs.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.MAKE_RUN),
        code=code(steps.MAKE_RUN),
        source_runs=PARAMS.source_runs,
    message:
        "{wildcards.study}: combine to {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.make_run --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.source_runs} --out "$(dirname {output.record:q})"'
