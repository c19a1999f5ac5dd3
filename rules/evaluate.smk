# Metrics with intervals, figures, and runs compared on the same samples.
#
# The evaluation also leaves a metrics.json in the folder of every fold and seed; their number depends on the study, which
# no output pattern can say, so the workflow itself relies on metrics.csv.


rule evaluate:
    input:
        dataset=rules.ingest.output,
        units=lambda wildcards: PLAN.run_files(
            wildcards.study, wildcards.protocol, wildcards.run, "units.csv"
        ),
        records=lambda wildcards: PLAN.run_files(
            wildcards.study, wildcards.protocol, wildcards.run, "record.json"
        ),
        history=[],
    output:
        **evaluation_files("<evaluation>/<untrained>"),
    log:
        "<logs>/{study}/evaluation/{protocol}/{run}.log",
    benchmark:
        "<logs>/{study}/evaluation/{protocol}/{run}.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=settings("evaluate", "study", "protocol", "run"),
        code=code("evaluate", "study"),
        runs=lambda wildcards, input: f"{run_folders(wildcards, input)}/{wildcards.run}",
        curves=lambda wildcards, input: "--curves" if input.history else "",
    message:
        "{wildcards.study}: evaluate {wildcards.run} ({wildcards.protocol})"
    shell:
        "python -m workflow_scripts.evaluate --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset[0]}) --runs {params.runs} --out $(dirname {output.metrics})"
        " {params.curves}"


use rule evaluate as evaluate_trained with:
    input:
        dataset=rules.ingest.output,
        units=lambda wildcards: PLAN.run_files(
            wildcards.study, wildcards.protocol, wildcards.run, "units.csv"
        ),
        records=lambda wildcards: PLAN.run_files(
            wildcards.study, wildcards.protocol, wildcards.run, "record.json"
        ),
        history=lambda wildcards: PLAN.run_files(
            wildcards.study, wildcards.protocol, wildcards.run, "history.csv"
        ),
    output:
        **evaluation_files("<evaluation>/<trained>"),
        curves=figure("<evaluation>/<trained>/curves.png", "curves", "Training curves"),


rule compare:
    input:
        dataset=rules.ingest.output,
        units=lambda wildcards: PLAN.protocol_files(
            wildcards.study, wildcards.protocol, "units.csv"
        ),
        metrics=lambda wildcards: PLAN.evaluation_files(
            wildcards.study, wildcards.protocol, "metrics.csv"
        ),
    output:
        metrics="<evaluation>/metrics.csv",
        comparison="<evaluation>/comparison.csv",
        figure=report(
            "<evaluation>/comparison.png",
            caption="captions/comparison.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "all", "figure": "Runs compared"},
        ),
    log:
        "<logs>/{study}/evaluation/{protocol}/compare.log",
    benchmark:
        "<logs>/{study}/evaluation/{protocol}/compare.tsv"
    conda:
        "../envs/report.yaml"
    params:
        runs=run_folders,
        settings=settings("compare", "study", "protocol"),
        code=code("compare", "study"),
    message:
        "{wildcards.study}: compare the runs of {wildcards.protocol}"
    shell:
        "python -m workflow_scripts.compare --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset[0]}) --evaluation $(dirname {output.metrics})"
        " --runs {params.runs}"
