# Pages: one report a study, one index over studies.


rule report_study:
    input:
        dataset=rules.ingest.output,
        montage=rules.preprocess.output.montage,
        arrays=rules.preprocess.output.record,
        files=lambda wildcards: PLAN.report_inputs(wildcards.study),
    output:
        page=report(
            STUDY + "/report.html",
            caption="captions/report.rst",
            category="{study}",
            labels={"run": "all", "figure": "Report"},
        ),
        metrics=STUDY + "/metrics.json",
        curves=directory(STUDY + "/curves"),
    log:
        LOG + "/report.log",
    benchmark:
        LOG + "/report.tsv"
    conda:
        "../envs/report.yaml"
    params:
        results=results,
        settings=settings("report", "study"),
        code=code("report", "study"),
        paper=lambda wildcards, input: PLAN.paper_argument(wildcards.study),
    message:
        "{wildcards.study}: write the report"
    shell:
        "python -m workflow_scripts.report --settings {params.settings:q} --code {params.code} --log {log}"
        " --study-folder {params.results}/{wildcards.study} {params.paper} --out {output.page}"


rule index:
    input:
        expand(STUDY + "/report.html", study=PLAN.active),
    output:
        RESULTS + "/index.html",
    log:
        LOGS + "/index.log",
    benchmark:
        LOGS + "/index.tsv"
    conda:
        "../envs/report.yaml"
    params:
        results=results,
        settings=canonical_json(PLAN.steps.index(PLAN.active)),
        code=code_digest("workflow_scripts.index"),
    message:
        "write the index over the studies"
    shell:
        "python -m workflow_scripts.index --settings {params.settings:q} --code {params.code} --log {log}"
        " --results {params.results} --out {output}"
