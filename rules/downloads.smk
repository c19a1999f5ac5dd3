# What comes from elsewhere: published data sets and published weights. The only rules that use a network, so they run
# where the workflow is started and not on a compute node.


rule download:
    """Fetch a published data set and compare its checksums."""
    output:
        "<raw>.json",
    log:
        "<logs>/{raw}/download.log",
    benchmark:
        "<logs>/{raw}/download.tsv"
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        settings=settings(steps.DOWNLOAD),
        code=code(steps.DOWNLOAD),
    message:
        "download {wildcards.raw}"
    shell:
        "python -m workflow_scripts.steps.download --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        " --folder {wildcards.raw:q} --record {output:q}"


rule fetch_weights:
    """Fetch published weights of a network and compare their checksum."""
    output:
        weights="<published_weights>.safetensors",
        record="<published_weights>.json",
    log:
        "<logs>/weights/{model}.log",
    benchmark:
        "<logs>/weights/{model}.tsv"
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        settings=settings(steps.FETCH_WEIGHTS),
        code=code(steps.FETCH_WEIGHTS),
    message:
        "fetch the published weights of {wildcards.model}"
    shell:
        "python -m workflow_scripts.steps.fetch_weights --settings {params.settings:q} --code {params.code:q} --log {log:q}"
        ' --out {output.weights:q} --record {output.record:q} --by-hand "$(dirname {output.record:q})"/by_hand'
