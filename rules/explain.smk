# What the runs a study wants explained looked at and confused; one job per protocol: loading libraries is the cost.


rule explain:
    """What the runs of a protocol looked at and confused."""
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        masks=explained_masks,
        split=rules.split.output.split,
        weights=lambda wildcards: PLAN.runs.explained_weights(
            wildcards.study, wildcards.protocol
        ),
        records=lambda wildcards: PLAN.runs.explained_records(
            wildcards.study, wildcards.protocol
        ),
    output:
        sheet=report(
            directory("<explanation>"),
            patterns=["{run}/{figure}.png"],
            caption="captions/explanation.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "{run}", "figure": "{figure}"},
        ),
    log:
        "<logs>/{study}/explanation/{protocol}.log",
    benchmark:
        "<logs>/{study}/explanation/{protocol}.tsv"
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=GPUS_PER_JOB,
    params:
        runs=PARAMS.run_folders,
        settings=settings(steps.EXPLAIN),
        code=code(steps.EXPLAIN),
        device=PARAMS.device,
        masks=PARAMS.masks,
    message:
        "{wildcards.study}: what its runs looked at and confused ({wildcards.protocol})"
    shell:
        "python -m workflow_scripts.steps.explain --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
        " --runs {params.runs:q} --out {output.sheet:q} --device {params.device:q} {params.masks}"
