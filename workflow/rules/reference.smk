# Fetches and verifies what the other stages read: checksums are compared by `sources`, before a file gets its name.
# Local rules: the computing nodes of a cluster often have no way out.
# No hash of the code: the bytes do not depend on it, and what a provider has replaced could not be had again.


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
    priority: 100
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        source=source_of,
        lock=LOCK,
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
        species=one_of([*FETCHED, places.SEARCHES, places.MODELS]),
        file=one_of(fetched_files()),
    priority: 100
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        source=source_of,
        lock=LOCK,
    message:
        "Fetching {wildcards.file} of {wildcards.species}"
    script:
        "../scripts/fetch.py"


rule fetch_encode:
    input:
        metadata="resources/{species}/{table}.metadata.tsv",
    output:
        manifest="resources/{species}/{table}.files.tsv",
        cases=report(
            "results/{species}/expression/{table}.files.cases.tsv",
            caption="../report/encode_files.rst",
            category="03 Data",
            labels={"what": "{table} of {species}: files chosen"},
        ),
    log:
        "logs/fetch_encode/{species}/{table}.log",
    wildcard_constraints:
        table=one_of(places.encode_tables(config)),
    priority: 100
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        settings=encode_settings_of,
        code=code_hash("encode"),
    message:
        "Fetching the files that {wildcards.table} of {wildcards.species} names"
    script:
        "../scripts/fetch_encode.py"


rule sources_used:
    input:
        list(places.all_records(config).values()),
    output:
        report(
            f"results/{RUN}/sources.tsv",
            caption="../report/sources_used.rst",
            category="01 Summary",
            labels={"what": "input files, terms and citations", "kind": "table"},
        ),
    log:
        f"logs/sources_used/{RUN}.log",
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        records=places.all_records(config),
        code=code_hash("sources_used"),
    message:
        "Listing where the input files came from"
    script:
        "../scripts/sources_used.py"


# Asked for by name only, since it needs the network: snakemake check_sources
rule check_sources:
    output:
        f"results/{RUN}/sources_check.tsv",
    log:
        f"logs/check_sources/{RUN}.log",
    localrule: True
    conda:
        "../../envs/reference.yaml"
    params:
        registry=str(ROOT / config["sources"]),
        lock=LOCK,
        asked=time.time(),  # the answer is never that of last time
        code=code_hash("sources_check"),
    message:
        "Asking which sources are there, and which have changed"
    script:
        "../scripts/check_sources.py"


rule igv:
    output:
        "resources/igv/igv.min.js",
        "resources/igv/LICENSE",
        "resources/igv/VERSION",
    log:
        "logs/igv/igv.log",
    priority: 100
    retries: 3
    localrule: True
    conda:
        "../../envs/reference.yaml"
    message:
        "Fetching igv.js"
    script:
        "../scripts/igv.py"
