# The printed numbers of every paper, held against each other: no data, no study, nothing trained.


rule consistency:
    """Check the printed numbers of every paper against each other; needs no data."""
    output:
        table="<results>/consistency.csv",
        page=report(
            "<results>/consistency.html",
            caption="captions/consistency.rst",
            category="Printed numbers",
            labels={"figure": "Consistency"},
        ),
    log:
        "<logs>/consistency.log",
    benchmark:
        "<logs>/consistency.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        settings=settings(steps.CONSISTENCY),
        code=code(steps.CONSISTENCY),
        papers=lambda wildcards, input: option("--paper", PLAN.data.paper_folders()),
    message:
        "check the printed numbers of every paper against each other"
    shell:
        "python -m workflow_scripts.steps.consistency --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        " {params.papers} --table {output.table:q} --out {output.page:q}"
