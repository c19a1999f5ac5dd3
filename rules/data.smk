# From raw files to packed pixels and splits.


rule synthesise:
    """Make synthetic data in the layout of a published data set."""
    output:
        record="data/{adapter}/synthetic-{study}/synthetic.json",
        truth="data/{adapter}/synthetic-{study}/truth.csv",
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
    """Read the raw files: manifest, quarantine, copies."""
    input:
        synthetic=lambda wildcards: PLAN.data.synthetic_records(wildcards.study),
        linked=lambda wildcards: PLAN.data.linked_dataset(wildcards.study),
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
        linked=PARAMS.linked_dataset,
    message:
        "{wildcards.study}: read the raw files"
    shell:
        "python -m workflow_scripts.steps.ingest --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' {params.sources} {params.linked} --out "$(dirname {output.record:q})" --jobs {threads} --work .work'


# A record stands for all that its job wrote: it holds their digests, or those of what they were made from. Jobs of which
# there is one for every fold and seed name no more than that, because each file they name costs time in planning.


rule preprocess:
    """Pack what the models read into one array."""
    input:
        dataset=rules.ingest.output,
    output:
        data="<arrays>/data.npy",
        index="<arrays>/index.csv",
        record="<arrays>/record.json",
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
        " --jobs {threads} --work .work"


# What only pictures have: masks of what is looked at, and a page of examples.


rule segment:
    """Look for nuclei in the packed pixels."""
    input:
        arrays=rules.preprocess.output.record,
        # large, and identified by the sha256 in the record next to it
        data=ancient(rules.preprocess.output.data),
    output:
        masks="<masks>/masks.npy",
        record="<masks>/record.json",
    log:
        "<logs>/{study}/masks/segment.log",
    benchmark:
        "<logs>/{study}/masks/segment.tsv"
    conda:
        "../envs/data.yaml"
    threads: 8
    params:
        settings=settings(steps.SEGMENT),
        code=code(steps.SEGMENT),
    message:
        "{wildcards.study}: look for nuclei in the packed pixels"
    shell:
        "python -m workflow_scripts.steps.segment --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --arrays "$(dirname {input.arrays:q})" --out "$(dirname {output.record:q})" --jobs {threads}'


rule examples:
    """Show examples of every class as they are in their files."""
    input:
        dataset=rules.ingest.output,
        arrays=rules.preprocess.output.record,
        data=ancient(rules.preprocess.output.data),
    output:
        originals="<examples>/originals.npz",
        montage_files=multiext("<examples>/montage", ".webp", ".pdf"),
        record="<examples>/record.json",
        montage=report(
            "<examples>/montage.png",
            caption="captions/montage.rst",
            category="{study}",
            subcategory="Data",
            labels={"figure": "Examples of every class"},
        ),
    log:
        "<logs>/{study}/examples.log",
    benchmark:
        "<logs>/{study}/examples.tsv"
    # On a cluster a job of its own would take longer to start than to run.
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.EXAMPLES),
        code=code(steps.EXAMPLES),
        sources=PARAMS.sources,
    message:
        "{wildcards.study}: show examples of every class"
    shell:
        "python -m workflow_scripts.steps.examples --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --dataset "$(dirname {input.dataset[0]:q})" --arrays "$(dirname {input.arrays:q})" {params.sources}'
        ' --out "$(dirname {output.record:q})"'


# The same where samples are tiles of slides, with a picture of every slide.
use rule examples as examples_of_slides with:
    output:
        originals="<examples_of_slides>/originals.npz",
        montage_files=multiext("<examples_of_slides>/montage", ".webp", ".pdf"),
        record="<examples_of_slides>/record.json",
        montage=report(
            "<examples_of_slides>/montage.png",
            caption="captions/montage.rst",
            category="{study}",
            subcategory="Data",
            labels={"figure": "Examples of every class"},
        ),
        slides=report(
            directory("<examples_of_slides>/slides"),
            patterns=["{slide}.png"],
            caption="captions/slides.rst",
            category="{study}",
            subcategory="Slides",
            labels={"figure": "Slide {slide}"},
        ),


rule split:
    """Split the samples by a protocol and list every leak that is left."""
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
