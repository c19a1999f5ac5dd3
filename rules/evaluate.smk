# Metrics with intervals, figures, and runs compared on the same samples; one job per protocol: loading libraries is the
# cost, and all runs are judged by the same draws.


rule evaluate:
    """Metrics with intervals of a protocol's runs, and their comparison."""
    input:
        dataset=rules.ingest.output.record,
        # They stand for the tables of the runs.
        records=lambda wildcards: PLAN.runs.protocol_records(
            wildcards.study, wildcards.protocol
        ),
    output:
        folder=report(
            directory("<evaluation>"),
            patterns=[
                "{run}/{figure}.svg",
                "{figure,comparison|label_efficiency}.svg",
            ],
            caption="captions/evaluation.rst",
            category="{study}",
            subcategory="{protocol}",
            labels=evaluation_labels,
        ),
    log:
        "<logs>/{study}/evaluation/{protocol}.log",
    benchmark:
        "<logs>/{study}/evaluation/{protocol}.tsv"
    conda:
        "../envs/report.yaml"
    params:
        runs=PARAMS.run_folders,
        settings=settings(steps.EVALUATE),
        code=code(steps.EVALUATE),
    message:
        "{wildcards.study}: evaluate and compare the runs of {wildcards.protocol}"
    shell:
        "python -m workflow_scripts.steps.evaluate --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --runs {params.runs:q} --out {output.folder:q}'
