# Fetches and verifies what the other stages read.


rule fetch_genome:
    output:
        genome="resources/{species}/genome.fa",
        index="resources/{species}/genome.fa.fai",
        record="resources/{species}/genome.fa.source.json",
    params:
        source=source_of,
        code=code_hash("sources"),
    wildcard_constraints:
        species=one_of(FETCHED),
    retries: 3
    log:
        "logs/fetch_genome/{species}.log",
    conda:
        "../../envs/reference.yaml"
    resources:
        mem_mb=gigabytes(2),
        runtime=minutes(120),
    message:
        "Fetching the genome of {wildcards.species}"
    script:
        "../scripts/fetch_genome.py"


rule fetch:
    output:
        file="resources/{species}/{file}",
        record="resources/{species}/{file}.source.json",
    params:
        source=source_of,
        code=code_hash("sources"),
    wildcard_constraints:
        species=one_of(FETCHED),
        file=one_of(fetched_files()),
    retries: 3
    log:
        "logs/fetch/{species}/{file}.log",
    conda:
        "../../envs/reference.yaml"
    resources:
        mem_mb=gigabytes(1),
        runtime=minutes(60),
    message:
        "Fetching {wildcards.file} of {wildcards.species}"
    script:
        "../scripts/fetch.py"
