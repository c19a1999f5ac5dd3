# What a network that learns nothing makes of every picture, once for all runs that read it.


rule embed:
    """Store what a network that learns nothing makes of every picture."""
    input:
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        weights=embedding_weights,
        weights_record=lambda wildcards: PLAN.weights.embedding_records(
            wildcards.study, wildcards.embedding
        ),
    output:
        data="<embedding>/data.npy",
        index="<embedding>/index.csv",
        record="<embedding>/record.json",
    log:
        "<logs>/{study}/embeddings/{embedding}.log",
    benchmark:
        "<logs>/{study}/embeddings/{embedding}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: lambda wildcards: PLAN.study(wildcards.study).train.torch_threads
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings(steps.EMBED),
        code=code(steps.EMBED),
        device=PARAMS.device,
        weights=lambda wildcards, input: option("--weights", input.weights),
    message:
        "{wildcards.study}: store what {wildcards.embedding} makes of every picture"
    shell:
        "python -m workflow_scripts.steps.embed --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --arrays "$(dirname {input.arrays:q})" {params.weights} --device {params.device:q} --work .work'
        ' --out "$(dirname {output.record:q})"'
