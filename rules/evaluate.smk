# Metrics with intervals, figures, and runs compared on the same samples.


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
        metrics=EVALUATION + "/{run}/metrics.csv",
        nested=EVALUATION + "/{run}/metrics.json",
        confusion=report(
            EVALUATION + "/{run}/confusion.png",
            caption="captions/confusion.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "{run}", "figure": "Confusion matrix"},
        ),
        roc=report(
            EVALUATION + "/{run}/roc.png",
            caption="captions/roc.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "{run}", "figure": "ROC curves"},
        ),
        reliability=report(
            EVALUATION + "/{run}/reliability.png",
            caption="captions/reliability.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "{run}", "figure": "Reliability"},
        ),
    log:
        LOG + "/evaluation/{protocol}/{run}.log",
    benchmark:
        LOG + "/evaluation/{protocol}/{run}.tsv"
    wildcard_constraints:
        run="|".join(PLAN.votes) or "-",
    conda:
        "../envs/report.yaml"
    params:
        settings=settings("evaluate", "study", "protocol", "run"),
        code=code("evaluate", "study"),
        runs=lambda wildcards, input: os.path.dirname(os.path.dirname(input.records[0])),
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
        **rules.evaluate.output,
        curves=report(
            EVALUATION + "/{run}/curves.png",
            caption="captions/curves.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "{run}", "figure": "Training curves"},
        ),
    wildcard_constraints:
        run="|".join(PLAN.trained) or "-",


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
        metrics=EVALUATION + "/metrics.csv",
        comparison=EVALUATION + "/comparison.csv",
        figure=report(
            EVALUATION + "/comparison.png",
            caption="captions/comparison.rst",
            category="{study}",
            subcategory="{protocol}",
            labels={"run": "all", "figure": "Runs compared"},
        ),
    log:
        LOG + "/evaluation/{protocol}/compare.log",
    benchmark:
        LOG + "/evaluation/{protocol}/compare.tsv"
    conda:
        "../envs/report.yaml"
    params:
        results=results,
        settings=settings("compare", "study", "protocol"),
        code=code("compare", "study"),
    message:
        "{wildcards.study}: compare the runs of {wildcards.protocol}"
    shell:
        "python -m workflow_scripts.compare --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset[0]}) --evaluation $(dirname {output.metrics})"
        " --runs {params.results}/{wildcards.study}/runs/{wildcards.protocol}"
