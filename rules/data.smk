# From raw files to packed pixels and splits.


rule synthesise:
    output:
        record="data/{adapter}/made-{study}/made.json",
        truth="data/{adapter}/made-{study}/truth.csv",
    log:
        "<logs>/{study}/synthesise-{adapter}.log",
    benchmark:
        "<logs>/{study}/synthesise-{adapter}.tsv"
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.SYNTHESISE),
        code=code(steps.SYNTHESISE),
    message:
        "{wildcards.study}: make data as {wildcards.adapter} has them"
    shell:
        "python -m workflow_scripts.steps.synthesise --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --out "$(dirname {output.record:q})"'


rule ingest:
    input:
        lambda wildcards: PLAN.data.made_records(wildcards.study),
    output:
        manifest="<dataset>/manifest.csv",
        quarantine="<dataset>/quarantine.csv",
        pairs="<dataset>/equal_pairs.csv",
        record="<dataset>/record.json",
    log:
        "<logs>/{study}/dataset/ingest.log",
    benchmark:
        "<logs>/{study}/dataset/ingest.tsv"
    conda:
        "../envs/data.yaml"
    threads: 8
    params:
        settings=settings(steps.INGEST),
        code=code(steps.INGEST),
        sources=PARAMS.sources,
    message:
        "{wildcards.study}: read the raw files"
    shell:
        "python -m workflow_scripts.steps.ingest --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.sources} --out "$(dirname {output.record:q})" --jobs {threads}'


# A record stands for all that its job wrote: it holds their digests, or those of what they were made from. Jobs of which
# there is one for every fold and seed name no more than that, because each file they name costs time in planning.


rule preprocess:
    input:
        dataset=rules.ingest.output,
    output:
        images="<arrays>/images.npy",
        masks="<arrays>/masks.npy",
        originals="<arrays>/originals.npz",
        index="<arrays>/index.csv",
        record="<arrays>/record.json",
        montage=report(
            "<dataset>/montage.png",
            caption="captions/montage.rst",
            category="{study}",
            subcategory="Data",
            labels={"figure": "Examples of every class"},
        ),
    log:
        "<logs>/{study}/arrays/preprocess.log",
    benchmark:
        "<logs>/{study}/arrays/preprocess.tsv"
    conda:
        "../envs/data.yaml"
    threads: 8
    params:
        settings=settings(steps.PREPROCESS),
        code=code(steps.PREPROCESS),
        sources=PARAMS.sources,
    message:
        "{wildcards.study}: pack the pixels"
    shell:
        "python -m workflow_scripts.steps.preprocess --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset[0]:q})" {params.sources} --out "$(dirname {output.record:q})"'
        " --montage {output.montage:q} --jobs {threads}"


rule split:
    input:
        dataset=rules.ingest.output,
        own=lambda wildcards: PLAN.data.split_file(wildcards.study, wildcards.protocol),
    output:
        split="<split>.csv",
        record="<split>.json",
        leaks="<split>.leaks.csv",
    log:
        "<logs>/{study}/splits/{protocol}.log",
    benchmark:
        "<logs>/{study}/splits/{protocol}.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.SPLIT),
        code=code(steps.SPLIT),
        own=lambda wildcards, input: option("--split-file", input.own),
    message:
        "{wildcards.study}: split by protocol {wildcards.protocol} and audit it"
    shell:
        "python -m workflow_scripts.steps.split --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset[0]:q})" --out "$(dirname {output.split:q})" {params.own}'
