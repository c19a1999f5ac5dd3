# Trained runs in fewer bits, and trained runs of other studies, applied as they are.


rule compress:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        images=ancient(rules.preprocess.output.images),
        split=rules.split.output.split,
        weights=lambda wildcards: f"{PLAN.compressed_folder(**wildcards)}/weights.safetensors",
    output:
        **run_tables("<compressed_run>"),
        model=directory("<compressed_run>/model"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/compress.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/compress.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings("compress", "study", "protocol", "run", "fold", "seed"),
        code=code("compress", "study", "protocol", "run"),
        device=device,
    message:
        "{wildcards.study}: compress to {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.compress --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.images:q})" --split {input.split:q}'
        ' --member "$(dirname {input.weights:q})" --out "$(dirname {output.record:q})" --device {params.device:q}'


rule external:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        images=ancient(rules.preprocess.output.images),
        split=rules.split.output.split,
        weights=lambda wildcards: f"{PLAN.transferred(**wildcards)[1]}/weights.safetensors",
        there=lambda wildcards: f"{PLAN.transferred(**wildcards)[0]}/dataset/manifest.csv",
        split_there=lambda wildcards: PLAN.split_there(**wildcards),
    output:
        **run_tables("<external_run>"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/external.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/external.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings("external", "study", "protocol", "run", "fold", "seed"),
        code=code("external", "study", "protocol", "run"),
        device=device,
    message:
        "{wildcards.study}: apply {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.external --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.images:q})" --split {input.split:q}'
        ' --member "$(dirname {input.weights:q})" --manifest-there {input.there:q} --split-there {input.split_there:q}'
        ' --out "$(dirname {output.record:q})" --device {params.device:q}'
