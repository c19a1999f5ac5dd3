# Finished runs vote.


rule vote:
    input:
        # They stand for the tables of the members.
        lambda wildcards: PLAN.runs.member_records(address_of(wildcards)),
    output:
        **run_tables("<vote_run>"),
    log:
        "<fold_seed_logs>/vote.log",
    benchmark:
        "<fold_seed_logs>/vote.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.VOTE),
        code=code(steps.VOTE),
        members=lambda wildcards, input: pairs(
            "--member", PLAN.runs.member_folders(address_of(wildcards))
        ),
    message:
        "{wildcards.study}: vote {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.vote --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.members} --out "$(dirname {output.record:q})"'
