# Finished runs vote.


rule vote:
    input:
        lambda wildcards: [
            f"{folder}/{name}"
            for folder in PLAN.member_folders(**wildcards).values()
            for name in ("units.csv", "record.json")
        ],
    output:
        **run_tables("<vote_run>"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/vote.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/vote.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings("vote", "study", "protocol", "run", "fold", "seed"),
        code=code("vote", "study"),
        members=lambda wildcards, input: pairs(
            "--member", PLAN.member_folders(**wildcards)
        ),
    message:
        "{wildcards.study}: vote {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.vote --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.members} --out "$(dirname {output.record:q})"'
