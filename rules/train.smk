# Networks: training with prediction, and what is judged.


rule train:
    input:
        dataset=rules.ingest.output,
        arrays=[rules.preprocess.output.record, rules.preprocess.output.index],
        # large, and identified by the sha256 in the record beside it
        images=ancient(rules.preprocess.output.images),
        masks=ancient(rules.preprocess.output.masks),
        split=rules.split.output.split,
        weights=start_weights,
    output:
        weights="<trained_run>/weights.safetensors",
        history="<trained_run>/history.csv",
        predictions="<trained_run>/predictions.csv",
        cost="<trained_run>/train.json",
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/train.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/train.tsv"
    conda:
        "../envs/torch.yaml"
    threads: lambda wildcards: PLAN.steps.training(wildcards.study, wildcards.run)["torch_threads"]
    resources:
        gpu=GPUS_PER_JOB,
    params:
        settings=settings("train", "study", "protocol", "run", "fold", "seed"),
        code=code("train", "study", "protocol", "run"),
        device=device,
        weights=start_arguments,
        limit=time_limit,
    message:
        "{wildcards.study}: train {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        "python -m workflow_scripts.train --settings {params.settings:q} --code {params.code} --log {log}"
        " --dataset $(dirname {input.dataset[0]}) --arrays $(dirname {input.images}) --split {input.split}"
        " {params.weights} --out $(dirname {output.weights}) --work .work --device {params.device} {params.limit}"


rule predict:
    input:
        dataset=rules.ingest.output,
        arrays=[rules.preprocess.output.record, rules.preprocess.output.index],
        images=ancient(rules.preprocess.output.images),
        masks=ancient(rules.preprocess.output.masks),
        split=rules.split.output.split,
        trained=[
            rules.train.output.weights,
            rules.train.output.predictions,
            rules.train.output.cost,
        ],
        weights=start_weights,
    output:
        **run_tables("<trained_run>", "units", "record", "ledger"),
    log:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/predict.log",
    benchmark:
        "<logs>/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}/predict.tsv"
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
        " --dataset $(dirname {input.dataset[0]}) --arrays $(dirname {input.images}) --split {input.split}"
        " {params.weights} --run $(dirname {output.record})"


rule baseline:
    input:
        dataset=rules.ingest.output,
        arrays=[rules.preprocess.output.record, rules.preprocess.output.index],
        images=ancient(rules.preprocess.output.images),
        masks=ancient(rules.preprocess.output.masks),
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
        " --dataset $(dirname {input.dataset[0]}) --arrays $(dirname {input.images}) --split {input.split}"
        " --out $(dirname {output.record})"
