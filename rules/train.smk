# Networks: training with prediction, and what is judged.


# What a training reads and how it is called, alone or packed. Snakemake compares both, and settings and code: what is
# the same in both ways trains nothing again that was trained in the other.
LEARNED_FROM = {
    # It stands for the table of samples as well, which it was made from.
    "arrays": rules.preprocess.output.record,
    # large, and identified by the sha256 in the record beside it
    "images": ancient(rules.preprocess.output.images),
    "split": rules.split.output.split,
    "weights": start_weights,
}
LEARNED_WITH = {
    "start": start,
    "step": training_step,
    "options": training_options,
}
TRAIN = (
    "{params.start} workflow_scripts.steps.train {params.step} {params.options} --log {log:q}"
    " --work .work"
)


rule train:
    input:
        **LEARNED_FROM,
    output:
        weights="<single_run>/weights.safetensors",
        history="<single_run>/history.csv",
        predictions="<single_run>/predictions.csv",
        cost="<single_run>/train.json",
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/train.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/train.tsv"
    conda:
        "../envs/torch.yaml"
    threads: training_threads
    resources:
        gpu=training_gpus,
    params:
        **LEARNED_WITH,
    message:
        "{wildcards.study}: train {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        TRAIN


for pack in packs(PLAN):
    pack_name = f"train_packed_{pack.study}_{pack.protocol}_{pack.number}"
    given_as_to_train(pack_name)

    rule:
        name:
            pack_name
        input:
            **LEARNED_FROM,
        output:
            weights=pack.paths(pattern_of(pack), "weights.safetensors"),
            history=pack.paths(pattern_of(pack), "history.csv"),
            predictions=pack.paths(pattern_of(pack), "predictions.csv"),
            cost=pack.paths(pattern_of(pack), "train.json"),
        log:
            pack.paths("<logs>/{study}/runs/{protocol}/{run}", "train.log"),
        benchmark:
            f"<logs>/{{study}}/runs/{{protocol}}/{{run}}/pack{pack.number}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: training_threads
        resources:
            gpu=training_gpus,
        params:
            **LEARNED_WITH,
        message:
            f"{{wildcards.study}}: train {{wildcards.run}} ({{wildcards.protocol}}, {pack})"
        shell:
            TRAIN


# All trainings of a run are finished in one job, which takes a moment for each.
for whole in wholes(PLAN):
    whole_study = f"{RESULTS}/{whole.study}"
    whole_logs = f"{PLAN.logs}/{whole.study}/runs/{whole.protocol}/{{run}}"

    rule:
        name:
            f"finish_{whole.study}_{whole.protocol}"
        input:
            dataset=f"{whole_study}/dataset/record.json",
            arrays=f"{whole_study}/arrays/record.json",
            split=f"{whole_study}/splits/{whole.protocol}.csv",
            # Written last.
            trained=whole.paths(
                f"{whole_study}/runs/{whole.protocol}/{{run}}", "train.json"
            ),
            weights=lambda wildcards, whole=whole: start_weights(
                named(whole, wildcards)
            ),
        output:
            units=whole.paths(whole_pattern(whole), "units.csv"),
            ledger=whole.paths(whole_pattern(whole), "ledger.json"),
            record=whole.paths(whole_pattern(whole), "record.json"),
        log:
            f"{whole_logs}/finish_run.log",
        benchmark:
            f"{whole_logs}/finish_run.tsv"
        # On a cluster a job of its own would take longer to start than to run.
        localrule: True
        conda:
            "../envs/data.yaml"
        params:
            settings=lambda wildcards, whole=whole: settings_text(
                "finished_runs", whole.study, whole.protocol, wildcards.run
            ),
            code=step_digest("finish_run", whole.study),
            weights=lambda wildcards, input, whole=whole: start_arguments(
                named(whole, wildcards), input
            ),
            folders=lambda wildcards, output: folders_of(output.record),
        message:
            f"{whole.study}: finish {{wildcards.run}} ({whole.protocol})"
        shell:
            "python -m workflow_scripts.steps.finish_run --settings {params.settings:q} --code {params.code:q} --log {log:q}"
            ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
            " {params.weights} --run {params.folders}"


rule baseline:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        images=ancient(rules.preprocess.output.images),
        split=rules.split.output.split,
    output:
        **run_tables("<baseline_run>"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/baseline.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/baseline.tsv"
    conda:
        "../envs/data.yaml"
    params:
        settings=settings("baseline", "study", "protocol", "run", "fold", "seed"),
        code=code("baseline", "study"),
    message:
        "{wildcards.study}: fit {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.steps.baseline --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.images:q})" --split {input.split:q}'
        ' --out "$(dirname {output.record:q})"'
