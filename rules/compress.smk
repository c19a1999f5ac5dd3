# Trained runs in fewer bits, and trained runs of other studies, applied as they are.


rule compress:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        masks=masks,
        split=rules.split.output.split,
        weights=lambda wildcards: PLAN.runs.weights(
            PLAN.runs.compressed(address_of(wildcards))
        ),
    output:
        **run_tables("<compressed_run>"),
        model=directory("<compressed_run>/model"),
    log:
        "<fold_seed_logs>/compress.log",
    benchmark:
        "<fold_seed_logs>/compress.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings(steps.COMPRESS),
        code=code(steps.COMPRESS),
        device=PARAMS.device,
        masks=PARAMS.masks,
    message:
        "{wildcards.study}: compress to {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.compress --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
        ' --member "$(dirname {input.weights:q})" --out "$(dirname {output.record:q})" --device {params.device:q} {params.masks}'


rule external:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        masks=masks,
        split=rules.split.output.split,
        weights=lambda wildcards: PLAN.runs.weights(
            PLAN.runs.applied(address_of(wildcards))
        ),
        # Say which samples its network has learned from.
        there=lambda wildcards: PLAN.runs.manifest(
            PLAN.runs.applied(address_of(wildcards))
        ),
        split_there=lambda wildcards: PLAN.runs.split(
            PLAN.runs.applied(address_of(wildcards))
        ),
    output:
        **run_tables("<external_run>"),
    log:
        "<fold_seed_logs>/external.log",
    benchmark:
        "<fold_seed_logs>/external.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings(steps.EXTERNAL),
        code=code(steps.EXTERNAL),
        device=PARAMS.device,
        masks=PARAMS.masks,
    message:
        "{wildcards.study}: apply {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.external --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
        ' --member "$(dirname {input.weights:q})" --manifest-there {input.there:q} --split-there {input.split_there:q}'
        ' --out "$(dirname {output.record:q})" --device {params.device:q} {params.masks}'
