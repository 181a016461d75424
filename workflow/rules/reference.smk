# Fetches and verifies what the other stages read: checksums are compared by `sources`, before a file gets its name.
# Local rules: the computing nodes of a cluster often have no way out.


rule fetch_genome:
    input:
        local_source_of,
    output:
        genome=ensure("resources/{species}/genome.fa", non_empty=True),
        index="resources/{species}/genome.fa.fai",
        record="resources/{species}/genome.fa.source.json",
    log:
        "logs/fetch_genome/{species}.log",
    wildcard_constraints:
        species=one_of(FETCHED),
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        source=source_of,
        code=code_hash("reference"),
    message:
        "Fetching the genome of {wildcards.species}"
    script:
        "../scripts/fetch_genome.py"


rule fetch:
    input:
        local_source_of,
    output:
        file=ensure("resources/{species}/{file}", non_empty=True),
        record="resources/{species}/{file}.source.json",
    log:
        "logs/fetch/{species}/{file}.log",
    wildcard_constraints:
        species=one_of(FETCHED),
        file=one_of(fetched_files()),
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        source=source_of,
        code=code_hash("reference"),
    message:
        "Fetching {wildcards.file} of {wildcards.species}"
    script:
        "../scripts/fetch.py"
