# Pages: one report a study, one index over studies.


rule paper_figures:
    """Draw the counterparts of the paper's figures and tables."""
    input:
        dataset=rules.ingest.output,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
        masks=lambda wildcards: PLAN.data.all_masks(wildcards.study),
        examples=lambda wildcards: PLAN.data.examples(wildcards.study),
        files=lambda wildcards: PLAN.report_inputs(wildcards.study),
    output:
        report(
            directory("<study>/paper"),
            patterns=["{name}.png", "{name,table[0-9]+|[a-z_]+}.csv"],
            caption="captions/paper_figure.rst",
            category="{study}",
            subcategory="The paper's figures and tables",
            labels={"figure": "{name}"},
        ),
    log:
        "<logs>/{study}/paper_figures.log",
    benchmark:
        "<logs>/{study}/paper_figures.tsv"
    conda:
        "../envs/torch.yaml"
    params:
        settings=settings(steps.PAPER_FIGURES),
        code=code(steps.PAPER_FIGURES),
        paper=lambda wildcards, input: option(
            "--paper", PLAN.data.paper_folder(wildcards.study)
        ),
    message:
        "{wildcards.study}: draw the paper's figures and tables"
    shell:
        "python -m workflow_scripts.steps.paper_figures --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --study-folder "$(dirname {output:q})" {params.paper} --out {output:q}'


rule report_study:
    """Write a study's report, its metrics, costs and model card."""
    input:
        dataset=rules.ingest.output,
        examples=lambda wildcards: PLAN.data.examples(wildcards.study),
        slides=lambda wildcards: PLAN.data.slide_pictures(wildcards.study),
        arrays=rules.preprocess.output.record,
        files=lambda wildcards: PLAN.report_inputs(wildcards.study),
        paper_figures=lambda wildcards: PLAN.paper_figures(wildcards.study),
        verdict=rules.verdict.output,
    output:
        page=report(
            "<study>/report.html",
            caption="captions/report.rst",
            category="{study}",
            labels={"run": "all", "figure": "Report"},
        ),
        metrics="<study>/metrics.json",
        costs="<study>/costs.csv",
        headline=directory("<study>/headline"),
        card="<study>/model_card.md",
        curves=directory("<study>/curves"),
        record="<study>/report.json",
    log:
        "<logs>/{study}/report.log",
    benchmark:
        "<logs>/{study}/report.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        settings=settings(steps.REPORT),
        code=code(steps.REPORT),
        paper=lambda wildcards, input: option(
            "--paper", PLAN.data.paper_folder(wildcards.study)
        ),
    message:
        "{wildcards.study}: write the report"
    shell:
        "python -m workflow_scripts.steps.report --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --study-folder "$(dirname {output.page:q})" {params.paper} --out {output.page:q}'


rule index:
    """Write the index over the studies and the table of all runs."""
    input:
        studies=[path for study in PLAN.enabled for path in pages(PLAN, study)],
        consistency=rules.consistency.output,
    output:
        page="<results>/index.html",
        runs=multiext("<results>/runs", ".csv", ".md", ".tex", ".html"),
    log:
        "<logs>/index.log",
    benchmark:
        "<logs>/index.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        settings=settings(steps.INDEX),
        code=code(steps.INDEX),
        papers=lambda wildcards, input: option("--paper", PLAN.data.paper_folders()),
    message:
        "write the index over the studies"
    shell:
        "python -m workflow_scripts.steps.index --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --results "$(dirname {output.page:q})" {params.papers} --consistency {input.consistency[0]:q}'
        " --out {output.page:q}"
