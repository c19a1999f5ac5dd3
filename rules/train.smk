# Runs that are trained: trainings with their predictions, alone or in batches, and what finishes them.


# What a training reads and how it is called, alone or in a batch. Snakemake compares both, and settings and code: what
# is the same in both ways trains nothing again that was trained in the other.
LEARNED_FROM = {
    # It stands for the arrays and for the table of samples as well, which it was made from.
    "arrays": arrays_record,
    "masks": masks,
    "split": rules.split.output.split,
    "weights": start_weights,
}
LEARNED_WITH = {
    "start": TRAININGS.start,
    "step": TRAININGS.step,
    "options": TRAININGS.options,
}
TRAIN = (
    "{params.start} workflow_scripts.steps.train {params.step} {params.options} --log {log:q}"
    " --work .work"
)


rule train:
    """Train one fold and seed of a run and predict."""
    input:
        **LEARNED_FROM,
        # Taken over where two protocols turn out to be one split; its time is no reason to train again.
        origin=lambda wildcards: origin_trainings(
            wildcards, [address_of(wildcards).fold_seed]
        ),
    output:
        weights="<single_training>/weights.safetensors",
        history="<single_training>/history.csv",
        predictions="<single_training>/predictions.csv",
        cost="<single_training>/train.json",
    log:
        "<fold_seed_logs>/train.log",
    benchmark:
        "<fold_seed_logs>/train.tsv"
    conda:
        "../envs/torch.yaml"
    threads: TRAININGS.threads
    resources:
        gpu=TRAININGS.gpus,
    params:
        **LEARNED_WITH,
    message:
        "{wildcards.study}: train {wildcards.run} ({wildcards.protocol}, fold {wildcards.fold}, seed {wildcards.seed})"
    shell:
        TRAIN


# A rule of its own for every batch, because a rule has a fixed list of outputs: batches differ in folds and seeds.
for batch in job_batches(PLAN):
    internals.give_resources_of(workflow, "train", batch.rule)

    rule:
        """Train several folds and seeds of a run in one job and predict."""
        name:
            batch.rule
        input:
            **LEARNED_FROM,
            origin=lambda wildcards, keys=batch.keys: origin_trainings(wildcards, keys),
        output:
            weights=batch.files(PATTERNS.batch(batch), "weights.safetensors"),
            history=batch.files(PATTERNS.batch(batch), "history.csv"),
            predictions=batch.files(PATTERNS.batch(batch), "predictions.csv"),
            cost=batch.files(PATTERNS.batch(batch), "train.json"),
        log:
            batch.files("<run_logs>", "train.log"),
        benchmark:
            f"<run_logs>/batch{batch.number}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: TRAININGS.threads
        resources:
            gpu=TRAININGS.gpus,
        params:
            **LEARNED_WITH,
        message:
            f"{{wildcards.study}}: train {{wildcards.run}} ({{wildcards.protocol}}, {batch})"
        shell:
            TRAIN


# All folds and seeds of a run are finished in one job, which takes a moment for each, and one file stands for them:
# each file that is named costs time in planning.
rule finish_run:
    """Finish all folds and seeds of a trained run: units and records."""
    input:
        dataset=rules.ingest.output.record,
        arrays=arrays_record,
        split=rules.split.output.split,
        # Written last.
        trained=lambda wildcards: PLAN.runs.trainings(**wildcards),
        masks=masks,
        weights=start_weights,
    output:
        "<trained_run>/finished.json",
    log:
        "<run_logs>/finish_run.log",
    benchmark:
        "<run_logs>/finish_run.tsv"
    # On a cluster a job of its own would take longer to start than to run.
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.FINISH_RUN),
        code=code(steps.FINISH_RUN),
        weights=PARAMS.start_weights,
        masks=PARAMS.masks,
        folders=lambda wildcards, input: folders_of(input.trained),
    message:
        "{wildcards.study}: finish {wildcards.run} ({wildcards.protocol})"
    shell:
        "python -m workflow_scripts.steps.finish_run --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset:q})" --arrays "$(dirname {input.arrays:q})" --split {input.split:q}'
        " {params.weights} {params.masks} --run {params.folders} --out {output:q}"
