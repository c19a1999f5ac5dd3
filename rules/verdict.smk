# The obtained numbers against every printed one, claim by claim.


rule verdict:
    """Judge the paper's numbers by what was obtained."""
    input:
        dataset=rules.ingest.output,
        examples=lambda wildcards: PLAN.data.examples(wildcards.study),
        arrays=rules.preprocess.output.record,
        files=lambda wildcards: PLAN.report_inputs(wildcards.study),
    output:
        table="<study>/verdict.csv",
        record="<study>/verdict.json",
    log:
        "<logs>/{study}/verdict.log",
    benchmark:
        "<logs>/{study}/verdict.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=settings(steps.VERDICT),
        code=code(steps.VERDICT),
        paper=lambda wildcards, input: option(
            "--paper", PLAN.data.paper_folder(wildcards.study)
        ),
    message:
        "{wildcards.study}: judge the paper's numbers"
    shell:
        "python -m workflow_scripts.steps.verdict --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --study-folder "$(dirname {output.table:q})" {params.paper} --out {output.table:q}'
