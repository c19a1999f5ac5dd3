# Networks: training with prediction, and what is judged.


# On a cluster a training and what concludes it are one job: a job costs two starts of Snakemake.
TRAINING = "training"

# What a training reads and how it is called, alone or packed. Snakemake compares both, and settings and code: what is
# the same in both ways trains nothing again that was trained in the other.
LEARNED_FROM = {
    "dataset": rules.ingest.output.record,
    "arrays": rules.preprocess.output.record,
    # large, and identified by the sha256 in the record beside it
    "images": ancient(rules.preprocess.output.images),
    "split": rules.split.output.split,
    "weights": start_weights,
}
LEARNED_WITH = {
    "settings": settings("trainings", "study", "protocol", "run"),
    "code": code("train", "study", "protocol", "run"),
    "start": start,
    "device": device,
    "weights": start_arguments,
    "limit": time_limit,
}
TRAIN = (
    "{params.start} workflow_scripts.train --settings {params.settings:q} --code {params.code} --log {log}"
    " --dataset $(dirname {input.dataset}) --arrays $(dirname {input.images}) --split {input.split}"
    " {params.weights} --out $(dirname {output.weights}) --work .work --device {params.device} {params.limit}"
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
    group:
        TRAINING
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
            weights=pack.paths(packed_pattern(pack), "weights.safetensors"),
            history=pack.paths(packed_pattern(pack), "history.csv"),
            predictions=pack.paths(packed_pattern(pack), "predictions.csv"),
            cost=pack.paths(packed_pattern(pack), "train.json"),
        log:
            pack.paths("<logs>/{study}/runs/{protocol}/{run}", "train.log"),
        benchmark:
            f"<logs>/{{study}}/runs/{{protocol}}/{{run}}/pack{pack.number}.tsv"
        group:
            TRAINING
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


rule predict:
    input:
        dataset=rules.ingest.output.record,
        arrays=rules.preprocess.output.record,
        split=rules.split.output.split,
        # Written last.
        trained="<trained_run>/train.json",
        weights=start_weights,
    output:
        **run_tables("<trained_run>", "units", "record", "ledger"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/predict.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/predict.tsv"
    group:
        TRAINING
    conda:
        "../envs/data.yaml"
    params:
        settings=settings("predict", "study", "protocol", "run", "fold", "seed"),
        code=code("predict", "study"),
        weights=start_arguments,
    message:
        "{wildcards.study}: conclude {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.predict --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset}) --arrays $(dirname {input.arrays}) --split {input.split}"
        " {params.weights} --run $(dirname {output.record})"


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
        "python -m workflow_scripts.baseline --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset}) --arrays $(dirname {input.images}) --split {input.split}"
        " --out $(dirname {output.record})"
