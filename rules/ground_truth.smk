# On synthetic data: the ground truth compared with what was recovered.


rule ground_truth:
    """Compare what was found in synthetic data with what was put in."""
    input:
        sources=lambda wildcards: PLAN.data.ground_truth_tables(wildcards.study),
        dataset=rules.ingest.output,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        masks=lambda wildcards: PLAN.data.all_masks(wildcards.study),
        maps=lambda wildcards: PLAN.explanations(wildcards.study),
    output:
        table="<study>/truth.csv",
        record="<study>/truth.json",
    log:
        "<logs>/{study}/ground_truth.log",
    benchmark:
        "<logs>/{study}/ground_truth.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.GROUND_TRUTH),
        code=code(steps.GROUND_TRUTH),
        sources=PARAMS.sources,
    message:
        "{wildcards.study}: compare with the ground truth"
    shell:
        "python -m workflow_scripts.steps.ground_truth --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.sources} --study-folder "$(dirname {output.table:q})" --out {output.table:q}'
