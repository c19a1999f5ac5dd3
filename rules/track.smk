# Finished runs into MLflow, from the files; the last leaf of a study.


rule track:
    """Enter a study's finished runs into MLflow."""
    input:
        report=rules.report_study.output.page,
        files=lambda wildcards: PLAN.report_inputs(wildcards.study),
    output:
        "<study>/tracked.json",
    log:
        "<logs>/{study}/track.log",
    benchmark:
        "<logs>/{study}/track.tsv"
    localrule: True
    conda:
        "../envs/track.yaml"
    resources:
        mlflow_writer=1,
    params:
        settings=settings(steps.TRACK),
        code=code(steps.TRACK),
    message:
        "{wildcards.study}: enter the runs into MLflow"
    shell:
        "python -m workflow_scripts.steps.track --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --results "$(dirname "$(dirname {output:q})")" --receipt {output:q}'
